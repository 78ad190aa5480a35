/** One value as a MIB holds it, and how it is told: the contract's values by OID (part 5). */
import type { Json } from '@fairlead/protocol/contract'

export type Cell =
  | { type: 'integer' | 'counter' | 'gauge' | 'timeticks'; value: number }
  | { type: 'counter64'; value: bigint }
  | { type: 'octets' | 'opaque'; value: Uint8Array }
  | { type: 'oid' | 'ip'; value: string }

/** What is known of a device's MIB, by OID. */
export type Cells = ReadonlyMap<string, Cell>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Line breaks and tabs are common in descriptions and harmless; every other control character makes it no text. */
const unprintable = /[^\P{Cc}\t\r\n]/u

export const octets = (text: string): Cell => ({ type: 'octets', value: new TextEncoder().encode(text) })
export const integer = (value: number): Cell => ({ type: 'integer', value })

export function renderCell(cell: Cell): Json {
  switch (cell.type) {
    case 'octets':
      return printableText(cell.value) ?? { hex: Buffer.from(cell.value).toString('hex') }
    case 'opaque':
      return { hex: Buffer.from(cell.value).toString('hex') }
    case 'counter64':
      return cell.value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(cell.value) : cell.value.toString()
    default:
      return cell.value
  }
}

function printableText(bytes: Uint8Array): string | undefined {
  const told = bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes
  try {
    const text = utf8.decode(told)
    return unprintable.test(text) ? undefined : text
  } catch {
    return undefined // Not UTF-8, which is what was asked.
  }
}

const ranges = {
  integer: [-(2 ** 31), 2 ** 31 - 1],
  counter: [0, 2 ** 32 - 1],
  gauge: [0, 2 ** 32 - 1],
  timeticks: [0, 2 ** 32 - 1],
} as const

/** The JSON `value` as a cell of the type that `like` has; undefined if it does not fit that type. */
export function readCell(value: Json, like: Cell): Cell | undefined {
  switch (like.type) {
    case 'octets':
    case 'opaque': {
      const bytes = readOctets(value)
      return bytes && { type: like.type, value: bytes }
    }
    case 'counter64':
      return readCounter64(value)
    case 'oid':
      return typeof value === 'string' && isOid(value) ? { type: 'oid', value } : undefined
    case 'ip':
      return typeof value === 'string' && isIpv4(value) ? { type: 'ip', value } : undefined
    default: {
      const [least, most] = ranges[like.type]
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      return fits ? { type: like.type, value } : undefined
    }
  }
}

function readOctets(value: Json): Uint8Array | undefined {
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const { hex, ...rest } = value
  if (typeof hex !== 'string' || Object.keys(rest).length > 0 || !/^([0-9a-f]{2})*$/i.test(hex)) return undefined
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function readCounter64(value: Json): Cell | undefined {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : !/^\d{1,20}$/.test(String(value))) return undefined
  const number = BigInt(value as number | string)
  return number >= 0n && number < 2n ** 64n ? { type: 'counter64', value: number } : undefined
}

/** Dotted, no leading dot, at most 128 sub-identifiers of 32 bits (RFC 2578 §3.5). */
export function isOid(text: string): boolean {
  if (!/^[0-2](\.(0|[1-9]\d{0,9})){1,127}$/.test(text)) return false
  const [first, second, ...rest] = text.split('.').map(Number)
  return (first === 2 || (second ?? 0) < 40) && [second ?? 0, ...rest].every((part) => part < 2 ** 32)
}

function isIpv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255)
}
