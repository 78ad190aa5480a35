/** libexpat as a second opinion: a process that reads documents and answers a digest of what is in each. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { isElement, type Xml } from '@fairlead/protocol/xmpp'

export interface Expat extends AsyncDisposable {
  /** Of each document the digest of its content, or undefined where libexpat refuses it. */
  read(documents: readonly Uint8Array[]): Promise<(string | undefined)[]>
}

const digestBytes = 16
/** In place of a length: now answer all. */
const flushMark = 0xffffffff

/** Documents come after their length; a digest goes back for each, zeros for one that is refused. */
const program = `
import struct, sys
from hashlib import md5
from xml.parsers import expat
def read(document):
    flat = []
    parser = expat.ParserCreate(namespace_separator=' ')
    parser.ordered_attributes = True
    def start(name, attributes):
        flat.append('\\x01' + name)
        pairs = [attributes[at] + '\\x03' + attributes[at + 1] for at in range(0, len(attributes), 2)]
        flat.extend('\\x02' + pair for pair in sorted(pairs))
        flat.append('\\x04')
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: flat.append('\\x05')
    parser.CharacterDataHandler = flat.append
    try:
        parser.Parse(document, True)
    except (expat.ExpatError, LookupError, ValueError):
        return bytes(16)
    return md5(''.join(flat).encode()).digest()
source, sink = sys.stdin.buffer, sys.stdout.buffer
while header := source.read(4):
    length = struct.unpack('<I', header)[0]
    if length == ${flushMark}: sink.flush()
    else: sink.write(read(source.read(length)))
`

/** @throws {Error} when there is no python3 here, or none with libexpat */
export async function openExpat(): Promise<Expat> {
  const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  const answers = createAnswers(child)
  return {
    async read(documents) {
      const flush = Buffer.alloc(4)
      flush.writeUInt32LE(flushMark)
      const answered = answers.next(documents.length)
      child.stdin.write(Buffer.concat([...documents.flatMap(framed), flush]))
      return await answered
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}

function framed(document: Uint8Array): Uint8Array[] {
  const header = Buffer.alloc(4)
  header.writeUInt32LE(document.length)
  return [header, document]
}

/** Answers in the order of the questions. */
function createAnswers(child: ChildProcessByStdio<Writable, Readable, null>) {
  const waiting: { bytes: number; resolve(digests: Buffer): void; reject(error: Error): void }[] = []
  let gathered: Buffer[] = []
  let length = 0
  child.stdout.on('data', (chunk: Buffer) => {
    gathered.push(chunk)
    length += chunk.length
    for (let next = waiting[0]; next && length >= next.bytes; next = waiting[0]) {
      const all = Buffer.concat(gathered)
      waiting.shift()
      gathered = [all.subarray(next.bytes)]
      length -= next.bytes
      next.resolve(all.subarray(0, next.bytes))
    }
  })
  const giveUp = () => {
    for (const { reject } of waiting.splice(0)) reject(new Error('python3 with xml.parsers.expat ended early.'))
  }
  child.once('exit', giveUp)
  child.stdin.on('error', giveUp)
  return {
    async next(documents: number): Promise<(string | undefined)[]> {
      if (documents === 0) return []
      const digests = await new Promise<Buffer>((resolve, reject) =>
        waiting.push({ bytes: documents * digestBytes, resolve, reject }),
      )
      return Array.from({ length: documents }, (_, at) =>
        digestIn(digests.subarray(at * digestBytes, (at + 1) * digestBytes)),
      )
    },
  }
}

function digestIn(bytes: Buffer): string | undefined {
  return bytes.every((byte) => byte === 0) ? undefined : bytes.toString('hex')
}

/** What is in an element, as one text: equal for equal trees, and for libexpat's events over the same document. */
export function flatten(element: Xml): string {
  const { name, ns, attributes, children } = element
  let flat = `\x01${ns === '' ? name : `${ns} ${name}`}`
  if (attributes.size > 0) flat += flattenAttributes(attributes)
  flat += '\x04'
  for (const child of children) flat += isElement(child) ? flatten(child) : child
  return `${flat}\x05`
}

function flattenAttributes(attributes: ReadonlyMap<string, string>): string {
  const pairs: string[] = []
  for (const [key, value] of attributes)
    pairs.push(`${key.startsWith('{') ? key.slice(1).replace('}', ' ') : key}\x03${value}`)
  if (pairs.length > 1) pairs.sort(byCodePoint)
  return `\x02${pairs.join('\x02')}`
}

/** As Python sorts; JavaScript's own order, by UTF-16, is another beyond the basic plane. */
function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

export function digestOf(flat: string): string {
  return hash('md5', flat, 'hex')
}
