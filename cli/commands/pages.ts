/** Lists come in pages: `--limit`, `--cursor` and `--all` of every command that lists. */
import type { Page } from '@fairlead/protocol/contract'
import type { Command } from 'commander'
import { wholeNumber } from '../read-option.ts'
import type { Terminal } from '../terminal.ts'

export interface PageFlags {
  limit?: number
  cursor?: string
  all?: boolean
}

type PageQuery = Pick<PageFlags, 'limit' | 'cursor'>

export function withPages(command: Command): Command {
  return command
    .option('--limit <number>', 'at most so many of a page (1 to 500; 50 if not given)', wholeNumber(1, 500))
    .option('--cursor <cursor>', 'the page after the one that gave this cursor')
    .option('--all', 'all pages as one')
}

/** One page, or with `--all` all of them joined. */
export async function readPages<Item>(
  { limit, cursor, all }: PageFlags,
  read: (query: PageQuery) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const size = limit ?? (all ? 500 : undefined)
  const next = (at: string | undefined) =>
    read({ ...(size !== undefined && { limit: size }), ...(at !== undefined && { cursor: at }) })
  let page = await next(cursor)
  const items = [...page.items]
  while (all && page.nextCursor !== null) {
    page = await next(page.nextCursor)
    items.push(...page.items)
  }
  return { ...page, items }
}

/** A list that goes on says so; never does it just stop. */
export function tellOfMore({ nextCursor }: Page<unknown>, terminal: Terminal): void {
  if (nextCursor !== null) terminal.complain(`There are more: --all shows all, --cursor ${nextCursor} the next page.`)
}
