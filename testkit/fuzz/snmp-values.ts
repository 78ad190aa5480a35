/** Whether what a driver tells can have come from what was sent to it: nothing is made up. */
import type { Json, ObjectAnswer } from '@fairlead/protocol/contract'
import { isOid } from '../../agent/drivers/cell.ts'

/** @param asked undefined where the objects were not named one by one @returns what is wrong with the answer */
export function wrongIn(
  asked: readonly string[] | undefined,
  { values, errors }: ObjectAnswer,
  sent: readonly Uint8Array[],
): string | undefined {
  if (asked !== undefined) {
    const answered = [...Object.keys(values), ...Object.keys(errors)].sort().join(' ')
    if (answered !== asked.toSorted().join(' '))
      return `not each object has one answer: ${answered}, of ${asked.join(' ')}`
  }
  for (const [object, value] of Object.entries(values)) {
    if (!isTellable(value)) return `a value is no JSON: ${object}`
    if (isOid(object) && !sent.some((packet) => isIn(Buffer.from(packet), value)))
      return `a value is made up: ${object} is ${JSON.stringify(value)}`
  }
  return undefined
}

function isTellable(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return value === null || typeof value === 'boolean'
  return Object.values(value).every(isTellable)
}

function isIn(packet: Buffer, value: Json): boolean {
  return formsOf(value).some((form) => packet.includes(form))
}

/** How a value may stand in a packet; the last is text. */
function formsOf(value: Json): Buffer<ArrayBuffer>[] {
  // A counter that lacks its leading zero is a negative number in BER, and read by everybody as if it had 32 bits.
  if (typeof value === 'number')
    return [signed(BigInt(value)), unsigned(BigInt(value)), signed(BigInt.asIntN(32, BigInt(value)))]
  if (typeof value === 'string') {
    const forms = [Buffer.from(value)]
    if (/^\d{1,20}$/.test(value)) forms.push(unsigned(BigInt(value)))
    if (/^\d+(\.\d+)+$/.test(value))
      forms.push(dotted(value), Buffer.from(value.split('.').map((part) => Number(part) & 255)))
    return forms
  }
  const hex = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['hex'] : undefined
  return typeof hex === 'string' ? [Buffer.from(hex, 'hex')] : []
}

/** Negative numbers have no other form. */
function unsigned(value: bigint): Buffer<ArrayBuffer> {
  if (value < 0n) return signed(value)
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function signed(value: bigint): Buffer<ArrayBuffer> {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size++
  return unsigned(BigInt.asUintN(size * 8, value))
}

/** Without its first two parts, which share an octet. */
function dotted(oid: string): Buffer<ArrayBuffer> {
  const [, , ...rest] = oid.split('.').map(Number)
  return Buffer.from(rest.flatMap(base128))
}

function base128(part: number): number[] {
  const low = [part % 128]
  for (let high = Math.floor(part / 128); high > 0; high = Math.floor(high / 128)) low.unshift((high % 128) | 0x80)
  return low
}
