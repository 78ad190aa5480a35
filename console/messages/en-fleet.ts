/** What the console says in English while one searches the fleet, saves a search, and works on many devices at once. */
import { count } from './count.ts'

const devices = (number: number) => count(number, 'device', 'devices')

export const enFleet = {
  search: {
    completions: 'What it can go on with',
    offers: (number: number) => count(number, 'suggestion', 'suggestions'),
    kinds: {
      key: 'filter',
      state: 'state',
      tag: 'tag',
      model: 'model',
      object: 'told by devices',
      operator: 'compare',
    },
    why: {
      form: 'is left out: an object is compared like this: toner.black<20.',
      object: 'is left out: no object can be called that.',
      number: 'is left out: < and > compare with a number. Text is compared by = or !=.',
      state: 'is left out: a state is online, offline or asleep.',
      key: 'is no filter, and is looked for as text. An object is compared like this: color=true.',
      twice: 'is left out: the first filter of this sort counts.',
      many: 'is left out: eight comparisons are the most.',
    },
  },

  views: {
    title: 'Views',
    name: 'Save this search as',
    save: 'Save this search',
    share: 'Everybody in the account sees it',
    shared: 'shared',
    none: 'No view yet. Search for something, then save the search here under a name.',
    copyLink: 'Copy the link',
    edit: (name: string) => `Rename or share: ${name}`,
    remove: (name: string) => `Remove: ${name}`,
    removed: (name: string) => `${name} is removed.`,
    undo: 'Bring it back',
    newName: 'Name',
    keep: 'Save',
    leave: 'Cancel',
    close: 'Close',
  },

  bulk: {
    title: 'The devices you chose',
    choose: 'Choose',
    chooseOne: (id: string) => `Choose ${id}`,
    chosen: (number: number) => `${number.toLocaleString('en')} chosen`,
    chooseAll: (number: number) => `All ${number.toLocaleString('en')} that fit`,
    clear: 'Choose none',
    kinds: {
      tag: 'Tags',
      set: 'Change a value',
      get: 'Read',
      command: 'Command',
      release: 'Release',
      remove: 'Remove',
    },
    titles: {
      tag: (number: number) => `Tags of ${devices(number)}`,
      set: (number: number) => `Change a value at ${devices(number)}`,
      get: (number: number) => `Read from ${devices(number)}`,
      command: (number: number) => `Send a command to ${devices(number)}`,
      release: (number: number) => `Release ${devices(number)}?`,
      remove: (number: number) => `Remove ${devices(number)}?`,
    },
    losses: {
      release: (number: number) =>
        `${number === 1 ? 'It is' : 'They are'} cut off at once, and belong to whoever claims or pairs them next. What is known of them stays here until then. To have one back, claim it again by the code on its label.`,
      remove: (number: number) =>
        `${number === 1 ? 'It is' : 'They are'} cut off at once. Secrets, tags and what waits for them are lost; readings and the audit log stay. To have one back, it must be claimed or enrolled anew.`,
    },
    words: { release: 'release', remove: 'remove' },
    typeWord: (word: string) => `That is many. Type “${word}” to go on`,
    verbs: {
      release: (number: number) => `Release ${devices(number)}`,
      remove: (number: number) => `Remove ${devices(number)}`,
    },
    submit: { tag: 'Change the tags', set: 'Send this change', get: 'Read', command: 'Send this command' },
    addTag: 'Add this tag',
    removeTag: 'Remove this tag',
    onlineOnly:
      'It is sent to those that are online. The others are told apart in the result; nothing is kept for them.',
    leave: 'Cancel',
    results: (kind: 'tag' | 'set' | 'get' | 'command' | 'release' | 'remove', number: number) =>
      `${enFleet.bulk.kinds[kind]}: ${devices(number)}`,
    states: {
      running: (done: number, total: number) => `${done.toLocaleString('en')} of ${total.toLocaleString('en')} …`,
      stopping: (done: number, total: number) =>
        `Stopping. ${done.toLocaleString('en')} of ${total.toLocaleString('en')}; those under way are waited for.`,
      ended: (done: number, total: number) =>
        done === total
          ? `All ${total.toLocaleString('en')} have ended.`
          : `Stopped after ${done.toLocaleString('en')} of ${total.toLocaleString('en')}.`,
    },
    outcomes: {
      done: 'Done',
      failed: 'Answered, but not all of it was done',
      'not-sent': 'Not sent',
      refused: 'Refused',
      unknown: 'No answer: it may or may not have been done',
    },
    notBegun: 'Not begun',
    notAgain: 'Those without an answer are left out when you try again: they may have done it.',
    perDevice: 'What became of each',
    more: (number: number) => `and ${devices(number)} more; all of them are in the file`,
    showResults: 'Show',
    dismiss: 'Put the results away',
    stop: 'Stop',
    again: (number: number) => `Again for the ${number.toLocaleString('en')} that failed`,
    csv: 'Save as CSV',
    csvHead: ['device', 'outcome', 'details'],
    close: 'Close',
    hide: 'Go on in the background',
  },
}
