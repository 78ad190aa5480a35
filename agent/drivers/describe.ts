/** From a device's MIB to the contract's objects: each part says what to read and what it makes of it. */
import type { Json } from '@fairlead/protocol/contract'
import type { Cells } from './cell.ts'
import { conditionColumns, conditionOf } from './condition.ts'
import { pageColumns, pagesOf, trayColumns, traysOf } from './counters.ts'
import type { Capabilities } from './driver.ts'
import { identityColumns, identityOf, identityScalars } from './identity.ts'
import { networkColumns, networkOf } from './network.ts'
import { numberOf } from './oid.ts'
import { host, printer } from './printer-mib.ts'
import { suppliesByName, suppliesOf, supplyColumns } from './supplies.ts'

export interface Part {
  /** Whether an object of this name can only come from here. */
  names(name: string): boolean
  scalars: readonly string[]
  columns: readonly string[]
  /** What the device has of this part; what it does not have is absent. */
  describe(cells: Cells): Record<string, Json>
}

const one =
  (...names: string[]) =>
  (name: string) =>
    names.includes(name)

export const identity: Part = {
  names: one('model', 'serial', 'firmware', 'name', 'location', 'contact'),
  scalars: identityScalars,
  columns: identityColumns,
  describe: identityOf,
}

export const parts: readonly Part[] = [
  identity,
  { names: one('status', 'alerts'), scalars: [], columns: conditionColumns, describe: conditionOf },
  { names: one('mac', 'ip', 'addresses'), scalars: [], columns: networkColumns, describe: networkOf },
  { names: one('pages'), scalars: [], columns: pageColumns, describe: pagesOf },
  {
    names: (name) => name === 'supplies' || /^[a-z][a-z-]*\.\p{L}[\p{L}\d-]*(\.\d+)?$/u.test(name),
    scalars: [],
    columns: supplyColumns,
    describe(cells) {
      const supplies = suppliesOf(cells)
      return supplies.length > 0 ? { supplies, ...suppliesByName(supplies) } : {}
    },
  },
  { names: one('trays'), scalars: [], columns: trayColumns, describe: traysOf },
]

export function describe(cells: Cells): Record<string, Json> {
  return Object.assign({}, ...parts.map((part) => part.describe(cells)))
}

const isChanging = (name: string) =>
  ['serial', 'pages', 'supplies', 'alerts'].includes(name) || /^(toner|ink)\../.test(name)

/** What changes by itself, and whose it is; not what flutters with each page, as the trays do. */
export function changing(objects: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(objects).filter(([name]) => isChanging(name)))
}

/** The parts that hold it. The whole identity is much to ask of a slow device again and again. */
export const changingParts: readonly Part[] = [
  {
    names: one('serial'),
    scalars: [],
    columns: [printer.generalSerialNumber, printer.localizationCharacterSet],
    describe: identityOf,
  },
  ...parts.filter(({ names }) => ['alerts', 'pages', 'supplies'].some(names)),
]

export const memoryScalar = host.memorySize

/** Tells the relay whether to translate names for the device (A13): a driver that knows them knows its device better. */
export const knowsNames = 'object-names'
export const knowsOidsOnly = 'oids-only'

/** Register information (A2). hrMemorySize counts in 1,024 octets (RFC 2790). */
export function capabilitiesOf(
  objects: Readonly<Record<string, Json>>,
  cells: Cells,
  features: string[],
): Capabilities {
  const { serial, model, firmware } = objects
  const memory = numberOf(cells.get(memoryScalar))
  const media = membersOf(objects['trays'], 'media')
  const supplies = membersOf(objects['supplies'], 'description')
  return {
    ...(typeof serial === 'string' && { serial }),
    ...(typeof model === 'string' && { model }),
    ...(typeof firmware === 'string' && { firmware }),
    ...(memory !== undefined && memory > 0 && { memoryBytes: memory * 1024 }),
    ...(media.length > 0 && { media }),
    ...(supplies.length > 0 && { supplies }),
    ...(features.length > 0 && { features }),
  }
}

function membersOf(list: Json | undefined, member: string): string[] {
  if (!Array.isArray(list)) return []
  const told = list.flatMap((row) => {
    const value = row !== null && typeof row === 'object' && !Array.isArray(row) ? row[member] : undefined
    return typeof value === 'string' ? [value] : []
  })
  return [...new Set(told)]
}
