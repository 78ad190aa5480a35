/** What the device consumes and fills: supplies, and each coloured one by its own name (contract part 5). */
import type { Json } from '@fairlead/protocol/contract'
import type { Cells } from './cell.ts'
import { colorInWords, colorOfColorant } from './colors.ts'
import { column, numberOf, ownIndex, rowIndexes } from './oid.ts'
import { printer } from './printer-mib.ts'
import { amount, supplyTypeWord, unitWord } from './printer-words.ts'
import { charsetOf, textOf } from './text.ts'

export type Supply = {
  index: number
  description: string | null
  type: string
  color: string | null
  level: number | string
  capacity: number | string
  unit: string
  percent: number | null
}

export const supplyColumns = [
  printer.suppliesColorantIndex,
  printer.suppliesType,
  printer.suppliesDescription,
  printer.suppliesSupplyUnit,
  printer.suppliesMaxCapacity,
  printer.suppliesLevel,
  printer.colorantValue,
  printer.localizationCharacterSet,
] as const

export function suppliesOf(cells: Cells): Supply[] {
  const charset = charsetOf(cells)
  const colorants = column(cells, printer.colorantValue)
  const colorantIndexes = column(cells, printer.suppliesColorantIndex)
  const types = column(cells, printer.suppliesType)
  const descriptions = column(cells, printer.suppliesDescription)
  const units = column(cells, printer.suppliesSupplyUnit)
  const capacities = column(cells, printer.suppliesMaxCapacity)
  const levels = column(cells, printer.suppliesLevel)

  /** The colorant row belongs to the same device: its index is hrDeviceIndex and the colorant's own. */
  function colorantOf(row: string): string | undefined {
    const own = numberOf(colorantIndexes.get(row))
    const value = own ? textOf(colorants.get(`${row.slice(0, row.lastIndexOf('.') + 1)}${own}`), charset) : undefined
    return value && colorOfColorant(value)
  }

  return rowIndexes([types, descriptions, capacities, levels]).map((row) => {
    const description = textOf(descriptions.get(row), charset)
    const level = amount(numberOf(levels.get(row)))
    const capacity = amount(numberOf(capacities.get(row)))
    return {
      index: ownIndex(row),
      description: description ?? null,
      type: supplyTypeWord(numberOf(types.get(row))),
      color: colorantOf(row) ?? (description && colorInWords(description)) ?? null,
      level,
      capacity,
      unit: unitWord(numberOf(units.get(row))),
      percent: percentOf(level, capacity),
    }
  })
}

/** Null unless it follows: 150 of 100 is no percentage, and neither is 63 of unknown. */
export function percentOf(level: number | string, capacity: number | string): number | null {
  if (typeof level !== 'number' || typeof capacity !== 'number' || capacity === 0 || level > capacity) return null
  return Math.round((level / capacity) * 100)
}

/** A cartridge of toner is toner to the one who asks for `toner.black`. */
const plainTypes: Readonly<Record<string, string>> = { 'toner-cartridge': 'toner', 'ink-cartridge': 'ink' }
/** What the description says where the type does not; only toner and ink are known well enough by their words. */
function nameOfType({ type, description }: Supply): string | undefined {
  if (type.startsWith('waste-')) return undefined
  if (type !== 'unknown' && type !== 'other') return plainTypes[type] ?? type
  const words = description ?? ''
  if (/waste|used|drum|resttoner|trommel|usag|tambour|récup|廃|回収|ドラム/iu.test(words)) return undefined
  if (/toner|トナー/iu.test(words)) return 'toner'
  return /(?<!\p{L})ink|tinte|encre|インク/iu.test(words) ? 'ink' : undefined
}

/** `toner.black` and its like; several of one colour are numbered too, and the lowest has the plain name. */
export function suppliesByName(supplies: readonly Supply[]): Record<string, Json> {
  const byName = new Map<string, Supply[]>()
  for (const supply of supplies) {
    const type = nameOfType(supply)
    if (supply.color === null || type === undefined) continue
    const name = `${type}.${supply.color}`
    byName.set(name, [...(byName.get(name) ?? []), supply])
  }
  const named: Record<string, Json> = {}
  for (const [name, same] of byName) {
    named[name] = lowest(same)
    if (same.length > 1) for (const [i, supply] of same.entries()) named[`${name}.${i + 1}`] = share(supply)
  }
  return named
}

function share(supply: Supply): number | string {
  return supply.percent ?? (supply.level === 'some' ? 'some' : 'unknown')
}

/** The lowest known percentage; without one, `some` only if that is true of all of them. */
function lowest(supplies: readonly Supply[]): number | string {
  const shares = supplies.map(share)
  const known = shares.filter((each) => typeof each === 'number')
  if (known.length > 0) return Math.min(...known)
  return shares.every((each) => each === 'some') ? 'some' : 'unknown'
}
