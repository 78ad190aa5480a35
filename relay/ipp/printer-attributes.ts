/** A device as IPP tells of it: what IPP/2.0 (PWG 5100.12) and IPP Everywhere (PWG 5100.14) want of a printer, as far as it is known. */
import type { Device, Printing } from '@fairlead/protocol/contract'
import { attributesFrom, type IppAttributes, type IppValue, ipp } from '@fairlead/protocol/ipp'
import { anyFormat, type CanDo, canDo, qualityEnums } from './can-do.ts'
import { compressions } from './compression.ts'
import { conditionOf, printerStates } from './condition.ts'
import { shortened } from './job-attributes.ts'
import { collectionMembers, collectionOf, margins, sizeCollection, sizeOf } from './media.ts'
import { suppliesOf } from './supplies.ts'
import { fixed, jobAttributes, releaseActions } from './ticket.ts'
import { dateAt, secondsAt, upSeconds } from './times.ts'
import { type PrinterUris, uuidOf } from './uris.ts'

export interface KnownPrinter {
  device: Device
  printing: Printing
  uris: PrinterUris
  /** Jobs that have not ended, and whether one of them is coming out. */
  open: number
  isPrinting: boolean
  operations: readonly number[]
  /** Of subscriptions, for whoever may make one. */
  notifying?: Told
  documentWaitSeconds: number
  now: number
}

export interface PrinterAttributes {
  description: IppAttributes
  template: IppAttributes
  /** Long, and told only to who names it (PWG 5100.7). */
  mediaDatabase: IppAttributes
}

export const whichJobs = ['completed', 'not-completed', 'all'] as const

export function printerAttributesOf(printer: KnownPrinter): PrinterAttributes {
  const can = canDo(printer.printing.abilities)
  return {
    description: attributesFrom({
      ...identityOf(printer),
      ...stateOf(printer),
      ...waysOf(printer, can),
      ...mediaOf(printer, can),
      ...printer.notifying,
    }),
    template: attributesFrom(templateOf(can, printer.device)),
    mediaDatabase: attributesFrom({ 'media-col-database': ipp.collection(...collectionsOf(can.media)) }),
  }
}

export type Told = Readonly<Record<string, readonly IppValue[] | undefined>>

function identityOf({ device, uris }: KnownPrinter): Told {
  const text = (name: string) => {
    const { value } = device.objects[name] ?? {}
    return typeof value === 'string' ? shortened(value, 127) : ''
  }
  const model = device.model ?? 'Printer'
  const [maker = ''] = model.split(' ', 1)
  return {
    'printer-uri-supported': ipp.uri(uris.printer),
    'uri-security-supported': ipp.keyword(uris.isSecure ? 'tls' : 'none'),
    'uri-authentication-supported': ipp.keyword('basic'),
    'printer-name': ipp.name(device.id),
    'printer-dns-sd-name': ipp.name(shortened(text('name') || device.id, 63)),
    'printer-info': ipp.text(text('name') || device.id),
    'printer-location': ipp.text(text('location')),
    'printer-geo-location': ipp.none('unknown'),
    'printer-organization': ipp.text(device.account),
    'printer-organizational-unit': ipp.text(''),
    'printer-make-and-model': ipp.text(shortened(model, 127)),
    'printer-device-id': ipp.text(`MFG:${idText(maker)};MDL:${idText(model)};`),
    'printer-uuid': ipp.uri(uuidOf(uris.printer)),
    'printer-more-info': ipp.uri(uris.page),
    'printer-supply-info-uri': ipp.uri(uris.page),
    'printer-icons': ipp.uri(...uris.icons),
  }
}

/** IEEE 1284 ends a value with a semicolon. */
const idText = (text: string) => text.replace(/[^\x20-\x39\x3c-\x7e]/g, ' ')

function stateOf({ device, open, isPrinting, now }: KnownPrinter): Told {
  const { state, reasons, message } = conditionOf(device, open, isPrinting, now)
  const supplies = suppliesOf(device.objects['supplies']?.value)
  // A device tells what it can do when it comes: nothing of it is younger.
  const since = Date.parse(device.stateSinceAt)
  return {
    'printer-state': ipp.enum(printerStates[state]),
    'printer-state-reasons': ipp.keyword(...reasons),
    'printer-state-message': ipp.text(message),
    'printer-is-accepting-jobs': ipp.boolean(true),
    'queued-job-count': ipp.integer(open),
    'printer-up-time': ipp.integer(upSeconds(now)),
    'printer-current-time': dateAt(now),
    'printer-state-change-time': secondsAt(since),
    'printer-state-change-date-time': dateAt(since),
    'printer-config-change-time': secondsAt(since),
    'printer-config-change-date-time': dateAt(since),
    'printer-supply': supplies?.supply,
    'printer-supply-description': supplies?.description,
  }
}

