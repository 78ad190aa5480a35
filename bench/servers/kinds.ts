/** Every server that the bench knows, in the order of the table. */
import { fairlead } from './fairlead.ts'
import type { ServerKind } from './server.ts'

export const kinds: readonly ServerKind[] = [fairlead('session'), fairlead('http')]
