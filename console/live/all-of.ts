/** A list that is short enough to be shown whole, page by page. */
import type { Page } from '@fairlead/protocol/contract'

export async function allOf<Item>(
  read: (query: { limit: number; cursor?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = []
  let cursor: string | null | undefined
  do {
    const page = await read({ limit: 500, ...(cursor && { cursor }) })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor)
  return items
}
