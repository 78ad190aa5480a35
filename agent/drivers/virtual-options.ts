/** What a virtual device is to be: its kind and its first values, `OBJECT=VALUE&…`, checked and laid into it. */
import { isIPv4 } from 'node:net'
import { UsageError } from '@fairlead/base'
import { isOid } from './cell.ts'
import type { Status } from './condition.ts'
import { type Alert, alertWords } from './printer-words.ts'
import { kinds } from './virtual-machines.ts'
import { standardOids } from './virtual-mib.ts'
import { type Kind, slotOf, type VirtualPrinter } from './virtual-printer.ts'

const statuses: readonly Status[] = ['idle', 'printing', 'warmup', 'stopped', 'sleeping', 'unknown']

/** Texts and the octets each may have. */
const texts = { model: 64, serial: 64, firmware: 64, name: 255, location: 255, contact: 255 } as const

type Lay = (printer: VirtualPrinter, value: string) => void

const options: Readonly<Record<string, Lay>> = {
  mac(printer, value) {
    if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value)) fail('mac is of the form aa:bb:cc:dd:ee:ff')
    printer.mac = value.toLowerCase()
  },
  ip(printer, value) {
    if (!isIPv4(value)) fail('ip is a dotted IPv4 address')
    printer.ip = value
  },
  status(printer, value) {
    printer.restingStatus = statuses.find((each) => each === value) ?? fail(`status is one of ${statuses.join(', ')}`)
  },
  alerts(printer, value) {
    const words = value.split(',').filter((word) => word !== '')
    printer.conditions = words.map(readAlert)
  },
  pages(printer, value) {
    printer.pages = numberIn('pages', value, 0, 2 ** 32 - 1)
  },
  pagesPerCartridge(printer, value) {
    printer.pagesPerCartridge = numberIn('pagesPerCartridge', value, 1, 1_000_000)
  },
  secondsPerPage(printer, value) {
    printer.secondsPerPage = numberIn('secondsPerPage', value, 0, 3600, false)
  },
  feeder(printer, value) {
    printer.feeder = numberIn('feeder', value, 0, 500)
  },
  names(printer, value) {
    if (value !== 'on' && value !== 'off') fail('names is on or off')
    printer.knowsNames = value === 'on'
  },
}

const isText = (object: string): object is keyof typeof texts => Object.hasOwn(texts, object)

/** @throws {UsageError} in one sentence: an unknown kind, an object given twice */
export function readVirtualSpec(spec: string): { kind: Kind; first: Map<string, string> } {
  const [, named = 'printer', query = ''] =
    /^virtual(?::([^?]*))?(?:\?(.*))?$/s.exec(spec) ?? fail('it is named virtual')
  const kind = kinds.find((each) => each === named) ?? fail(`there is no kind ${named}; there is ${kinds.join(', ')}`)
  const first = new Map<string, string>()
  for (const [object, value] of new URLSearchParams(query)) {
    if (first.has(object)) fail(`${object} is given twice`)
    first.set(object, value)
  }
  return { kind, first }
}

/** @throws {UsageError} */
export function layFirstValues(printer: VirtualPrinter, first: ReadonlyMap<string, string>): void {
  for (const [object, value] of first) {
    const slot = slotOf(printer, object)
    if (slot) slot.fill(numberIn(object, value, 0, slot.most))
    else if (isOid(object)) layVendorObject(printer, object, value)
    else if (isText(object)) printer[object] = textIn(object, value, texts[object])
    else if (Object.hasOwn(options, object)) options[object]?.(printer, value)
    else unknown(object)
  }
}

function layVendorObject(printer: VirtualPrinter, oid: string, value: string): void {
  if (standardOids(printer).has(oid)) fail(`${oid} is one of its own objects: give it by its name`)
  const isNumber = /^-?(0|[1-9]\d{0,9})$/.test(value) && Math.abs(Number(value)) < 2 ** 31
  printer.vendorObjects[oid] = isNumber ? Number(value) : textIn(oid, value, 1024)
}

const readAlert = (text: string): Alert =>
  alertWords.find((word) => word === text) ?? fail(`there is no alert ${text}; there is ${alertWords.join(', ')}`)

function numberIn(object: string, text: string, least: number, most: number, whole = true): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    fail(`${object} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)
  return value
}

/** @throws {UsageError} */
function textIn(object: string, value: string, mostOctets: number): string {
  if (Buffer.byteLength(value) > mostOctets || /\p{Cc}/u.test(value))
    fail(`${object} takes at most ${mostOctets} octets of text without control characters`)
  return value
}

function unknown(object: string): never {
  const known = [...Object.keys(texts), ...Object.keys(options)].join(', ')
  return fail(`there is no ${object}; there is toner.black and its like, tray.1, tray.2, an OID, ${known}`)
}

function fail(why: string): never {
  // It repeats what was given, which may be anything, and stays one line.
  throw new UsageError(`The virtual device: ${why.replaceAll(/\p{Cc}/gu, '?')}.`)
}
