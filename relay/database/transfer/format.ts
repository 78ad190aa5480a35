/**
 * The file that carries a record: lines of JSON, of which the first says what it is and the last what must be in it.
 *
 *     {"format":"fairlead-record","version":1,"schema":3,"program":"0.1.0","at":"2026-11-26T10:15:00.000Z"}
 *     {"table":"account","columns":["id","name","created_at"]}
 *     ["default",null,1764151200000]
 *     …
 *     {"end":{"account":{"rows":1,"sha256":"…"},…}}
 *
 * A table's SHA-256 is that of its rows' lines, line ends included.
 */
import { createHash } from 'node:crypto'
import { Failure } from '@fairlead/base'
import { z } from 'zod'

export const formatVersion = 1

export const Header = z.object({
  format: z.literal('fairlead-record'),
  version: z.int().min(1),
  /** Schema version of the record that it was made from. */
  schema: z.int().min(1),
  program: z.string(),
  at: z.string(),
})
export type Header = z.infer<typeof Header>

export const TableHead = z.object({ table: z.string(), columns: z.array(z.string()).min(1) })
export type TableHead = z.infer<typeof TableHead>

export const Row = z.array(z.union([z.string(), z.int(), z.null()]))

const Sum = z.object({ rows: z.int().min(0), sha256: z.string() })
export type Sum = z.infer<typeof Sum>
/** What is in a table, by its name. */
export type Sums = Record<string, Sum>

export const End = z.object({ end: z.record(z.string(), Sum) })

/** Counts rows, and sums them up. */
export function createSummer() {
  const hash = createHash('sha256')
  let rows = 0
  return {
    /** @param line without its end */
    add(line: string): void {
      rows++
      hash.update(`${line}\n`)
    },
    sum: (): Sum => ({ rows, sha256: hash.digest('hex') }),
  }
}

/** Longer than any row: no answer of a device is larger than 64 MiB. */
const maxLineChars = 160 * 2 ** 20

/** @throws {Failure} `invalid-request`: not UTF-8, or a line without end */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoded(utf8, chunk)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length > maxLineChars) throw refused('it has a line without end')
  }
  if (rest !== '') yield rest
}

function decoded(utf8: InstanceType<typeof TextDecoder>, chunk: Uint8Array): string {
  try {
    return utf8.decode(chunk, { stream: true })
  } catch {
    throw refused('it is not UTF-8 text')
  }
}

/** A refusal of the file: nothing of it is kept. */
export function refused(why: string, cause?: unknown): Failure {
  return new Failure('invalid-request', `The file cannot be imported: ${why}. Nothing of it was kept.`, { cause })
}
