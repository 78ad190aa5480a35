/** A printer that is not there: what it holds, and what printing does to it. */
import { Failure } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import type { Status } from './condition.ts'
import type { Alert } from './printer-words.ts'
import { stopperOf } from './stoppers.ts'

export const tonerColors = ['black', 'cyan', 'magenta', 'yellow'] as const
export type TonerColor = (typeof tonerColors)[number]

export interface Tray {
  name: string
  /** Sheets. */
  level: number
  capacity: number
  media: string
}

/** What it is: a printer, or a machine of another trade that is reached in the same way (A15). */
export type Kind = 'printer' | '3d-printer' | 'embroidery-machine' | 'shape-scanner' | 'camera'

export interface VirtualPrinter {
  kind: Kind
  model: string
  serial: string
  firmware: string
  mac: string
  ip: string
  name: string
  location: string
  contact: string
  /** What it does when nobody asks anything of it. */
  restingStatus: Status
  isPrinting: boolean
  /** The last document, and how many pages of it came out. */
  job: { id: string; pages: number } | undefined
  /** Conditions that do not follow from a level: an open door, a jam. */
  conditions: Alert[]
  /** Impressions in its life. */
  pages: number
  /** Percent left of each cartridge, with fractions: one page is less than a percent. */
  toner: Record<TonerColor, number>
  trays: Tray[]
  secondsPerPage: number
  /** Sheets that lie in the feeder of its scanner whenever it scans; undefined: it has a glass alone. */
  feeder: number | undefined
  pagesPerCartridge: number
  /** Whether it knows objects by name; a device that knows only OIDs is asked through the relay's translation (A13). */
  knowsNames: boolean
  /** Objects of no standard MIB, by OID. */
  vendorObjects: Record<string, string | number>
}

export function createVirtualPrinter(): VirtualPrinter {
  return {
    kind: 'printer',
    model: 'Fairlead Virtual MFP',
    serial: 'VIRTUAL-0001',
    firmware: '1.0.0',
    mac: '02:00:00:00:00:01',
    ip: '192.0.2.10',
    name: 'virtual-printer',
    location: '',
    contact: '',
    restingStatus: 'idle',
    isPrinting: false,
    job: undefined,
    conditions: [],
    pages: 0,
    toner: { black: 100, cyan: 100, magenta: 100, yellow: 100 },
    trays: [
      { name: 'Tray 1', level: 250, capacity: 250, media: 'iso_a4_210x297mm' },
      { name: 'Tray 2', level: 500, capacity: 500, media: 'na_letter_8.5x11in' },
    ],
    secondsPerPage: 0,
    feeder: undefined,
    pagesPerCartridge: 1000,
    knowsNames: true,
    vendorObjects: {},
  }
}

/** At and below this percentage a level is low. */
const lowPercent = 10

export function alertsOfPrinter(printer: VirtualPrinter): Set<Alert> {
  const alerts = new Set<Alert>(printer.conditions)
  const levels = tonerColors.map((color) => tonerLevel(printer, color))
  if (levels.some((level) => level === 0)) alerts.add('no-toner')
  if (levels.some((level) => level > 0 && level <= lowPercent)) alerts.add('low-toner')
  const { trays } = printer
  if (trays.every((tray) => tray.level === 0)) alerts.add('no-paper')
  if (trays.some((tray) => tray.level === 0)) alerts.add('input-tray-empty')
  if (trays.some((tray) => tray.level > 0 && tray.level * 100 <= tray.capacity * lowPercent)) alerts.add('low-paper')
  return alerts
}

/** Whole percent, rounded up: 0 is empty and nothing else. */
export const tonerLevel = (printer: VirtualPrinter, color: TonerColor): number => Math.ceil(printer.toner[color])

export function statusOfPrinter(printer: VirtualPrinter): Status {
  if (printer.isPrinting) return 'printing'
  return whyStopped(printer) === undefined ? printer.restingStatus : 'stopped'
}

/** Why it cannot print, as a person at its panel reads it. */
export function whyStopped(printer: VirtualPrinter): string | undefined {
  if (printer.toner.black <= 0) return 'the black toner is empty'
  return stopperOf(alertsOfPrinter(printer))
}

/**
 * One page: a sheet from the first tray that has one, toner by coverage, one more impression.
 *
 * @throws {Failure} `device-refused` when it cannot print; nothing has changed then
 */
export function printPage(printer: VirtualPrinter): void {
  const reason = whyStopped(printer)
  if (reason !== undefined) throw new Failure('device-refused', `The printer cannot print: ${reason}.`)
  const tray = printer.trays.find(({ level }) => level > 0)
  if (tray) tray.level--
  for (const color of tonerColors) printer.toner[color] = afterPage(printer.toner[color], printer.pagesPerCartridge)
  printer.pages++
}

/** Rounded to what a page can differ by, so that a thousand pages of a tenth of a percent end at 0 and not beside it. */
function afterPage(percent: number, pagesPerCartridge: number): number {
  return Math.max(0, Math.round((percent - 100 / pagesPerCartridge) * 1e6) / 1e6)
}

/** What a person does at the device: a new cartridge, paper in a tray. @throws {Failure} `device-refused` */
export function refill(printer: VirtualPrinter, args: Readonly<Record<string, Json>>): void {
  const steps = Object.entries(args).map(([name, value]) => {
    const slot = slotOf(printer, name)
    if (!slot)
      throw new Failure('device-refused', `There is no ${name} to refill; there is ${slotNames(printer).join(', ')}.`)
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > slot.most)
      throw new Failure('device-refused', `${name} takes a whole number from 0 to ${slot.most}.`)
    return () => slot.fill(value)
  })
  for (const step of steps) step()
}

export interface Slot {
  most: number
  fill(level: number): void
}

const slotNames = (printer: VirtualPrinter) => [
  ...tonerColors.map((color) => `toner.${color}`),
  ...printer.trays.map((_, i) => `tray.${i + 1}`),
]

/** Where something is used up: `toner.COLOUR` in percent, `tray.N` in sheets. */
export function slotOf(printer: VirtualPrinter, name: string): Slot | undefined {
  if (printer.kind !== 'printer') return undefined
  const color = tonerColors.find((each) => name === `toner.${each}`)
  if (color) {
    const fill = (level: number) => {
      printer.toner[color] = level
    }
    return { most: 100, fill }
  }
  const tray = printer.trays.find((_, i) => name === `tray.${i + 1}`)
  if (!tray) return undefined
  const fill = (level: number) => {
    tray.level = level
  }
  return { most: tray.capacity, fill }
}
