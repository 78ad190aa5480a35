/** What is known of a device's supplies, from the list that it tells or from the single ones. */
import type { Device, Json } from '@fairlead/protocol/contract'

export interface Supply {
  name: string
  color: string | undefined
  /** undefined: it does not say how much; `unsaid` says what it says instead. */
  percent: number | undefined
  unsaid: 'some' | 'unknown' | 'other'
  isEmpty: boolean
  at: string
}

type Objects = Device['objects']

/** At and below it a bar is marked as low. */
export const lowPercent = 10

export function suppliesOf(objects: Objects): Supply[] {
  const listed = objects['supplies']
  if (Array.isArray(listed?.value)) return listed.value.filter(isRecord).map((supply) => fromList(supply, listed.at))
  return Object.entries(objects).flatMap(([name, { value, at }]) => {
    const color = /^(?:toner|ink)\.(\w+)$/.exec(name)?.[1]
    if (color === undefined) return []
    return [{ name, color, percent: percentOf(value), unsaid: unsaidOf(value), isEmpty: value === 0, at }]
  })
}

/** Of those that say how much. */
export function lowestOf(supplies: readonly Supply[]): Supply | undefined {
  return supplies
    .filter(({ percent }) => percent !== undefined)
    .reduce<Supply | undefined>(
      (lowest, supply) => (lowest && (lowest.percent ?? 0) <= (supply.percent ?? 0) ? lowest : supply),
      undefined,
    )
}

function fromList(supply: Record<string, Json>, at: string): Supply {
  const { description, type, color, percent, level } = supply
  return {
    name: [description, type].find((text) => typeof text === 'string' && text !== '')?.toString() ?? '',
    color: typeof color === 'string' ? color : undefined,
    percent: percentOf(percent),
    unsaid: unsaidOf(level),
    isEmpty: level === 0,
    at,
  }
}

function percentOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= 100 ? Math.round(value) : undefined
}

function unsaidOf(value: Json | undefined): Supply['unsaid'] {
  return value === 'some' || value === 'other' ? value : 'unknown'
}

function isRecord(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
