/** The relay, for who starts one. */
export { runRelay } from './main.ts'
export { configOption, relayOptions } from './options.ts'
export { version } from './version.ts'
