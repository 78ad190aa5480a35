/** What a printer is that tells of itself over IPP and over SNMP: the one place that decides where the two contradict each other. */
import { isDeepStrictEqual } from 'node:util'
import type { Json } from '@fairlead/protocol/contract'
import { type Alert, alertWords } from './printer-words.ts'
import { type Supply, suppliesByName } from './supplies.ts'

export type Told = Readonly<Record<string, Json>>
/** Undefined: it was silent. */
export interface BothTold {
  ipp: Told | undefined
  snmp: Told | undefined
}

export interface Judge {
  /** What holds. What is absent is not there, or cannot be said while one of the two is silent. */
  decide(told: BothTold): Record<string, Json>
}

/**
 * It remembers for what the word of one alone differs from that of the two together. While the other is silent that is not
 * told: a counter of sheets that becomes one of impressions for an hour is a lie, and cartridges are ordered because of it.
 */
export function createJudge(): Judge {
  const unlikeOfIpp = new Set<string>()
  const unlikeOfSnmp = new Set<string>()

  return {
    decide({ ipp, snmp }) {
      const objects = together(ipp ?? {}, snmp ?? {})
      for (const name of lone(ipp ?? {}, snmp ?? {}, objects, unlikeOfIpp)) delete objects[name]
      for (const name of lone(snmp ?? {}, ipp ?? {}, objects, unlikeOfSnmp)) delete objects[name]
      return objects
    },
  }
}

/** Which of its own words are not to be told for want of the other's. @param unlike is brought up to date where both have spoken */
function lone(own: Told, other: Told, objects: Told, unlike: Set<string>): string[] {
  return Object.keys(own).filter((name) => {
    if (isOfNow(name)) return false
    if (!Object.hasOwn(other, tableOf(name))) return unlike.has(name)
    if (isDeepStrictEqual(own[name], objects[name])) unlike.delete(name)
    else unlike.add(name)
    return false
  })
}

/** How it is at this moment: what one says of that holds, whatever the other said before. */
const isOfNow = (name: string) => name === 'status' || name === 'alerts'

/** `toner.black` comes from the supplies. */
const tableOf = (name: string) => (name.includes('.') ? 'supplies' : name)

/**
 * SNMP's word stands but for what is said here. Its rows carry the index that OIDs have; its counter is the life count, which
 * printer-impressions-completed begins anew at some; and its names are those that a SET changes.
 */
function together(ipp: Told, snmp: Told): Record<string, Json> {
  const { supplies, trays, ...others } = { ...withoutNamed(ipp), ...withoutNamed(snmp) }
  const filled = suppliesTogether(rowsOf(ipp['supplies']), rowsOf(snmp['supplies']))
  const status = statusTogether(ipp['status'], snmp['status'])
  return {
    ...others,
    // hrDeviceDescr and sysDescr are often the network card's or a line of versions; this one is made for people.
    ...(ipp['model'] !== undefined && { model: ipp['model'] }),
    ...(status !== undefined && { status }),
    ...(others['alerts'] !== undefined && { alerts: alertsTogether(ipp['alerts'], snmp['alerts']) }),
    ...(supplies !== undefined && { supplies: filled, ...suppliesByName(filled as Supply[]) }),
    ...(trays !== undefined && { trays: traysTogether(rowsOf(ipp['trays']), rowsOf(snmp['trays'])) }),
  }
}

const withoutNamed = (told: Told): Record<string, Json> =>
  Object.fromEntries(Object.entries(told).filter(([name]) => tableOf(name) === name))

/** IPP says why a printer has stopped and in which words; of one that does nothing, SNMP alone may say that it sleeps or warms up. */
function statusTogether(ipp: Json | undefined, snmp: Json | undefined): Json | undefined {
  if (ipp === undefined || ipp === 'unknown') return snmp ?? ipp
  return ipp === 'idle' && (snmp === 'sleeping' || snmp === 'warmup') ? snmp : ipp
}

/** Those of both: printers that hide an alert are many (a bit of 0 with an empty tray), those that make one up are few. */
function alertsTogether(...told: (Json | undefined)[]): Alert[] {
  const alerts = new Set(told.flatMap((each) => (Array.isArray(each) ? each : [])))
  return alertWords.filter((word) => alerts.has(word))
}

type Row = Readonly<Record<string, Json>>

function rowsOf(list: Json | undefined): Row[] {
  return Array.isArray(list) ? (list.filter((row) => row !== null && typeof row === 'object') as Row[]) : []
}

/** SNMP's rows; where one has no share ("some", "unknown"), that of IPP's one supply of that kind and colour. */
function suppliesTogether(ipp: readonly Row[], snmp: readonly Row[]): Row[] {
  if (snmp.length === 0) return [...ipp]
  const isOnly = (rows: readonly Row[], row: Row) => rows.filter((each) => isSameSupply(each, row)).length === 1
  return snmp.map((row) => {
    const same = ipp.find((each) => isSameSupply(each, row))
    if (row['percent'] !== null || typeof same?.['percent'] !== 'number') return row
    if (!isOnly(ipp, row) || !isOnly(snmp, row)) return row
    const { level, capacity, unit, percent } = same
    return { ...row, level: level ?? null, capacity: capacity ?? null, unit: unit ?? null, percent }
  })
}

/** A cartridge of toner is toner at one, and `toner` at the other. What has no colour is no supply that could be told apart. */
const isSameSupply = (one: Row, other: Row) =>
  one['color'] !== null && one['color'] === other['color'] && kindOf(one) === kindOf(other)
const kindOf = ({ type }: Row) => (typeof type === 'string' ? type.replace(/-cartridge$/, '') : type)

/** SNMP's rows, with what lies in them as IPP names it: its words are those that a ticket asks for, SNMP's are the maker's. */
function traysTogether(ipp: readonly Row[], snmp: readonly Row[]): Row[] {
  if (snmp.length === 0) return [...ipp]
  return snmp.map((row) => {
    // What is loaded, without a tray's name, is numbered by its place in a list.
    const same = ipp.find((each) => each['name'] !== null && each['index'] === row['index'])
    return typeof same?.['media'] === 'string' ? { ...row, media: same['media'] } : row
  })
}
