/** What an overloaded node sheds first and what last (safety.md 6.4): each kind of work, and the level from which on it is refused. */
import type { Level } from './load-machine.ts'

/**
 * `log-in`: new sessions and registrations; `look`: event streams, inquiries, lists; `get`: what reads at a device, or of one;
 * `set`: SETs, commands, what devices tell, and what became of all that; `manage`: devices, accounts and keys.
 *
 * What is none of these is never shed: answers of devices, polls, survival notifications, health and metrics. Each of them ends
 * work that was begun, or is needed to see what is wrong.
 */
export const works = ['log-in', 'look', 'get', 'set', 'manage'] as const
export type Work = (typeof works)[number]

export const shedFrom: Readonly<Record<Work, Level>> = { 'log-in': 1, look: 1, get: 2, set: 3, manage: 4 }

/** Nobody should be left to guess what is refused. Of a receipt it must not sound as if its request had not been sent. */
export const refusals: Readonly<Record<Work, string>> = {
  'log-in': 'This relay has more to do than it can, and lets few new sessions in: try again when Retry-After says.',
  look: 'This relay has more to do than it can, and answers requests to devices first: try again when Retry-After says.',
  get: 'This relay has more to do than it can, and has not taken this call: try again when Retry-After says.',
  set: 'This relay has far more to do than it can, and has not taken this call: try again when Retry-After says.',
  manage: 'This relay has no room for anything but its devices: nothing was changed, try again when Retry-After says.',
}