function waysOf({ operations, printing, documentWaitSeconds }: KnownPrinter, can: CanDo): Told {
  const hasColor = can.colors.includes('color')
  const isEverywhere = ['image/pwg-raster', 'image/jpeg'].every((format) => can.formats.includes(format))
  return {
    'ipp-versions-supported': ipp.keyword('1.1', '2.0'),
    // PWG 5100.18: a proxy may do the work of the device.
    'ipp-features-supported': ipp.keyword('infrastructure-printer', ...(isEverywhere ? ['ipp-everywhere'] : [])),
    'operations-supported': ipp.enum(...operations),
    'charset-configured': ipp.charset('utf-8'),
    'charset-supported': ipp.charset('utf-8'),
    'natural-language-configured': ipp.naturalLanguage('en'),
    'generated-natural-language-supported': ipp.naturalLanguage('en'),
    'document-format-default': ipp.mimeMediaType(anyFormat),
    'document-format-supported': ipp.mimeMediaType(...can.formats),
    'compression-supported': ipp.keyword(...compressions),
    'pdl-override-supported': ipp.keyword('attempted'),
    'job-creation-attributes-supported': ipp.keyword(...jobAttributes),
    'printer-get-attributes-supported': ipp.keyword('document-format'),
    'job-ids-supported': ipp.boolean(true),
    'which-jobs-supported': ipp.keyword(...whichJobs),
    'preferred-attributes-supported': ipp.boolean(false),
    'multiple-document-jobs-supported': ipp.boolean(false),
    'multiple-operation-time-out': ipp.integer(documentWaitSeconds),
    'multiple-operation-time-out-action': ipp.keyword('abort-job'),
    // By what pages could be named; that they cannot be overridden stands in job-creation-attributes-supported.
    'overrides-supported': ipp.keyword('document-number', 'pages'),
    'identify-actions-default': ipp.keyword('flash'),
    'identify-actions-supported': ipp.keyword('flash'),
    'job-k-octets-supported': ipp.rangeOfInteger({ lower: 0, upper: Math.floor(printing.maxBytes / 1024) }),
    'color-supported': ipp.boolean(hasColor),
    // Nobody has told how fast it is; the least that can be said.
    'pages-per-minute': ipp.integer(1),
    'pages-per-minute-color': hasColor ? ipp.integer(1) : undefined,
    ...rasterOf(can),
  }
}

/** Of PWG Raster (PWG 5102.4), where the device takes it. */
function rasterOf(can: CanDo): Told {
  if (!can.formats.includes('image/pwg-raster')) return {}
  return {
    'pwg-raster-document-resolution-supported': resolution,
    'pwg-raster-document-sheet-back': ipp.keyword('normal'),
    'pwg-raster-document-type-supported': ipp.keyword(
      ...(can.colors.includes('color') ? ['srgb_8', 'sgray_8'] : ['sgray_8']),
    ),
  }
}

/** What nearly every printer can: devices do not tell. */
const resolution = ipp.resolution({ crossFeed: 600, feed: 600, units: 3 })

function mediaOf({ device }: KnownPrinter, can: CanDo): Told {
  const ready = readyOf(device, can)
  const sizes = can.media.flatMap((name) => sizeOf(name) ?? [])
  return {
    'media-ready': ipp.keyword(...ready),
    'media-col-ready': ipp.collection(...collectionsOf(ready)),
    'media-col-supported': ipp.keyword(...collectionMembers),
    'media-size-supported': ipp.collection(...sizes.map(sizeCollection)),
    'media-source-supported': ipp.keyword('auto'),
    'media-type-supported': ipp.keyword('auto'),
    'media-bottom-margin-supported': margins,
    'media-left-margin-supported': margins,
    'media-right-margin-supported': margins,
    'media-top-margin-supported': margins,
  }
}

/** What lies in its trays, as it told; without trays, what it takes if nothing is asked for. */
function readyOf(device: Device, can: CanDo): readonly string[] {
  const trays = device.objects['trays']?.value
  const media = Array.isArray(trays) ? trays.map((tray) => Object(tray).media) : []
  const ready = can.media.filter((name) => media.includes(name))
  return ready.length > 0 ? ready : [can.mediaDefault]
}

const collectionsOf = (names: readonly string[]) => names.flatMap((name) => collectionOf(name) ?? [])

function templateOf(can: CanDo, { releaseAtDevice }: Device): Told {
  const same = Object.entries(fixed).flatMap(([name, value]) => [
    [`${name}-default`, [value]],
    [`${name}-supported`, [value]],
  ])
  return {
    ...Object.fromEntries(same),
    'copies-default': ipp.integer(1),
    'copies-supported': ipp.rangeOfInteger({ lower: 1, upper: can.mostCopies }),
    'job-hold-until-default': ipp.keyword('no-hold'),
    'job-hold-until-supported': ipp.keyword('no-hold', 'indefinite'),
    'job-priority-default': ipp.integer(50),
    'job-priority-supported': ipp.integer(100),
    'job-release-action-default': ipp.keyword(releaseAtDevice ? 'owner-authorized' : 'none'),
    'job-release-action-supported': ipp.keyword(...releaseActions),
    'media-default': ipp.keyword(can.mediaDefault),
    'media-supported': ipp.keyword(...can.media),
    'media-col-default': ipp.collection(...collectionsOf([can.mediaDefault])),
    'page-ranges-supported': ipp.boolean(can.takesPageRanges),
    'print-color-mode-default': ipp.keyword(can.colors.includes('auto') ? 'auto' : (can.colors[0] ?? 'auto')),
    'print-color-mode-supported': ipp.keyword(...can.colors),
    'print-quality-default': ipp.enum(
      qualityEnums[can.qualities.includes('normal') ? 'normal' : (can.qualities[0] ?? 'normal')],
    ),
    'print-quality-supported': ipp.enum(...can.qualities.map((quality) => qualityEnums[quality])),
    'printer-resolution-default': resolution,
    'printer-resolution-supported': resolution,
    'sides-default': ipp.keyword(can.sides.includes('one-sided') ? 'one-sided' : (can.sides[0] ?? 'one-sided')),
    'sides-supported': ipp.keyword(...can.sides),
  }
}
