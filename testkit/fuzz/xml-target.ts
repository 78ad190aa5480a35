/** Fuzzes the XML reader and writer: rows S-X1 to S-X5, with libexpat as the second opinion. */
import {
  createXmlReader,
  isElement,
  readXml,
  renderXml,
  type Xml,
  XmlError,
  type XmlLimits,
} from '@fairlead/protocol/xmpp'
import type { Chance } from './chance.ts'
import { digestOf, type Expat, flatten, openExpat } from './expat.ts'
import { type Complaint, type Target, wordsFor } from './target.ts'
import { makeDocument, makeLarge, seeds } from './xml-documents.ts'
import { mutate } from './xml-mutations.ts'

/** What is fuzzed; a test hands in broken ones to see that they are caught. */
export interface XmlCodec {
  readXml: typeof readXml
  createXmlReader: typeof createXmlReader
  renderXml: typeof renderXml
}

const seedBytes = seeds.map((seed) => Buffer.from(seed)) as [Buffer, ...Buffer[]]

/** What was rendered may be longer than what was read, never deeper; only the tree counts here. */
const roomy: Partial<XmlLimits> = {
  maxBytes: 2 ** 26,
  maxAttributes: 1000,
  maxNameLength: 1000,
  maxValueLength: 2 ** 26,
  maxNamespaces: 10_000,
}

/** So that each limit is met in small documents as well. */
const tight = {
  maxBytes: 400,
  maxDepth: 3,
  maxElements: 6,
  maxAttributes: 7,
  maxValueLength: 40,
  maxNameLength: 14,
  maxTextLength: 4,
  maxNamespaces: 7,
} satisfies Partial<XmlLimits>

/** "No input that takes over a second", and no input that takes more than its length allows: generous, for slow machines. */
const longestMs = 1000
const startMs = 20
const msPerByte = 0.0004
const measuredAgain = 8

export function xmlTarget(codec: XmlCodec = { readXml, createXmlReader, renderXml }): Target {
  return {
    describe: 'the XML reader and writer, beside libexpat',
    inputs: 1_000_000,
    batch: 1000,
    async open({ trying }) {
      const expat = await openExpat()
      const counts = { accepted: 0, malformed: 0, restricted: 0, limit: 0 }
      return {
        counts,
        make,
        async tryOut(inputs) {
          const complaints: Complaint[] = []
          const accepted: Accepted[] = []
          for (const [at, input] of inputs.entries()) {
            trying(input)
            const { what, verdict, flat } = tryOne(codec, input)
            if (what !== undefined) complaints.push({ at, what })
            if (verdict !== undefined) counts[verdict]++
            if (flat !== undefined) accepted.push({ at, digest: digestOf(flat) })
          }
          complaints.push(...(await askExpat(expat, inputs, accepted)))
          return complaints
        },
        [Symbol.asyncDispose]: () => expat[Symbol.asyncDispose](),
      }
    },
  }
}

interface Accepted {
  at: number
  digest: string
}

/** What we refuse libexpat may well take: comments, document types, other encodings. */
async function askExpat(
  expat: Expat,
  inputs: readonly Uint8Array[],
  accepted: readonly Accepted[],
): Promise<Complaint[]> {
  const theirs = await expat.read(accepted.map(({ at }) => inputs[at] ?? new Uint8Array()))
  return accepted.flatMap(({ at, digest }, index) => {
    if (theirs[index] === digest) return []
    const what = theirs[index] === undefined ? 'libexpat refuses what was read' : 'libexpat reads something else'
    return [{ at, what }]
  })
}

function make(chance: Chance): Uint8Array {
  if (chance.oneIn(3000)) return Buffer.from(makeLarge(chance))
  const fromGrammar = chance.oneIn(2)
  const document = fromGrammar ? Buffer.from(makeDocument(chance)) : chance.pick(seedBytes)
  return fromGrammar && chance.oneIn(2) ? document : mutate(chance, document, chance.pick(seedBytes))
}

interface Verdict {
  what?: string | undefined
  verdict?: 'accepted' | XmlError['kind']
  flat?: string
}

function tryOne(codec: XmlCodec, input: Uint8Array): Verdict {
  const start = performance.now()
  const whole = outcomeOf(() => codec.readXml(input))
  const tookMs = performance.now() - start
  if (tookMs > startMs + msPerByte * input.length && isSlow(codec, input))
    return { what: `too slow: ${input.length} bytes took ${Math.round(tookMs)} ms` }
  if (whole.bug !== undefined) return { what: whole.bug }
  const what = trySlices(codec, input, whole) ?? tryLimits(codec, input, whole)
  if (whole.error !== undefined) return { what, verdict: whole.error.kind }
  return {
    what: what ?? tryForbidden(input) ?? tryWriting(codec, whole.tree, whole.flat),
    verdict: 'accepted',
    flat: whole.flat,
  }
}

