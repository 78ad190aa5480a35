/** The ground everything stands on. */

export { inBackground } from './background.ts'
export { type BackoffLimits, backoffMs } from './backoff.ts'
export { type Clock, createHandClock, type HandClock, passing, systemClock, type Timer } from './clock.ts'
export { type Code, Failure, type FailureFacts, firstLineOf, UsageError } from './failure.ts'
export { InOrder } from './in-order.ts'
export { createLog, type Log, type LogFacts, silentLog } from './log.ts'
export { createSeededRandom, type Random, systemRandom } from './random.ts'
export {
  environmentName,
  type Flag,
  flagName,
  flagsOf,
  type Option,
  type OptionTable,
  readSettings,
  type SettingSources,
  type Settings,
} from './settings.ts'
export { createSlots } from './slots.ts'
export { askedToStop } from './stop-signals.ts'
