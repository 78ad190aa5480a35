/** What a driver says of an object that it cannot tell or set, in words that do not depend on the device. */
import type { ObjectError } from '@fairlead/protocol/contract'
import { type Cell, isOid } from './cell.ts'
import { system } from './printer-mib.ts'

/** The names that a device lets be set (contract part 5), and where; every other name is read-only. */
export const settable = { name: system.name, location: system.location, contact: system.contact } as const
export type Settable = keyof typeof settable

/** DisplayString (RFC 2579): at most 255 octets. */
export const longestName = 255

export const isSettable = (object: string): object is Settable => Object.hasOwn(settable, object)

export const unknownObject = (object: string): ObjectError => ({
  code: 'unknown-object',
  message: `The device has no ${isOid(object) ? 'object ' : ''}${object}.`,
})

export const readOnly = (object: string): ObjectError => ({
  code: 'read-only',
  message: `${object} cannot be set; ${Object.keys(settable).join(', ')} can.`,
})

export const tooBig = (object: string): ObjectError => ({
  code: 'too-big',
  message: `${object} takes at most ${longestName} octets.`,
})

/** @param like a value of the type that the object takes */
export const badValue = (object: string, like: Cell): ObjectError => ({
  code: 'bad-value',
  message: `${object} takes ${kindOf(like)}.`,
})

function kindOf(cell: Cell): string {
  if (cell.type === 'octets' || cell.type === 'opaque') return 'text'
  if (cell.type === 'oid') return 'a dotted OID'
  return cell.type === 'ip' ? 'a dotted IPv4 address' : 'a whole number in its range'
}
