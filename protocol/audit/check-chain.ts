/** Checks an audit log, line by line, and names the first entry that is wrong. */
import { Failure } from '@fairlead/base/failure'
import { digestedTextOf, noHash } from './chain.ts'

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

/** Somebody else's: nothing of it is told but what keeps the chain together. */
type Hidden = Head & { previous: string; digest: string }
type Shown = Head & { previous: string; at: string; action: string; subject?: string }
type Line = Hidden | Shown

/** What may be wrong, and what is said of it: the entry, and another one that tells of it. */
const sentences = {
  'another-than-the-head': (entry: number) =>
    `Entry ${entry} is not the one that the head was taken of: it or one before it was changed.`,
  'no-beginning': (entry: number, first: number) =>
    `Entry ${entry} is missing: the log begins with entry ${first}, and no entry says that those before were trimmed.`,
  'cut-off': (entry: number, head: number) =>
    `Entry ${entry} is missing: the log is cut at the end, its head is entry ${head}.`,
  'head-trimmed': (head: number, first: number) =>
    `The head is entry ${head}, which was trimmed: give one from entry ${first} on.`,
  missing: (entry: number, found: number) => `Entry ${entry} is missing: in its place stands entry ${found}.`,
  misplaced: (entry: number, before: number) => `Entry ${entry} is not in its place: it stands behind entry ${before}.`,
  unreadable: (line: number) => `Line ${line} is no entry of an audit log.`,
  changed: (entry: number) => `Entry ${entry} was changed: its hash is of something else.`,
  exchanged: (entry: number, next: number) =>
    `Entry ${entry} was changed: entry ${next} follows from another one in its place.`,
  'not-the-first': (entry: number) => `Entry ${entry} was changed: it is not the beginning of a chain.`,
}
export type ChainFault = keyof typeof sentences

/** As 64 hexadecimal digits, of a text as UTF-8. A browser's comes later, and not on every page: so it is handed in. */
export type Sha256 = (text: string) => string | Promise<string>

/** @returns undefined: it is none */
export function readHead(text: string): Head | undefined {
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? []
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
}

/**
 * @param lines of the export, without their ends
 * @param heads where it must reach, and what it must have there: without one nobody sees what was cut off at the end, nor a
 *   chain that was made anew
 * @throws {Failure} `invalid-request`: one sentence that names the first entry that is wrong; its facts are `fault`, `entry` and `other`
 */
export async function checkChainWith(
  sha256: Sha256,
  lines: AsyncIterable<string>,
  { heads = [], progress }: { heads?: readonly Head[]; progress?: ((entries: number) => void) | undefined } = {},
): Promise<ChainSummary> {
  const checker = createChecker(heads, sha256)
  let entries = 0
  for await (const text of lines) {
    await checker.add(readLine(text, ++entries))
    progress?.(entries)
  }
  const { first, last } = checker.end()
  return {
    entries,
    first: first && { seq: first.seq, at: 'at' in first ? first.at : undefined },
    last: last && { seq: last.seq, hash: last.hash },
  }
}

function createChecker(heads: readonly Head[], sha256: Sha256) {
  let first: Line | undefined
  let last: Line | undefined
  /** An entry of the log itself says that all before the first one was trimmed. */
  let isTrimmed = false
  /** The entry that should have come, and the one that stands there: from then on only it is looked for. */
  let gap: { wanted: number; found: number } | undefined

  async function take(line: Line): Promise<void> {
    const digest = 'action' in line ? await sha256(digestedTextOf(line)) : line.digest
    if ((await sha256(line.previous + digest)) !== line.hash) throw wrong('changed', line.seq)
    checkPlace(line, last)
    if (heads.some(({ seq, hash }) => seq === line.seq && hash !== line.hash))
      throw wrong('another-than-the-head', line.seq)
    first ??= line
    if ('action' in line && line.action === 'audit.trimmed')
      isTrimmed ||= line.subject === `${first.seq - 1}:${first.previous}`
    last = line
  }

  function checkBeginning(): void {
    if (!first || first.seq === 1 || isTrimmed) return
    throw wrong('no-beginning', first.seq - 1, first.seq)
  }

  function checkHead(head: Head): void {
    const next = (last?.seq ?? 0) + 1
    if (head.seq >= next) throw wrong('cut-off', next, head.seq)
    if (first && head.seq < first.seq) throw wrong('head-trimmed', head.seq, first.seq)
  }

  return {
    async add(line: Line): Promise<void> {
      if (gap) {
        if (line.seq === gap.wanted) throw wrong('misplaced', gap.wanted, gap.found)
      } else if (last && line.seq <= last.seq) throw wrong('misplaced', line.seq, last.seq)
      else if (last && line.seq > last.seq + 1) gap = { wanted: last.seq + 1, found: line.seq }
      else await take(line)
    },
    end() {
      if (gap) throw wrong('missing', gap.wanted, gap.found)
      checkBeginning()
      for (const head of heads) checkHead(head)
      return { first, last }
    },
  }
}

function readLine(text: string, number: number): Line {
  const line = parsed(text)
  if (isLine(line)) return line
  throw wrong('unreadable', number)
}

function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text))
  } catch {
    // No JSON is no entry, either.
    return {}
  }
}

function isLine(line: Record<string, unknown>): line is Record<string, unknown> & Line {
  const { seq, previous, hash, digest, at, action, subject } = line
  if (!Number.isSafeInteger(seq) || Number(seq) < 1 || !isHash(previous) || !isHash(hash)) return false
  // What is hidden has nothing else, so that nobody takes for checked what no hash is of.
  if (action === undefined) return isHash(digest) && Object.keys(line).length === 4
  return typeof at === 'string' && typeof action === 'string' && ['string', 'undefined'].includes(typeof subject)
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function checkPlace(line: Line, before: Line | undefined): void {
  if (before && line.previous !== before.hash) throw wrong('exchanged', before.seq, line.seq)
  if (line.seq === 1 && line.previous !== noHash) throw wrong('not-the-first', 1)
}

function wrong(fault: ChainFault, entry: number, other = 0): Failure {
  return new Failure('invalid-request', sentences[fault](entry, other), { facts: { fault, entry, other } })
}
