/** The tests of the rooms that keep something, once more on PostgreSQL: what holds on SQLite holds there. */
import { usePostgres } from './database/for-tests.ts'

usePostgres()
await import('./accounts/accounts.test.ts')
await import('./devices/device-events.test.ts')
await import('./devices/devices.test.ts')
await import('./devices/inquiry.test.ts')
await import('./devices/log-in.test.ts')
await import('./devices/register.test.ts')
await import('./devices/routes.test.ts')
await import('./events/journal.test.ts')
await import('./events/streams.test.ts')
await import('./people/user-sessions.test.ts')
await import('./requests/deferred.test.ts')
await import('./requests/remembered.test.ts')
await import('./requests/requests.test.ts')
