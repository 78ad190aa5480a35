/** What the console says in English: what happened, what it means, what to do. Other languages have the same shape. */

import { count } from './count.ts'
import { enDevices } from './en-devices.ts'
import { enFleet } from './en-fleet.ts'
import { enOidc } from './en-oidc.ts'
import { enPage } from './en-page.ts'
import { enPair } from './en-pair.ts'
import { enSafety } from './en-safety.ts'

export const en = {
  ...enDevices,
  ...enSafety,
  ...enFleet,
  pair: enPair,
  page: enPage,
  oidc: enOidc,

  access: { title: 'Who may do what' },

  nav: {
    ...{ devices: 'Devices', claim: 'Claim', pair: 'Pair', people: 'People', keys: 'Keys', audit: 'Audit log' },
    ...{
      jobs: 'Jobs',
      services: 'Services',
      programs: 'Programs',
      you: 'You',
      more: 'More',
      skip: 'Skip to the content',
    },
  },
  language: 'Language',

  signIn: {
    title: 'Sign in',
    email: 'E-mail',
    password: 'Password',
    submit: 'Sign in',
    wrong: 'No user has this e-mail and password. Check both; after ten failed tries one has to wait.',
    secondFactor: 'One more step',
    secondFactorMeans:
      'Your password is right. Now type the six digits that your authenticator app shows, or one of your recovery codes.',
    code: 'Code',
    wrongCode: 'That code is not the one of this moment. Wait for the next one in your app, or use a recovery code.',
    back: 'Use another e-mail',
    ended:
      'You were signed out: nobody worked here for a while, or your rights have changed. Sign in again; the page you were on is kept.',
  },
  setUp: {
    title: 'The first user',
    means:
      'This relay has no user yet. Whoever you enter here owns it: this one may do everything, and invites the others.',
    submit: 'Create this user',
    used: 'This link is not good any more: the relay has been set up, or was started again since. Its newest link stands in the output of the relay.',
  },
  invitation: {
    title: 'You were invited',
    means: 'Choose a name and a password, and you are in.',
    submit: 'Join',
    used: 'This invitation is not good any more: it was used, withdrawn, or is older than seven days. Ask who invited you for another one.',
  },
  person: {
    name: 'Your name',
    email: 'E-mail',
    password: 'Password',
    passwordMeans: 'At least 12 characters. A sentence is easy to remember.',
    passwordWeak:
      'This password is one of those that are tried first, or little more than your name. Take several words of your own.',
    passwordShort: (missing: number) => `${count(missing, 'more character', 'more characters')}`,
  },

  time: {
    now: 'just now',
    seconds: (number: number) => `${number} s ago`,
    minutes: (number: number) => `${number} min ago`,
    hours: (number: number) => `${number} h ago`,
    days: (number: number) => count(number, 'day ago', 'days ago'),
    since: (when: string) => `since ${when}`,
    never: 'never',
  },

  connection: {
    connecting: 'Connecting to the relay …',
    lost: (age: string) =>
      `The relay does not answer (lost ${age}). What you see is from before that. It is tried again every second.`,
    back: 'The relay is back. What you see is up to date.',
    refused: 'Changes are not shown live:',
  },
  problems: {
    noRelay:
      'The relay does not answer. Check your network; if it stays so, ask whoever runs the relay whether it is up.',
    own: (words: string) =>
      `The console made a mistake of its own (${words}). Load the page again; if it stays so, please report it.`,
    tooMany: (seconds: number) => `Too many tries. Wait ${count(seconds, 'second', 'seconds')}, then try again.`,
    tryAgain: 'Try again',
    codes: {
      unauthorized: 'You are not signed in any more. Sign in, then try again.',
      forbidden: 'Your role does not allow that. Ask an owner or admin of your account.',
      'email-taken': 'This address belongs to a user already. Look for it in the list, or take another.',
      'last-owner': 'The account would have no owner. Make somebody else an owner first.',
      'device-offline':
        'Not sent: the device is offline. It is safe to try again, or have it kept until the device is back.',
      'device-asleep': 'Not sent: the device sleeps, and nobody is there to wake it.',
      'device-timeout': 'The device did not answer in time.',
      'connection-lost':
        'Sent, no answer: the connection was lost after the request had left. It may or may not have been done.',
      'unknown-device': 'There is no such device in your account. It may have been removed.',
      'unknown-request': 'The relay remembers nothing of this request any more.',
      'no-match':
        'No device waits with this code. Compare it with the label, and see that the device is switched on and connected.',
      unavailable: 'The relay has too much to do, or is stopping. Try again in a moment.',
      'in-progress': 'The same request is still under way.',
      'prove-again': 'Nothing was done, because you did not prove that it is you.',
      'second-factor-required':
        'Nothing was done: your account demands a second factor of everybody. Set up another one before you take off your last.',
    },
  },

  claim: {
    title: 'Claim a device',
    means: 'Type the code on its label. It has 16 letters and digits, and one more that shows whether all are right.',
    code: 'Code on the label',
    missing: (number: number) => `${count(number, 'character is', 'characters are')} still missing`,
    mistyped: 'One of the characters is not right. Compare it with the label: 8 and B, 5 and S, 2 and Z look alike.',
    tooLong: 'That is longer than a code.',
    right: 'The code is complete and has no typing mistake.',
    submit: 'Claim this device',
    yours: (device: string) => `${device} is yours`,
    almost: 'Two things are left to do at the device.',
    done: 'It is confirmed: services may work for it now.',
    steps: {
      matched: 'The code matched',
      connected: 'The device has connected',
      connectedWaits: 'Switch it on and wait: it connects by itself within half a minute.',
      confirmed: 'Confirmed at the device',
      confirmedWaits: 'Press “Confirm” on the panel of the device. Until then no service works for it.',
    },
    stepDone: 'done',
    stepWaits: 'waiting',
    naming: 'What is it called, and where does it stand?',
    name: 'Name',
    place: 'Place',
    save: 'Save',
    saved: 'Saved at the device.',
    kept: 'The device is not connected right now: both are kept for a day and sent when it comes back.',
    open: 'Open the device',
    another: 'Claim another one',
    notAllowed: 'Your role may not claim devices. Ask an owner or admin of your account.',
    unknown: 'There is no such claim in your account.',
  },

  keys: {
    title: 'Keys',
    means: 'With a key, a program calls the API for your account.',
    make: 'Make a key',
    name: 'What it is for',
    scopes: 'What it may do',
    scopeNames: {
      'devices:read': 'see devices',
      'devices:write': 'add, claim and remove devices',
      'requests:read': 'see requests and jobs',
      'requests:write': 'ask and change devices',
      'events:read': 'hear events',
      'jobs:write': 'print',
      'keys:write': 'make and revoke keys',
    },
    expires: 'Good until',
    expiresChoices: { '': 'it is revoked', '30': 'in 30 days', '90': 'in 90 days', '365': 'in a year' },
    submit: 'Make this key',
    made: 'Here is the key. It is shown this once.',
    madeMeans: 'Keep it where secrets are kept. Whoever lost it makes another one and revokes this.',
    close: 'I have kept it',
    empty: 'No key yet.',
    emptyMeans: 'A program that is to reach your devices needs one.',
    unnamed: 'without a name',
    created: (when: string) => `made ${when}`,
    used: (age: string) => `used ${age}`,
    unused: 'never used',
    until: (when: string) => `good until ${when}`,
    expired: 'no longer good',
    revoke: 'Revoke',
    revokeTitle: (name: string) => `Revoke the key “${name}”?`,
    revokeMeans:
      'Programs that use it are refused at once, and their event streams end. It cannot be brought back: they will need a new key.',
    revokeVerb: 'Revoke this key',
    keep: 'Keep it',
    all: 'everything',
  },

  you: {
    title: 'You',
    account: 'Account',
    role: 'Role',
    roles: { owner: 'owner', admin: 'admin', operator: 'operator', viewer: 'viewer' },
    relayAdmin: 'runs this relay',
    signOut: 'Sign out',
  },

  passkeys: {
    title: 'Passkeys',
    means: 'A passkey signs you in by your finger, your face or a PIN, without a password and a code.',
    name: 'Add a passkey named',
    nameMeans: 'Which one it is: “my laptop”, “the blue key”.',
    add: 'Add a passkey',
    notDone:
      'It was not done: you stopped it, it took too long, or this device has none for this relay. Nothing has changed.',
    remove: 'Remove',
    removeTitle: (name: string) => `Remove the passkey “${name}”?`,
    removeMeans:
      'It signs nobody in here any more. You can add it again while you are signed in; delete it on the device itself as well.',
    removeVerb: 'Remove this passkey',
    signIn: 'Sign in with a passkey',
    or: 'or with your password',
    unknown: 'This relay does not know that passkey, or it was removed. Sign in with your password.',
  },
  secondFactor: {
    title: 'Second factor',
    isOn: 'On: after your password you are asked for a code of your authenticator app.',
    isOff: 'Off: whoever knows your password is in. Switch it on, or use a passkey.',
    begin: 'Set it up',
    typeIn:
      'Add an account in your authenticator app and type this key into it. Then type the six digits that it shows.',
    openApp: 'Or open it in the app on this device',
    confirm: 'Switch it on',
    codeToEnd: 'Code of your app, to switch it off',
    end: 'Switch it off',
    codesMean:
      'It is on. These codes stand for one code of the app each, for the day that you lose it. They are shown this once.',
  },

  help: {
    title: 'Keyboard',
    close: 'Close',
    keys: {
      '/': 'search',
      j: 'next',
      k: 'the one before',
      x: 'choose',
      Enter: 'open',
      '?': 'this help',
      Esc: 'close, or leave the search',
    },
  },

  copy: { copy: 'Copy', copied: 'Copied', select: 'Select it and copy it: this browser lets no page do that here.' },
  notFound: {
    title: 'There is nothing here',
    means: 'This link leads to no page of the console.',
    home: 'Go to the devices',
  },
}
