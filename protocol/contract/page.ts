/** Lists: `{items, nextCursor}`, asked for with `limit` and `cursor`. */
import { z } from 'zod'

/** To be spread into a list's query. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(50).meta({ description: 'How many items at most' }),
  cursor: z.string().min(1).max(1024).optional().meta({ description: '`nextCursor` of the page before' }),
}

export const PageQuery = z.strictObject(pageQuery)
export type PageQuery = z.infer<typeof PageQuery>

export interface Page<Item> {
  items: Item[]
  /** `null`: that was the last page. */
  nextCursor: string | null
}

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}
