/** Every server that the bench knows, in the order of the table. */
import { ejabberd } from './ejabberd.ts'
import { fairlead } from './fairlead.ts'
import { prosody } from './prosody.ts'
import type { ServerKind } from './server.ts'

export const kinds: readonly ServerKind[] = [
  fairlead('session'),
  fairlead('http'),
  prosody('shipped'),
  prosody('relaxed'),
  ejabberd(),
]
