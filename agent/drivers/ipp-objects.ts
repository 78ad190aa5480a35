/** From what a printer tells over IPP to the contract's objects, in the form that the other drivers have. */
import type { Json } from '@fairlead/protocol/contract'
import type { IppAttributes } from '@fairlead/protocol/ipp'
import { colorInWords, colorOfColorant } from './colors.ts'
import { collections, number, numbers, pairsOf, rows, text, texts } from './ipp-told.ts'
import { alertsOfReasons, colorOfMarker, kebab, statusOfState } from './ipp-words.ts'
import { amount } from './printer-words.ts'
import { percentOf, type Supply, suppliesByName } from './supplies.ts'

/** What has to be asked for. Source: RFC 8011 §5.4, PWG 5100.13, PWG 5100.9; marker-… are those of CUPS. */
export const objectAttributes = [
  'printer-make-and-model',
  'printer-info',
  'printer-name',
  'printer-location',
  'printer-device-id',
  'printer-serial-number',
  'printer-firmware-string-version',
  'printer-state',
  'printer-state-reasons',
  'printer-supply',
  'printer-supply-description',
  'marker-names',
  'marker-types',
  'marker-colors',
  'marker-levels',
  'printer-impressions-completed',
  'printer-media-sheets-completed',
  'printer-input-tray',
  'media-col-ready',
  'media-ready',
] as const

export function ippObjects(told: IppAttributes): Record<string, Json> {
  const supplies = suppliesOf(told)
  return {
    ...identityOf(told),
    ...conditionOf(told),
    ...pagesOf(told),
    ...(supplies.length > 0 && { supplies, ...suppliesByName(supplies) }),
    ...traysOf(told),
  }
}

function identityOf(told: IppAttributes): Record<string, Json> {
  const id = pairsOf(text(told, 'printer-device-id') ?? '', ':')
  const firmware = texts(told, 'printer-firmware-string-version').filter((version) => version !== '')
  return present({
    model: text(told, 'printer-make-and-model') ?? id.get('mdl') ?? id.get('model'),
    serial: text(told, 'printer-serial-number') ?? id.get('sn') ?? id.get('sern') ?? id.get('serialnumber'),
    firmware: firmware.length > 0 ? firmware.join(', ') : undefined,
    name: texts(told, 'printer-info')[0] ?? text(told, 'printer-name'),
    // Empty it is a text: the printer has the object.
    location: texts(told, 'printer-location')[0],
  })
}

function conditionOf(told: IppAttributes): Record<string, Json> {
  const state = number(told, 'printer-state')
  const reasons = told.has('printer-state-reasons') ? texts(told, 'printer-state-reasons') : undefined
  return {
    ...(state !== undefined && { status: statusOfState(state, reasons ?? []) }),
    ...(reasons && { alerts: alertsOfReasons(reasons) }),
  }
}

/** Sheets and impressions are not the same number. */
function pagesOf(told: IppAttributes): Record<string, Json> {
  const impressions = number(told, 'printer-impressions-completed')
  if (impressions !== undefined && impressions >= 0) return { pages: { value: impressions, unit: 'impressions' } }
  const sheets = number(told, 'printer-media-sheets-completed')
  return sheets !== undefined && sheets >= 0 ? { pages: { value: sheets, unit: 'sheets' } } : {}
}

/** printer-supply is the table of SNMP, row by row; where it is not told, what CUPS tells of markers. */
function suppliesOf(told: IppAttributes): Supply[] {
  const table = rows(told, 'printer-supply')
  return table.length > 0 ? table.map((row, at) => supplyOfRow(row, at, told)) : markersOf(told)
}

function supplyOfRow(row: ReadonlyMap<string, string>, at: number, told: IppAttributes): Supply {
  const description = texts(told, 'printer-supply-description')[at] || undefined
  const level = amount(wholeNumber(row.get('level')))
  const capacity = amount(wholeNumber(row.get('maxcapacity')))
  return {
    index: wholeNumber(row.get('index')) ?? at + 1,
    description: description ?? null,
    type: kebab(row.get('type') ?? 'unknown'),
    color: colorOfColorant(row.get('colorantname') ?? '') ?? (description && colorInWords(description)) ?? null,
    level,
    capacity,
    unit: kebab(row.get('unit') ?? 'unknown'),
    percent: percentOf(level, capacity),
  }
}

function markersOf(told: IppAttributes): Supply[] {
  const names = texts(told, 'marker-names')
  const types = texts(told, 'marker-types')
  const colors = texts(told, 'marker-colors')
  const levels = numbers(told, 'marker-levels')
  return Array.from({ length: Math.max(names.length, types.length, levels.length) }, (_, at) => {
    const description = names[at] || undefined
    const level = amount(levels[at])
    return {
      index: at + 1,
      description: description ?? null,
      type: kebab(types[at] ?? 'unknown'),
      color: colorOfMarker(colors[at] ?? '') ?? (description && colorInWords(description)) ?? null,
      level,
      // They are percentages by their definition.
      capacity: 100,
      unit: 'percent',
      percent: percentOf(level, 100),
    }
  })
}

const wholeNumber = (digits: string | undefined): number | undefined =>
  digits !== undefined && /^-?\d{1,10}$/.test(digits) ? Number(digits) : undefined

function traysOf(told: IppAttributes): Record<string, Json> {
  const table = rows(told, 'printer-input-tray')
  const trays = table.length > 0 ? table.flatMap((row, at) => trayOfRow(row, at, told)) : loadedOf(told)
  return trays.length > 0 ? { trays } : {}
}

function trayOfRow(row: ReadonlyMap<string, string>, at: number, told: IppAttributes): Json[] {
  const name = row.get('name')
  // No tray of its own: that the printer chooses one.
  if (name === 'auto') return []
  const loaded = collections(told, 'media-col-ready').find((media) => text(media, 'media-source') === name)
  return [
    {
      index: wholeNumber(row.get('index')) ?? at + 1,
      name: name ?? null,
      level: amount(wholeNumber(row.get('level'))),
      capacity: amount(wholeNumber(row.get('maxcapacity'))),
      media: (loaded && text(loaded, 'media-size-name')) ?? null,
    },
  ]
}

/** What is loaded, where nothing is told of the trays. */
function loadedOf(told: IppAttributes): Json[] {
  return texts(told, 'media-ready').map((media, at) => ({
    index: at + 1,
    name: null,
    level: 'unknown',
    capacity: 'unknown',
    media,
  }))
}

function present(objects: Record<string, string | undefined>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(objects).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
