/** What a device holds, as the texts that print clients read (PWG 5100.13 §5.6.43). */
import type { Json } from '@fairlead/protocol/contract'
import { type IppValue, ipp } from '@fairlead/protocol/ipp'
import { shortened } from './job-attributes.ts'

export interface Supplies {
  supply: readonly IppValue[]
  description: readonly IppValue[]
}

/** RFC 3805 PrtMarkerSuppliesSupplyUnitTC has these numbers for what is not known, and for "some". */
const [unknown, some] = [-2, -3]

/** @param told the object `supplies` @returns undefined: it is not known what it holds */
export function suppliesOf(told: Json | undefined): Supplies | undefined {
  if (!Array.isArray(told) || told.length === 0) return undefined
  const supplies = told.slice(0, 64).map((each) => Object(each) as Record<string, Json | undefined>)
  return {
    supply: ipp.octetString(...supplies.map((supply) => Buffer.from(textOf(supply)))),
    description: ipp.text(...supplies.map(({ description }) => shortened(String(description ?? ''), 255))),
  }
}

function textOf({ index, type, color, level, percent }: Record<string, Json | undefined>): string {
  const word = String(type ?? 'other').replace(/[^a-z-]/g, '')
  // RFC 3805 writes `wasteToner`.
  const camel = word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const isWaste = camel.startsWith('waste')
  const known = typeof percent === 'number' ? Math.round(percent) : level === 'some' ? some : unknown
  const parts = {
    index: Number.isInteger(index) ? index : undefined,
    class: isWaste ? 'receptacleThatIsFilled' : 'supplyThatIsConsumed',
    type: camel,
    unit: 'percent',
    maxcapacity: 100,
    level: known,
    colorantname: typeof color === 'string' ? color.replace(/[^A-Za-z -]/g, '') : undefined,
  }
  return Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value};`)
    .join('')
}
