/** Sets one object of a virtual printer: its three names, and objects of its own by OID. */
import type { Json, ObjectError } from '@fairlead/protocol/contract'
import { type Cells, octets, readCell, renderCell } from './cell.ts'
import { parts } from './describe.ts'
import {
  badValue,
  isSettable,
  longestName,
  readOnly,
  type Settable,
  settable,
  tooBig,
  unknownObject,
} from './refusals.ts'
import type { VirtualPrinter } from './virtual-printer.ts'

export function setVirtual(
  printer: VirtualPrinter,
  cells: Cells,
  object: string,
  value: Json,
): { value: Json } | { error: ObjectError } {
  const name = nameOf(printer, object)
  const now = cells.get(name ? settable[name] : object)
  if (!name && !Object.hasOwn(printer.vendorObjects, object)) return { error: refusal(printer, cells, object) }
  const like = now ?? octets('')
  const wanted = readCell(value, like)
  const told = wanted && renderCell(wanted)
  if (typeof told !== 'string' && typeof told !== 'number') return { error: badValue(object, like) }
  if (Buffer.byteLength(String(told)) > longestName) return { error: tooBig(object) }
  if (name) printer[name] = String(told)
  else printer.vendorObjects[object] = told
  return { value: told }
}

function nameOf(printer: VirtualPrinter, object: string): Settable | undefined {
  if (printer.knowsNames && isSettable(object)) return object
  return (Object.keys(settable) as Settable[]).find((name) => settable[name] === object)
}

function refusal(printer: VirtualPrinter, cells: Cells, object: string): ObjectError {
  const objects = parts.flatMap((part) => (part.names(object) ? [part.describe(cells)] : []))
  const isNamed = objects.some((told) => Object.hasOwn(told, object))
  return (printer.knowsNames && isNamed) || cells.has(object) ? readOnly(object) : unknownObject(object)
}
