/** What went through the device and what lies in it: the life count and the paper trays. */
import type { Json } from '@fairlead/protocol/contract'
import type { Cells } from './cell.ts'
import { column, numberOf, ownIndex, rowIndexes } from './oid.ts'
import { printer } from './printer-mib.ts'
import { amount, unitWord } from './printer-words.ts'
import { charsetOf, textOf } from './text.ts'

export const pageColumns = [printer.markerCounterUnit, printer.markerLifeCount] as const
export const trayColumns = [
  printer.inputMaxCapacity,
  printer.inputCurrentLevel,
  printer.inputMediaName,
  printer.inputName,
  printer.inputDescription,
  printer.localizationCharacterSet,
] as const

/** The first marker's life count in its own unit: sheets and impressions are not the same number. */
export function pagesOf(cells: Cells): Record<string, Json> {
  const [first] = column(cells, printer.markerLifeCount)
  const value = numberOf(first?.[1])
  if (!first || value === undefined || value < 0) return {}
  return { pages: { value, unit: unitWord(numberOf(column(cells, printer.markerCounterUnit).get(first[0]))) } }
}

export function traysOf(cells: Cells): Record<string, Json> {
  const charset = charsetOf(cells)
  const names = column(cells, printer.inputName)
  const descriptions = column(cells, printer.inputDescription)
  const levels = column(cells, printer.inputCurrentLevel)
  const capacities = column(cells, printer.inputMaxCapacity)
  const media = column(cells, printer.inputMediaName)
  const trays = rowIndexes([names, descriptions, levels, capacities]).map((row) => ({
    index: ownIndex(row),
    name: textOf(names.get(row), charset) ?? textOf(descriptions.get(row), charset) ?? null,
    level: amount(numberOf(levels.get(row))),
    capacity: amount(numberOf(capacities.get(row))),
    media: textOf(media.get(row), charset) ?? null,
  }))
  return trays.length > 0 ? { trays } : {}
}
