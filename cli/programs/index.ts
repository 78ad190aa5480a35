/** What the command loads when it is asked for, and not before. */
export { zoneOf } from './print-today.ts'
export { openPrograms } from './programs.ts'
export { readSmtpServer } from './smtp-server.ts'
