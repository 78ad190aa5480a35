/** Cuts a list into pages that stay right while the list changes: a page begins after an id, not at a place. */
import { Failure } from '@fairlead/base'
import type { Page, PageQuery } from '@fairlead/protocol/contract'

/**
 * @param sorted by `idOf`, ascending in JavaScript's order of strings
 * @param isWanted the filter; a page is full when `limit` wanted ones are found
 * @throws {Failure} `invalid-request` for a cursor that was never given out
 */
export function cutPage<Item>(
  sorted: readonly Item[],
  idOf: (item: Item) => string,
  { limit, cursor }: { [Name in keyof PageQuery]: PageQuery[Name] | undefined } & { limit: number },
  isWanted: (item: Item) => boolean = () => true,
): Page<Item> {
  const items: Item[] = []
  for (let at = cursor === undefined ? 0 : placeAfter(sorted, idOf, readCursor(cursor)); at < sorted.length; at++) {
    const item = sorted[at] as Item
    if (!isWanted(item)) continue
    const last = items.at(-1)
    if (items.length === limit && last !== undefined) return { items, nextCursor: writeCursor(idOf(last)) }
    items.push(item)
  }
  return { items, nextCursor: null }
}

/** Index of the first whose id is greater than `id`. */
export function placeAfter<Item>(sorted: readonly Item[], idOf: (item: Item) => string, id: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (idOf(sorted[middle] as Item) > id) high = middle
    else low = middle + 1
  }
  return low
}

/** Of a list by time that is read from the record: after this moment, and this ID within it. */
export function cursorOf(atMs: number, id: string): string {
  return writeCursor(`${atMs} ${id}`)
}

/** @throws {Failure} `invalid-request` for a cursor that was never given out */
export function placeOf(cursor: string): [atMs: number, id: string] {
  const [, atMs, id] = /^(\d{1,15}) (.*)$/s.exec(readCursor(cursor)) ?? []
  if (atMs === undefined || id === undefined) throw unknownCursor()
  return [Number(atMs), id]
}

/** Opaque on purpose: what is in it may change. @param id of the last item of the page */
export function writeCursor(id: string): string {
  return Buffer.from(`after:${id}`).toString('base64url')
}

/** @throws {Failure} `invalid-request` */
export function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (!text.startsWith('after:') || writeCursor(text.slice(6)) !== cursor) throw unknownCursor()
  return text.slice(6)
}

function unknownCursor(): Failure {
  return new Failure('invalid-request', 'query.cursor: not one of this list; take `nextCursor` of the page before.')
}
