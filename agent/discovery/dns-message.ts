/** DNS messages as multicast DNS has them: questions are written, responses read, however broken or hostile they are. */

/**
 * Labels, not one text: the name of a printer is one label and may have dots in it (RFC 6763 §4.3).
 *
 * Sources: RFC 1035 §3.1 and §4.1, RFC 2782 (SRV), RFC 3596 (AAAA), RFC 6762 §18.
 */
export type Name = readonly string[]

export type RecordType = keyof typeof typeNumbers

export interface Question {
  name: Name
  type: RecordType
}

export type DnsRecord =
  | { type: 'PTR'; name: Name; target: Name }
  | { type: 'SRV'; name: Name; target: Name; port: number }
  | { type: 'TXT'; name: Name; texts: Uint8Array[] }
  | { type: 'A' | 'AAAA'; name: Name; address: string }

const typeNumbers = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const
const internet = 1

/** No message of multicast DNS is longer (RFC 6762 §17). */
const longestMessage = 9000
/** What fits into one packet of an Ethernet, the headers of IPv6 and UDP beside it. */
const longestQuery = 1400
const headerOctets = 12
const longestName = 255
/** Names of one message point at each other no further than a name has labels. */
const mostJumps = 127
/** As many as fit, each with the shortest name and the shortest data. */
const mostRecords = longestMessage / 12

/** Messages of a size for one packet each, with the questions in their order. */
export function writeQueries(questions: readonly Question[]): Uint8Array[] {
  const messages: Uint8Array[] = []
  let written: Buffer[] = []
  let octets = headerOctets
  const finish = () => {
    if (written.length === 0) return
    const header = Buffer.alloc(headerOctets)
    header.writeUInt16BE(written.length, 4)
    messages.push(Buffer.concat([header, ...written]))
    written = []
    octets = headerOctets
  }
  for (const question of questions) {
    const one = writeQuestion(question)
    if (octets + one.length > longestQuery) finish()
    written.push(one)
    octets += one.length
  }
  finish()
  return messages
}

function writeQuestion({ name, type }: Question): Buffer {
  const labels = name.map((label) => Buffer.from(label))
  const ends = Buffer.alloc(5)
  ends.writeUInt16BE(typeNumbers[type], 1)
  ends.writeUInt16BE(internet, 3)
  return Buffer.concat([...labels.flatMap((label) => [Buffer.of(label.length), label]), ends])
}

/**
 * The records that mean something here, up to where the message cannot be read any more: what is whole before that is
 * told. None of a query, of an error, and none that is taken back (a time to live of 0, RFC 6762 §10.1).
 */
export function readResponse(message: Uint8Array): DnsRecord[] {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  if (bytes.length < headerOctets || bytes.length > longestMessage) return []
  const flags = bytes.readUInt16BE(2)
  const [isResponse, opcode, status] = [flags >> 15 === 1, (flags >> 11) & 15, flags & 15]
  if (!isResponse || opcode !== 0 || status !== 0) return []
  const questions = bytes.readUInt16BE(4)
  const announced = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10)

  let at: number | undefined = headerOctets
  // Whoever was asked from another port than 5353 repeats the question (RFC 6762 §6.7).
  for (let i = 0; i < questions && at !== undefined; i++) at = afterQuestion(bytes, at)
  const records: DnsRecord[] = []
  for (let i = 0; i < Math.min(announced, mostRecords) && at !== undefined; i++) {
    const read = readRecord(bytes, at)
    if (read?.record) records.push(read.record)
    at = read?.after
  }
  return records
}

function afterQuestion(bytes: Buffer, at: number): number | undefined {
  const name = readName(bytes, at)
  return name && name.after + 4 <= bytes.length ? name.after + 4 : undefined
}

interface Read {
  record: DnsRecord | undefined
  after: number
}

/** @returns undefined when there is no whole record here; without a record when it is none of ours */
function readRecord(bytes: Buffer, at: number): Read | undefined {
  const name = readName(bytes, at)
  const fixedOctets = 10
  if (!name || name.after + fixedOctets > bytes.length) return undefined
  const type = bytes.readUInt16BE(name.after)
  // The first bit says that older answers are to be forgotten (RFC 6762 §10.2).
  const ofClass = bytes.readUInt16BE(name.after + 2) & 0x7fff
  const ttlSeconds = bytes.readUInt32BE(name.after + 4)
  const start = name.after + fixedOctets
  const after = start + bytes.readUInt16BE(name.after + 8)
  if (after > bytes.length) return undefined
  const isTold = ofClass === internet && ttlSeconds > 0
  return { record: isTold ? readData(bytes, type, name.labels, start, after) : undefined, after }
}

function readData(bytes: Buffer, type: number, name: Name, start: number, end: number): DnsRecord | undefined {
  const data = bytes.subarray(start, end)
  if (type === typeNumbers.A && data.length === 4) return { type: 'A', name, address: data.join('.') }
  if (type === typeNumbers.AAAA && data.length === 16) return { type: 'AAAA', name, address: ipv6Of(data) }
  if (type === typeNumbers.TXT) return { type: 'TXT', name, texts: textsOf(data) }
  if (type === typeNumbers.PTR) {
    const target = nameWithin(bytes, start, end)
    return target && { type: 'PTR', name, target }
  }
  // Priority and weight stand before the port: a printer has one record, there is nothing to choose.
  if (type === typeNumbers.SRV && data.length > 6) {
    const target = nameWithin(bytes, start + 6, end)
    return target && { type: 'SRV', name, target, port: data.readUInt16BE(4) }
  }
  return undefined
}

function nameWithin(bytes: Buffer, at: number, end: number): Name | undefined {
  const name = readName(bytes, at)
  return name?.after === end ? name.labels : undefined
}

/** Ends after its own bytes; the labels may stand further ahead in the message, each pointer leading back (RFC 1035 §4.1.4). */
function readName(bytes: Buffer, start: number): { labels: Name; after: number } | undefined {
  const labels: string[] = []
  let at = start
  let after: number | undefined
  let octets = 1
  for (let jumps = 0; jumps <= mostJumps; ) {
    const length = bytes[at]
    if (length === undefined) return undefined
    if (length === 0) return { labels, after: after ?? at + 1 }
    if (length >= 0xc0) {
      const low = bytes[at + 1]
      if (low === undefined) return undefined
      after ??= at + 2
      const to = ((length & 0x3f) << 8) | low
      if (to >= at) return undefined
      at = to
      jumps++
    } else {
      octets += length + 1
      if (length > 63 || octets > longestName || at + 1 + length > bytes.length) return undefined
      labels.push(bytes.toString('utf8', at + 1, at + 1 + length))
      at += length + 1
    }
  }
  return undefined
}

/** RFC 6763 §6.1; what is cut off is no text. */
function textsOf(data: Buffer): Uint8Array[] {
  const texts: Uint8Array[] = []
  for (let at = 0; at < data.length; ) {
    const end = at + 1 + (data[at] ?? 0)
    if (end > data.length) break
    texts.push(data.subarray(at + 1, end))
    at = end
  }
  return texts
}

function ipv6Of(data: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => data.readUInt16BE(i * 2).toString(16))
  // The URL parser writes addresses as RFC 5952 wants them.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
