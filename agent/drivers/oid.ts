/** The order of OIDs and the rows of MIB tables. */
import type { Cell, Cells } from './cell.ts'

/** Negative, 0 or positive, as sorted by sub-identifiers (RFC 2578 §3.5: lexicographic). */
export function compareOids(a: string, b: string): number {
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = Number(left[i]) - Number(right[i])
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

export const isUnder = (root: string, oid: string): boolean => oid.startsWith(`${root}.`)

/** The cells of one column, by the rest of their OID (the row's index), in the order of the MIB. */
export function column(cells: Cells, oid: string): Map<string, Cell> {
  const rows = [...cells]
    .filter(([at]) => isUnder(oid, at))
    .map(([at, cell]) => [at.slice(oid.length + 1), cell] as const)
  return new Map(rows.sort(([a], [b]) => compareOids(a, b)))
}

/** The indexes that stand in any of the columns, each once, in the order of the MIB. */
export function rowIndexes(columns: readonly Map<string, Cell>[]): string[] {
  return [...new Set(columns.flatMap((rows) => [...rows.keys()]))].sort(compareOids)
}

/** The last number of a row's index, which is the row's own in the Printer-MIB (RFC 3805: hrDeviceIndex comes first). */
export const ownIndex = (row: string): number => Number(row.slice(row.lastIndexOf('.') + 1))

export function numberOf(cell: Cell | undefined): number | undefined {
  return typeof cell?.value === 'number' ? cell.value : undefined
}
