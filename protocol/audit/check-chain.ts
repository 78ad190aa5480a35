/** Checks an audit log, line by line, and names the first entry that is wrong. */
import { Failure } from '@fairlead/base'
import { z } from 'zod'
import { digestOf, hashOf, noHash } from './chain.ts'

/** Where a chain ends. */
export interface Head {
  seq: number
  hash: string
}

export interface ChainSummary {
  entries: number
  /** Undefined: there is no entry. */
  first: { seq: number; at: string | undefined } | undefined
  last: Head | undefined
}

const Hash = z.string().regex(/^[0-9a-f]{64}$/)
const link = { seq: z.int().min(1), previous: Hash, hash: Hash }
/** Somebody else's: nothing of it is told but what keeps the chain together. */
const Hidden = z.strictObject({ ...link, digest: Hash })
const Shown = z.looseObject({ ...link, at: z.string(), action: z.string(), subject: z.string().optional() })
const Line = z.union([Hidden, Shown])
type Line = z.infer<typeof Line>

/** @returns undefined: it is none */
export function readHead(text: string): Head | undefined {
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? []
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
}

/**
 * @param lines of the export, without their ends
 * @param heads where it must reach, and what it must have there: without one nobody sees what was cut off at the end, nor a
 *   chain that was made anew
 * @throws {Failure} `invalid-request`: one sentence that names the first entry that is wrong
 */
export async function checkChain(
  lines: AsyncIterable<string>,
  { heads = [], progress }: { heads?: readonly Head[]; progress?: ((entries: number) => void) | undefined } = {},
): Promise<ChainSummary> {
  const checker = createChecker(heads)
  let entries = 0
  for await (const text of lines) {
    checker.add(readLine(text, ++entries))
    progress?.(entries)
  }
  const { first, last } = checker.end()
  return {
    entries,
    first: first && { seq: first.seq, at: 'at' in first ? first.at : undefined },
    last: last && { seq: last.seq, hash: last.hash },
  }
}

function createChecker(heads: readonly Head[]) {
  let first: Line | undefined
  let last: Line | undefined
  /** An entry of the log itself says that all before the first one was trimmed. */
  let isTrimmed = false
  /** The entry that should have come, and the one that stands there: from then on only it is looked for. */
  let gap: { wanted: number; found: number } | undefined

  function take(line: Line): void {
    checkLine(line, last)
    if (heads.some(({ seq, hash }) => seq === line.seq && hash !== line.hash))
      throw refused(`Entry ${line.seq} is not the one that the head was taken of: it or one before it was changed.`)
    first ??= line
    if ('action' in line && line.action === 'audit.trimmed')
      isTrimmed ||= line.subject === `${first.seq - 1}:${first.previous}`
    last = line
  }

  function checkBeginning(): void {
    if (!first || first.seq === 1 || isTrimmed) return
    throw refused(
      `Entry ${first.seq - 1} is missing: the log begins with entry ${first.seq}, and no entry says that those before were trimmed.`,
    )
  }

  function checkHead(head: Head): void {
    const next = (last?.seq ?? 0) + 1
    if (head.seq >= next)
      throw refused(`Entry ${next} is missing: the log is cut at the end, its head is entry ${head.seq}.`)
    if (first && head.seq < first.seq)
      throw refused(`The head is entry ${head.seq}, which was trimmed: give one from entry ${first.seq} on.`)
  }

  return {
    add(line: Line): void {
      if (gap) {
        if (line.seq === gap.wanted) throw outOfPlace(gap.wanted, gap.found)
      } else if (last && line.seq <= last.seq) throw outOfPlace(line.seq, last.seq)
      else if (last && line.seq > last.seq + 1) gap = { wanted: last.seq + 1, found: line.seq }
      else take(line)
    },
    end() {
      if (gap) throw refused(`Entry ${gap.wanted} is missing: in its place stands entry ${gap.found}.`)
      checkBeginning()
      for (const head of heads) checkHead(head)
      return { first, last }
    },
  }
}

function readLine(text: string, number: number): Line {
  try {
    return Line.parse(JSON.parse(text))
  } catch {
    throw refused(`Line ${number} is no entry of an audit log.`)
  }
}

function digestOfLine(line: Line): string {
  return 'digest' in line && !('action' in line) ? String(line.digest) : digestOf(line)
}

function checkLine(line: Line, before: Line | undefined): void {
  if (hashOf(line.previous, digestOfLine(line)) !== line.hash) throw changed(line.seq, 'its hash is of something else')
  if (before && line.previous !== before.hash)
    throw changed(before.seq, `entry ${line.seq} follows from another one in its place`)
  if (line.seq === 1 && line.previous !== noHash) throw changed(1, 'it is not the beginning of a chain')
}

function outOfPlace(seq: number, before: number): Failure {
  return refused(`Entry ${seq} is not in its place: it stands behind entry ${before}.`)
}

function changed(seq: number, why: string): Failure {
  return refused(`Entry ${seq} was changed: ${why}.`)
}

function refused(sentence: string): Failure {
  return new Failure('invalid-request', sentence)
}
