/** When a condition over an object holds for one value, and when two values agree. "unknown" and "some" are no evidence of anything. */
import type { Condition, Json } from '@fairlead/protocol/contract'

/** So far apart two readings of a level still agree, in points; of a counter, so much of it. */
const points = 5
const share = 0.05

/** Words of a device that does not know (contract part 5). */
const unknowns = new Set<Json>(['unknown', 'some', 'other'])

export function isMetBy({ op, value: wanted }: Condition, told: Json): boolean {
  const value = plain(told)
  if (typeof value !== typeof wanted) return false
  if (unknowns.has(value) && value !== wanted) return false
  if (op === '==') return value === wanted
  if (op === '!=') return value !== wanted
  if (typeof value !== 'number' || typeof wanted !== 'number') return false
  if (op === '<=') return value <= wanted
  if (op === '<') return value < wanted
  return op === '>=' ? value >= wanted : value > wanted
}

/** It is as far on the other side that it is another cartridge: for a level that falls, risen by the hysteresis. */
export function isRenewedBy(condition: Condition, told: Json): boolean {
  const { op, value: wanted, hysteresis } = condition
  const value = plain(told)
  if (typeof value !== typeof wanted || unknowns.has(value) || isMetBy(condition, told)) return false
  if (typeof value !== 'number' || typeof wanted !== 'number') return true
  if (op.startsWith('<')) return value >= wanted + hysteresis
  if (op.startsWith('>')) return value <= wanted - hysteresis
  return Math.abs(value - wanted) >= (op === '==' ? hysteresis : 0)
}

export function agree(one: Json, other: Json): boolean {
  const [a, b] = [plain(one), plain(other)]
  if (typeof a !== 'number' || typeof b !== 'number') return a === b
  return Math.abs(a - b) <= Math.max(points, share * Math.abs(a))
}

/** A counter has its unit beside it; what it is compared with is the number. */
export function plain(value: Json): Json {
  const isCounter = typeof value === 'object' && value !== null && !Array.isArray(value) && 'unit' in value
  return isCounter ? (value['value'] ?? null) : value
}
