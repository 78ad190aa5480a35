/** What only one maker's devices tell, and where: data, so that a new model is a new line. */
import type { Cells } from './cell.ts'
import { system } from './printer-mib.ts'
import { textOf } from './text.ts'

/** Where to read, and the part of the text that is meant (the first group). */
interface Source {
  oid: string
  part?: RegExp
}

interface Quirk {
  /** How sysObjectID begins. */
  enterprise: string
  model?: Source
  serial?: Source
  firmware?: Source
}

/** PML answers of HP and of those that speak like HP begin with two octets that are no text. */
const afterPml = /([\x20-\x7e]{4,})$/

const quirks: readonly Quirk[] = [
  {
    enterprise: '1.3.6.1.4.1.2435', // Brother
    serial: { oid: '1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.1.0' },
    firmware: { oid: '1.3.6.1.4.1.2435.2.4.3.1240.6.5.0', part: /Ver\.?\s*(.+)$/ },
  },
  {
    enterprise: '1.3.6.1.4.1.11', // HP
    serial: { oid: system.descr, part: /,SN:([^,]+)/ },
    firmware: { oid: '1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.6.0', part: afterPml },
  },
  { enterprise: '1.3.6.1.4.1.18334', firmware: { oid: '1.3.6.1.4.1.18334.1.1.1.1.6.1.0' } }, // Konica Minolta
  {
    enterprise: '1.3.6.1.4.1.367', // Ricoh, and Lanier, Savin, Nashuatec, Gestetner by Ricoh
    model: { oid: '1.3.6.1.4.1.367.3.2.1.1.1.1.0' },
    serial: { oid: '1.3.6.1.4.1.367.3.2.1.2.1.4.0' },
    firmware: { oid: '1.3.6.1.4.1.367.3.2.1.1.1.2.0' },
  },
  { enterprise: '1.3.6.1.4.1.2385', firmware: { oid: '1.3.6.1.4.1.2385.2.1.1.2.1.2.1' } }, // Sharp
  {
    enterprise: '1.3.6.1.4.1.2001', // OKI: sysDescr names the network card, and then what it is attached to
    model: { oid: system.descr, part: /Attached to (.+?) Rev\./ },
    firmware: { oid: system.descr, part: /Attached to .+? Rev\.(\S+)/ },
  },
  {
    enterprise: '1.3.6.1.4.1.683', // Zebra's print server, made by Extended Systems
    model: { oid: '1.3.6.1.4.1.10642.1.1.0' },
    serial: { oid: '1.3.6.1.4.1.683.1.5.0' },
    firmware: { oid: '1.3.6.1.4.1.10642.1.2.0' },
  },
  {
    enterprise: '1.3.6.1.4.1.10642', // Zebra
    model: { oid: '1.3.6.1.4.1.10642.1.1.0' },
    serial: { oid: '1.3.6.1.4.1.10642.1.9.0' },
    firmware: { oid: '1.3.6.1.4.1.10642.1.2.0' },
  },
  {
    enterprise: '1.3.6.1.4.1.1347', // Kyocera
    model: { oid: '1.3.6.1.4.1.1347.43.5.1.1.1.1' },
    serial: { oid: '1.3.6.1.4.1.1347.43.5.1.1.28.1' },
    firmware: { oid: '1.3.6.1.4.1.1347.43.5.4.1.5.1.1' },
  },
  {
    enterprise: '1.3.6.1.4.1.641', // Lexmark
    serial: { oid: '1.3.6.1.4.1.641.2.1.2.1.6.1' },
    firmware: { oid: '1.3.6.1.4.1.641.2.1.2.1.4.1' },
  },
  {
    enterprise: '1.3.6.1.4.1.253', // Xerox: the model, and then the release of each part; SS is the system software
    model: { oid: system.descr, part: /^(Xerox [^;]+)/ },
    firmware: { oid: system.descr, part: /; ?(?:SS|System) (\d[\d.]+)/ },
  },
  {
    enterprise: '1.3.6.1.4.1.236', // Samsung
    model: { oid: '1.3.6.1.4.1.236.11.5.1.1.1.1.0' },
    serial: { oid: '1.3.6.1.4.1.236.11.5.1.1.1.4.0' },
    firmware: { oid: '1.3.6.1.4.1.236.11.5.1.1.1.2.0' },
  },
]

/** @param objectId sysObjectID, as far as the device has one */
export function quirkOf(objectId: string | undefined): Quirk | undefined {
  return quirks.find(({ enterprise }) => objectId === enterprise || objectId?.startsWith(`${enterprise}.`))
}

/** The OIDs that this maker's devices are asked for besides the standard ones. */
export function quirkOids(objectId: string | undefined): string[] {
  const { model, serial, firmware } = quirkOf(objectId) ?? {}
  return [model, serial, firmware].flatMap((source) => (source ? [source.oid] : []))
}

export function readSource(cells: Cells, source: Source | undefined): string | undefined {
  const text = source && textOf(cells.get(source.oid))
  if (!text || !source.part) return text
  return source.part.exec(text)?.[1]?.trim() || undefined
}
