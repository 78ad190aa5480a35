/** What the console says in English of who may do what on a device. */

import { count } from './count.ts'

export const enAccess = {
  people: 'People',
  may: {
    look: 'may look',
    change: 'may look, ask and change',
    release: 'may look, ask and change, release and remove it',
  },
  count: (number: number) => count(number, 'user', 'users'),
  nobody: 'nobody',
  changed: (age: string) => `changed something ${age}`,
  noChange: 'no change known',
  keys: 'Keys',
  keysCount: (number: number) => (number === 1 ? '1 key is good.' : `${number} keys are good.`),
  noKeys: 'No key: no program reaches it.',
  unnamed: 'without a name',
  usedAnywhere: (age: string) => `used ${age}, for this or another device`,
  services: 'Services',
  noServices: 'No service watches it.',
  forAll: 'for all devices',
  paused: 'paused',
  ordered: (age: string) => `ordered something for it ${age}`,
  nothingOrdered: 'has ordered nothing for it yet',
  mandate: {
    instruction: (since: string) => `Services may work for it: the claim was confirmed at the device ${since}.`,
    consent: (since: string) => `Services may work for it: its owner consented ${since}.`,
    none: 'Services may not work for it yet: nobody has confirmed the claim at the device, and its owner has not consented.',
  },
  known: (since: string) => `Changes are known since ${since}. Who only looked stands in no record.`,
  nothingKnown: 'No change is known yet.',
  namesHidden: 'Names are shown to owners and admins.',
  relayAdmins: 'Whoever runs this relay may do all of that, too.',
  manage: 'Manage people',
  manageKeys: 'Manage keys',
  log: 'All that was done on it',
}
