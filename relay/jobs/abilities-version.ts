/** Tells abilities of a device from others that it told before. */
import { hash } from 'node:crypto'
import type { PrintAbilities } from '@fairlead/protocol/contract'

/** Another one when the abilities are others; `unknown`: none were told. */
export function versionOf(abilities: PrintAbilities | undefined): string {
  return abilities === undefined ? 'unknown' : hash('sha256', JSON.stringify(abilities), 'hex').slice(0, 16)
}