/** What else the machine does only ever adds: the quickest of several counts. */
function isSlow(codec: XmlCodec, input: Uint8Array): boolean {
  let best = Number.POSITIVE_INFINITY
  for (let again = 0; again < measuredAgain; again++) {
    const start = performance.now()
    outcomeOf(() => codec.readXml(input))
    best = Math.min(best, performance.now() - start)
  }
  return best > Math.min(longestMs, startMs + msPerByte * input.length)
}

type Outcome =
  | { tree: Xml; flat: string; error?: never; bug?: never }
  | { error: XmlError; bug?: never; tree?: never; flat?: never }
  | { bug: string; error?: never; tree?: never; flat?: never }

function outcomeOf(read: () => Xml): Outcome {
  try {
    const tree = read()
    return { tree, flat: flatten(tree) }
  } catch (error) {
    return error instanceof XmlError ? { error } : { bug: `thrown while reading: ${wordsFor(error)}` }
  }
}

function wordsOf(outcome: Outcome): string {
  return outcome.flat ?? outcome.bug ?? `${outcome.error?.kind} ${outcome.error?.message}`
}

/** The places of the cuts follow from the input itself: the same input is tried in the same way again. */
function trySlices(codec: XmlCodec, input: Uint8Array, whole: Outcome): string | undefined {
  const size = 1 + ((input[input.length >> 1] ?? 0) & 31) * ((input[input.length - 1] ?? 0) & 15)
  const inSlices = outcomeOf(() => {
    const reader = codec.createXmlReader()
    const used = new Uint8Array(size)
    for (let at = 0; at < input.length; at += size) {
      const slice = input.subarray(at, at + size)
      used.set(slice)
      reader.write(used.subarray(0, slice.length))
    }
    return reader.end()
  })
  if (wordsOf(inSlices) === wordsOf(whole)) return undefined
  return `slices of ${size} bytes say something else: ${wordsOf(inSlices)}, not ${wordsOf(whole)}`
}

/** Tighter limits may refuse more, for that reason only, and never change what is read. */
function tryLimits(codec: XmlCodec, input: Uint8Array, whole: Outcome): string | undefined {
  if ((input.length & 3) !== 0) return undefined
  const narrow = outcomeOf(() => codec.readXml(input, tight))
  if (narrow.bug !== undefined) return narrow.bug
  if (narrow.tree !== undefined) {
    if (narrow.flat !== whole.flat) return 'tighter limits read something else'
    return isWithin(narrow.tree) ? undefined : 'a limit was not kept'
  }
  const isSame = narrow.error.kind === 'limit' || narrow.error.kind === whole.error?.kind
  return isSame ? undefined : `tighter limits refuse for another reason: ${wordsOf(narrow)}, not ${wordsOf(whole)}`
}

function isWithin(tree: Xml): boolean {
  let elements = 0
  function fits({ name, attributes, children }: Xml, depth: number): boolean {
    if (depth > tight.maxDepth || ++elements > tight.maxElements) return false
    if (attributes.size > tight.maxAttributes || name.length > tight.maxNameLength) return false
    for (const key of attributes.keys()) if (key.replace(/^\{.*\}/, '').length > tight.maxNameLength) return false
    return children.every((child) => (isElement(child) ? fits(child, depth + 1) : child.length <= tight.maxTextLength))
  }
  return fits(tree, 1)
}

/** RFC 6120 §11.1, where libexpat is no judge: no comment, no instruction, no document type in what was read. */
function tryForbidden(input: Uint8Array): string | undefined {
  const text = Buffer.from(input).toString('latin1')
  if (!text.includes('<!') && !text.includes('<?')) return undefined
  const plain = text.replaceAll(/<!\[CDATA\[.*?\]\]>/gs, '').replace(/^(?:\xef\xbb\xbf)?<\?xml\s.*?\?>/s, '')
  return /<[!?]/.test(plain) ? 'forbidden markup was read' : undefined
}

function tryWriting(codec: XmlCodec, tree: Xml, flat: string): string | undefined {
  try {
    const written = codec.renderXml(tree)
    if (/<[!?]/.test(written)) return 'the writer wrote markup: it holds <! or <?'
    const again = codec.readXml(written, roomy)
    if (flatten(again) !== flat) return `what was written is read as something else: ${written}`
    return codec.renderXml(again) === written ? undefined : `what was read again is written otherwise: ${written}`
  } catch (error) {
    return `what was read cannot be written and read: ${wordsFor(error)}`
  }
}
