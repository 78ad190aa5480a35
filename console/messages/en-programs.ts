/** What the console says in English of programs. */
import { count } from './count.ts'

export const enPrograms = {
  title: 'Programs',
  means:
    'Programs are hosted by a service and stand on the panels of your devices: one touch launches one, and the next one runs it.',
  add: 'Add a program',
  empty: 'No program yet.',
  emptyMeans: 'Two come with the relay: “Scan to e-mail” and “Print today’s page”. This hosts and adds them:',
  copy: 'Copy the command',
  loading: 'Reading the programs …',

  allDevices: 'On all devices',
  allOf: (account: string) => `On all devices of ${account}`,
  tagged: (where: string, tag: string) => `${where} with the tag “${tag}”`,
  calledAt: 'Called at',
  asks: (names: readonly string[]) => `Asks a device, once, for: ${names.join(', ')}`,
  asksNothing: 'Asks a device for nothing.',

  launchedOn: (devices: number, launches: number) =>
    devices === launches
      ? `Launched on ${count(devices, 'device', 'devices')}`
      : `Launched ${count(launches, 'time', 'times')}, on ${count(devices, 'device', 'devices')}`,
  nowhere: 'Not launched on any device yet. It stands on their panels, under “Programs”.',
  notTaken: 'launched, not taken by the program yet',
  since: (age: string) => `launched ${age}`,
  more: 'Show more',
  noRun: 'not run yet',
  lastRun: (age: string) => `Its last run was ${age}:`,
  ran: (age: string) => `run ${age}:`,
  outcomes: {
    asked: 'it asked for something, and waits for the answer',
    scanning: 'the device was to scan',
    done: 'done',
    failed: 'it failed',
    unreachable: 'the program did not answer as it should',
  },
  on: (device: string) => ` (on ${device})`,
  unreachableMeans:
    'Whoever touched it was told so, and may try again. See that the program runs, and that the relay reaches it.',

  rotate: 'New secret',
  secretTitle: 'Here is its signing secret. It is shown this once.',
  secretMeans:
    'Give it to the program: by it the program knows that a call is this relay’s (Standard Webhooks). Whoever lost it makes a new one.',
  rotated: 'For a day each call is signed with the one before as well.',
  secretKept: 'I have kept it',
  remove: 'Remove',
  removeTitle: (title: string) => `Remove the program “${title}”?`,
  removeMeans: (devices: number) =>
    devices === 0
      ? 'It goes from the panels. It is launched nowhere, so nothing else is lost.'
      : `It goes from the panels, and is launched no more on ${count(devices, 'device', 'devices')}. When it is added again, somebody launches it anew at each of them. What it printed or sent stays.`,
  removeVerb: 'Remove this program',

  form: {
    title: 'A new program',
    name: 'Title',
    nameMeans: 'As panels show it, in a few words',
    id: 'ID',
    idMeans: '1 to 64 of a-z 0-9 . _ -',
    description: 'What it does (optional)',
    url: 'Address of the program',
    urlMeans: 'https://… on the public internet. Its calls are signed, so it needs no password.',
    asks: 'Objects that it asks a device for (optional)',
    asksMeans: 'With commas between them, as: model, location',
    tag: 'Only on devices with this tag (optional)',
    submit: 'Add this program',
    privateAddress:
      'Nothing was added. Use an address on the public internet, or ask whoever runs the relay to allow that network.',
  },
}
