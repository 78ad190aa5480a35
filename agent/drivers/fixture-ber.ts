/** SNMP packets in BER for the tests' own agent (RFC 3417 §8, RFC 3416 §3); lengths and tags as the tests want them. */
import type { Cell } from './cell.ts'

export interface FixtureRequest {
  version: number
  community: string
  /** 0xa0 GET, 0xa1 GETNEXT, 0xa3 SET, 0xa5 GETBULK. */
  pdu: number
  requestId: number
  /** max-repetitions of GETBULK. */
  repetitions: number
  varbinds: { oid: string; cell: Cell | undefined }[]
}

export interface FixtureResponse {
  status?: number
  /** Of the varbind that failed, from 1. */
  statusIndex?: number
  varbinds: { oid: string; value: Cell | 'noSuchObject' | 'noSuchInstance' | 'endOfMibView' }[]
}

export function readRequest(packet: Uint8Array): FixtureRequest {
  const [message] = readAll(packet)
  const [version, community, pdu] = readAll(inside(message))
  const [requestId, , repetitions, list] = readAll(inside(pdu))
  const varbinds = readAll(inside(list)).map((varbind) => {
    const [name, value] = readAll(inside(varbind))
    return { oid: readOid(inside(name)), cell: value && cellOf(value) }
  })
  return {
    version: readInteger(inside(version)),
    community: Buffer.from(inside(community)).toString(),
    pdu: pdu?.tag ?? 0,
    requestId: readInteger(inside(requestId)),
    repetitions: readInteger(inside(repetitions)),
    varbinds,
  }
}

export function writeResponse(request: FixtureRequest, response: FixtureResponse): Buffer {
  const list = response.varbinds.map(({ oid, value }) => tlv(0x30, tlv(6, writeOid(oid)), writeValue(value)))
  const pdu = tlv(
    0xa2,
    writeInteger(2, BigInt(request.requestId)),
    writeInteger(2, BigInt(response.status ?? 0)),
    writeInteger(2, BigInt(response.statusIndex ?? 0)),
    tlv(0x30, ...list),
  )
  return tlv(0x30, writeInteger(2, BigInt(request.version)), tlv(4, Buffer.from(request.community)), pdu)
}

interface Tlv {
  tag: number
  value: Uint8Array
}

const inside = (tlvRead: Tlv | undefined): Uint8Array => tlvRead?.value ?? new Uint8Array()

function readAll(bytes: Uint8Array): Tlv[] {
  const all: Tlv[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0
    let length = bytes[at + 1] ?? 0
    let start = at + 2
    if (length >= 0x80) {
      const count = length & 0x7f
      length = readInteger(bytes.subarray(start, start + count), false)
      start += count
    }
    all.push({ tag, value: bytes.subarray(start, start + length) })
    at = start + length
  }
  return all
}

export function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const length = value.length < 0x80 ? Buffer.of(value.length) : Buffer.of(0x82, value.length >> 8, value.length & 0xff)
  return Buffer.concat([Buffer.of(tag), length, value])
}

function readInteger(bytes: Uint8Array, signed = true): number {
  if (bytes.length === 0) return 0
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  return Number(signed ? BigInt.asIntN(bytes.length * 8, value) : value)
}

function writeInteger(tag: number, value: bigint): Buffer {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size++
  return tlv(
    tag,
    Buffer.from(
      BigInt.asUintN(size * 8, value)
        .toString(16)
        .padStart(size * 2, '0'),
      'hex',
    ),
  )
}

function readOid(bytes: Uint8Array): string {
  const parts: number[] = []
  let part = 0
  for (const octet of bytes) {
    part = part * 128 + (octet & 0x7f)
    if (octet < 0x80) {
      parts.push(part)
      part = 0
    }
  }
  const [first = 0, ...rest] = parts
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...rest].join('.')
}

function writeOid(oid: string): Buffer {
  const [root = 0, second = 0, ...rest] = oid.split('.').map(Number)
  return Buffer.from([root * 40 + second, ...rest].flatMap(base128))
}

function base128(part: number): number[] {
  const low = [part % 128]
  for (let high = Math.floor(part / 128); high > 0; high = Math.floor(high / 128)) low.unshift((high % 128) | 0x80)
  return low
}

const tags = {
  integer: 2,
  octets: 4,
  oid: 6,
  ip: 0x40,
  counter: 0x41,
  gauge: 0x42,
  timeticks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
}

function writeValue(value: FixtureResponse['varbinds'][number]['value']): Buffer {
  if (value === 'noSuchObject') return tlv(0x80)
  if (value === 'noSuchInstance') return tlv(0x81)
  if (value === 'endOfMibView') return tlv(0x82)
  if (value.value instanceof Uint8Array) return tlv(tags[value.type], value.value)
  if (value.type === 'oid') return tlv(6, writeOid(value.value))
  if (value.type === 'ip') return tlv(0x40, Buffer.from(value.value.split('.').map(Number)))
  return writeInteger(tags[value.type], BigInt(value.value as number | bigint))
}

function cellOf({ tag, value }: Tlv): Cell | undefined {
  const [type] = Object.entries(tags).find(([, each]) => each === tag) ?? []
  if (type === 'integer') return { type, value: readInteger(value) }
  if (type === 'counter' || type === 'gauge' || type === 'timeticks') return { type, value: readInteger(value, false) }
  if (type === 'octets' || type === 'opaque') return { type, value: Uint8Array.from(value) }
  if (type === 'oid') return { type, value: readOid(value) }
  if (type === 'ip') return { type, value: value.join('.') }
  if (type === 'counter64') return { type, value: BigInt(`0x0${Buffer.from(value).toString('hex')}`) }
  return undefined
}
