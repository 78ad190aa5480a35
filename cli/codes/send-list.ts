/** Sends a maker's list page by page, so that a list of any length goes, and one that was cut off can be sent again. */
import type { FactoryLine, FactoryList, FactoryListed } from '@fairlead/protocol/contract'
import type { ListedLine } from './read-list.ts'

type Listed = FactoryListed['items'][number]

export interface LineResult extends Listed {
  /** In the file. */
  line: number
}

/** What `POST /v1/factory-list` takes at once: so many lines, and well below its 256 KiB. */
const mostLines = 500
const mostBytes = 200 * 1024

/** @returns page by page what became of each line; a page that was told is stored */
export async function* sendList(
  lines: readonly ListedLine[],
  send: (list: FactoryList) => Promise<FactoryListed>,
): AsyncGenerator<LineResult[], void, undefined> {
  for (const page of pagesOf(lines)) {
    const { items } = await send({ items: page.map(({ line: _line, ...item }) => item) })
    yield items.map((item, at) => ({ ...item, line: page[at]?.line ?? 0 }))
  }
}

function* pagesOf(lines: readonly ListedLine[]): Generator<ListedLine[], void, undefined> {
  let page: ListedLine[] = []
  let bytes = 0
  for (const line of lines) {
    const more = bytesOf(line)
    if (page.length === mostLines || bytes + more > mostBytes) {
      yield page
      page = []
      bytes = 0
    }
    page.push(line)
    bytes += more
  }
  if (page.length > 0) yield page
}

function bytesOf(item: FactoryLine): number {
  return Buffer.byteLength(JSON.stringify(item))
}
