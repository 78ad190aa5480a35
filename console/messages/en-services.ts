/** What the console says in English of services and orders; the words of states and tries are those of the CLI. */
import { count } from './count.ts'

const colors: Readonly<Record<string, string>> = {
  ...{ black: 'black', cyan: 'cyan', magenta: 'magenta', yellow: 'yellow' },
  ...{ red: 'red', green: 'green', blue: 'blue', white: 'white', grey: 'grey' },
}

export const enServices = {
  title: 'Services',
  orders: 'Orders',
  means: 'A service is called once for each cartridge when its conditions hold, so that somebody sends a new one.',
  add: 'Add a service',
  empty: 'No service yet.',
  emptyMeans: 'Add one, and it is called when a device runs low, by a signed webhook.',
  loading: 'Reading the services …',
  more: 'Show more',

  states: { on: 'On', paused: 'Paused' },
  pausedMeans: 'Nothing is ordered while it is paused.',
  allDevices: 'For all devices',
  allOf: (account: string) => `For all devices of ${account}`,
  for: (device: string) => `For ${device}`,
  supply: (kind: string, color: string) => `${colors[color] ?? color} ${kind === 'ink' ? 'ink' : 'toner'}`,
  operators: {
    '<=': (object: string, value: string) => `${object} is at ${value} or less`,
    '<': (object: string, value: string) => `${object} is below ${value}`,
    '>=': (object: string, value: string) => `${object} is at ${value} or more`,
    '>': (object: string, value: string) => `${object} is above ${value}`,
    '==': (object: string, value: string) => `${object} is ${value}`,
    '!=': (object: string, value: string) => `${object} is not ${value}`,
  },
  forSeconds: (condition: string, seconds: number) => `${condition} for ${duration(seconds)} without a break`,
  comma: ', ',
  when: (conditions: readonly string[]) => `when ${conditions.join(' and ')}, on two readings that agree`,
  newCartridge: (value: string) => `It counts as a new cartridge once it reads ${value}, twice.`,
  orMore: (value: string) => `${value} or more`,
  orLess: (value: string) => `${value} or less`,

  webhook: 'Called at',
  notCalled: 'Not called yet.',
  taken: (age: string) => `Its last call was taken ${age}.`,
  failing: (when: string) => `Failing since ${when}:`,
  failingMeans: 'What has not reached it is tried again for three days. Check the service, then send a test.',
  try: {
    taken: (status: number) => `taken (${status})`,
    refused: (status: number) => `refused (${status})`,
    none: 'no answer',
  },
  test: 'Send a test',
  tested: 'The test:',
  pause: 'Pause',
  resume: 'Go on',
  rotate: 'New secret',
  itsOrders: 'Its orders',
  remove: 'Remove',
  removeTitle: (name: string) => `Remove the service “${name}”?`,
  removeMeans:
    'It is called no more, and what has not reached it never will. It cannot be had back: another one does not know what this one has ordered, and may order it again. What it has ordered stays to be seen.',
  removeVerb: 'Remove this service',

  secretTitle: 'Here is its signing secret. It is shown this once.',
  secretMeans:
    'Give it to the service: by it the service knows that a call is this relay’s (Standard Webhooks). Whoever lost it makes a new one.',
  rotated: 'For a day each call is signed with the one before as well.',
  secretKept: 'I have kept it',

  form: {
    title: 'A new service',
    name: 'Name',
    nameMeans: 'What it does, as “Toner from Miller & Co.”',
    devices: 'For which devices',
    all: 'All devices',
    one: 'One device',
    device: 'ID of the device',
    conditions: 'When all of this holds',
    object: 'Object',
    objectMeans: 'What a device tells, as toner.black',
    op: 'Compared',
    ops: { '<=': 'at or below', '<': 'below', '>=': 'at or above', '>': 'above', '==': 'is', '!=': 'is not' },
    value: 'Value',
    more: 'New cartridge and duration',
    hysteresis: 'A new cartridge, when it reads so much beyond it',
    forSeconds: 'For how many seconds it must have held',
    another: 'Add a condition',
    less: 'Remove this condition',
    firstMeans: 'The first condition names what is ordered.',
    url: 'Address of the webhook',
    urlMeans: 'https://… on the public internet. Its calls are signed, so it needs no password.',
    summary: 'Called once for each cartridge,',
    submit: 'Add this service',
    privateAddress:
      'Nothing was added. Use an address on the public internet, or ask whoever runs the relay to allow that network.',
  },

  mandate: {
    instruction: 'Somebody confirmed at the device: services are performed for it.',
    consent: 'Its owner consented: services are performed for it.',
    missing: {
      owner: 'Nothing is ordered: the device has no owner any more. Claim it, pair with it or enrol it.',
      instruction: 'Nothing is ordered yet: press “Confirm” on the panel of the device.',
      consent: 'Nothing is ordered yet: its owner has to consent, because nobody claimed it by its code.',
    },
    some: (number: number, hasMore: boolean) =>
      `For ${hasMore ? 'more than ' : ''}${count(number, 'device', 'devices')} nothing is ordered yet`,
    give: 'Give the consent',
    giveTitle: (device: string) => `Let services order for ${device}?`,
    giveMeans:
      'Nobody claimed this device by its code, so nobody confirmed at the device that services may work for it. Your consent stands for that: from now on every service of the account orders for it when its conditions hold. You can take it back at any time; what has been ordered stays ordered.',
    giveVerb: 'I consent',
    withdraw: 'Take the consent back',
    withdrawTitle: (device: string) => `Take the consent for ${device} back?`,
    withdrawMeans: 'No service orders anything more for it. What has been ordered stays ordered.',
    notNow: 'Not now',
  },

  order: {
    empty: 'Nothing was ordered.',
    emptyMeans: 'Orders appear here by themselves, once the conditions of a service hold.',
    noneFits: 'No order fits.',
    showAll: 'Show all orders',
    all: 'All',
    device: 'Device',
    service: 'Service',
    allServices: 'all services',
    removedService: 'a service that was removed',
    states: { waiting: 'Waiting', taken: 'Taken', failed: 'Failed' },
    stateMeans: {
      waiting: 'the service has not taken it yet',
      taken: 'the service has taken it',
      failed: 'the service never took it, and it is not tried any more',
    },
    cartridge: (life: number) => `cartridge ${life}`,
    read: (value: string) => `it read ${value}`,
    nextTry: (when: string) => `next try ${when}`,
    ordered: (age: string) => `ordered ${age}`,
    why: 'Why was this ordered?',
    /** Times are handed in as they are recorded, and shown in the reader's zone. */
    reasons: {
      who: { admin: 'the relay’s admin', user: (name: string) => name, key: (name: string) => `the key ${name}` },
      claimed: (device: string, who: string, at: string) => `${device} was claimed with its code by ${who}: ${at}.`,
      confirmed: (at: string) => `Somebody confirmed that at the device: ${at}.`,
      consented: (who: string, at: string) => `The owner consented, namely ${who}: ${at}.`,
      agreed: (condition: string, one: string, other: string, seconds: number) =>
        `${condition.charAt(0).toUpperCase()}${condition.slice(1)}: it read ${one} and ${other}, ${seconds} s apart, and the two agree.`,
      reading: (value: string, at: string, source: string) => `${value} at ${at} (${source})`,
      held: (since: string, seconds: number) =>
        `It has held without a break since ${since}, for ${duration(seconds)} at least.`,
      sources: { event: 'told by the device', register: 'told as it registered', poll: 'asked for by the relay' },
      first: (object: string, service: string) =>
        `Nothing was ordered before for this cartridge (${object}) by “${service}”.`,
      next: (life: number, object: string, service: string) =>
        `This is cartridge ${life} (${object}) of “${service}”, and nothing was ordered for it before.`,
    },
    /** For what was recorded without facts. */
    whyLanguage: '',
    tries: 'Told to the service',
    noTries: 'Not tried yet.',
    ofDevice: 'Orders',
    noneOfDevice: 'Nothing was ordered for this device.',
  },
}

function duration(seconds: number): string {
  if (seconds % 86_400 === 0) return count(seconds / 86_400, 'day', 'days')
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`
}
