/** Into what a document is converted for a printer, and the words to Ghostscript for that: nothing is run here. */
import type { PrintTicket } from '@fairlead/protocol/contract'
import type { IppAttributes } from '@fairlead/protocol/ipp'
import { formatsOf } from './ipp-abilities.ts'
import { resolutions, text, texts } from './ipp-told.ts'

/** What Ghostscript reads. */
export const convertible: readonly string[] = ['application/pdf', 'application/postscript']

export interface Target {
  readonly format: string
  /** Device and its parameters. */
  readonly args: readonly string[]
}

/** What has to be known of the printer. Source: PWG 5102.4 §7 (pwg-raster-…), Apple's urf-supported. */
export const targetAttributes = [
  'document-format-supported',
  'media-default',
  'pwg-raster-document-resolution-supported',
  'pwg-raster-document-type-supported',
  'pwg-raster-document-sheet-back',
  'urf-supported',
  'print-color-mode-supported',
] as const

/** The best first: what keeps letters as letters is smaller than an image of each page. */
const targets: readonly (readonly [format: string, args: (told: IppAttributes, ticket: PrintTicket) => string[]])[] = [
  ['application/pdf', () => ['-sDEVICE=pdfwrite']],
  ['application/postscript', () => ['-sDEVICE=ps2write']],
  ['image/pwg-raster', pwgRaster],
  ['image/urf', urf],
  [
    'application/vnd.hp-pclxl',
    (told, ticket) => [isColor(told, ticket) ? '-sDEVICE=pxlcolor' : '-sDEVICE=pxlmono', '-r600'],
  ],
  ['application/vnd.hp-pcl', () => ['-sDEVICE=ljet4', '-r600']],
]

/** @returns undefined: the printer takes nothing that can be made */
export function targetFor(told: IppAttributes, ticket: PrintTicket): Target | undefined {
  const formats = formatsOf(told)
  const [format, argsFor] = targets.find(([each]) => formats.includes(each)) ?? []
  if (format === undefined || argsFor === undefined) return undefined
  const pages = ticket.pages === undefined ? [] : [`-sPageList=${ticket.pages}`]
  return { format, args: [...argsFor(told, ticket), ...pages] }
}

/** Colour is as the printer has it, unless it was said. */
function isColor(told: IppAttributes, { color }: PrintTicket): boolean {
  return color !== 'monochrome' && texts(told, 'print-color-mode-supported').includes('color')
}

const gray = ['-dcupsColorSpace=18', '-dcupsBitsPerColor=8']
const color = ['-dcupsColorSpace=19', '-dcupsBitsPerColor=8']
const black = ['-dcupsColorSpace=3', '-dcupsBitsPerColor=1']

function pwgRaster(told: IppAttributes, ticket: PrintTicket): string[] {
  const types = texts(told, 'pwg-raster-document-type-supported')
  const dots = resolutions(told, 'pwg-raster-document-resolution-supported')
    .filter(({ crossFeed, feed, units }) => crossFeed === feed && units === dotsPerInch)
    .map(({ feed }) => feed)
  const wantsColor = ticket.color !== 'monochrome' && types.includes('srgb_8')
  return [
    '-sDEVICE=pwgraster',
    `-r${resolutionOf(dots, ticket)}`,
    ...(wantsColor ? color : types.length === 0 || types.includes('sgray_8') ? gray : black),
    // CrossFeedTransform and FeedTransform (PWG 5102.4 §4.3): as it stands.
    ...['-dcupsInteger1=1', '-dcupsInteger2=1'],
    ...sidesOf(ticket, text(told, 'pwg-raster-document-sheet-back') ?? 'normal'),
    ...sheetOf(told, ticket),
  ]
}

const backOfUrf: Readonly<Record<string, string>> = {
  DM1: 'normal',
  DM2: 'flipped',
  DM3: 'rotated',
  DM4: 'manual-tumble',
}

function urf(told: IppAttributes, ticket: PrintTicket): string[] {
  const can = texts(told, 'urf-supported')
  const dots = can.flatMap((word) => (word.startsWith('RS') ? word.slice(2).split('-').map(Number) : []))
  const back = can.map((word) => backOfUrf[word]).find((word) => word !== undefined)
  return [
    '-sDEVICE=urf',
    `-r${resolutionOf(dots, ticket)}`,
    ...(ticket.color !== 'monochrome' && can.includes('SRGB24') ? color : gray),
    ...sidesOf(ticket, back ?? 'normal'),
    ...sheetOf(told, ticket),
  ]
}

/** RFC 8011 §5.1.16. */
const dotsPerInch = 3

/** Draft: the coarsest; high: the finest; else the first that is fine enough for letters. */
function resolutionOf(told: readonly number[], { quality }: PrintTicket): number {
  const dots = told.filter((each) => each >= 72 && each <= 2400).toSorted((one, other) => one - other)
  const finest = dots.at(-1) ?? 300
  if (quality === 'high') return Math.min(finest, 1200)
  if (quality === 'draft') return dots[0] ?? 300
  return dots.find((each) => each >= 300) ?? finest
}

/** How the back of a sheet is fed decides how its image has to lie (PWG 5102.4 §4.3.4). */
const backs: Readonly<Record<string, string>> = {
  normal: 'Normal',
  flipped: 'Flipped',
  rotated: 'Rotated',
  'manual-tumble': 'ManualTumble',
}

function sidesOf({ sides }: PrintTicket, back: string): string[] {
  if (sides === undefined || sides === 'one-sided') return []
  const isTumble = sides === 'two-sided-short-edge'
  return ['-dDuplex=true', `-dTumble=${isTumble}`, `-scupsBackSideOrientation=${backs[back] ?? 'Normal'}`]
}

/** Width and height in points: what was asked for, else what the printer takes by itself, else A4. */
export function sheetFor(told: IppAttributes, { media }: PrintTicket): [number, number] {
  return pointsOf(media ?? text(told, 'media-default') ?? '') ?? [595, 842]
}

/** Each page is fitted into the sheet; an image is never larger than that. */
function sheetOf(told: IppAttributes, ticket: PrintTicket): string[] {
  const [width, height] = sheetFor(told, ticket)
  return [`-dDEVICEWIDTHPOINTS=${width}`, `-dDEVICEHEIGHTPOINTS=${height}`, '-dFIXEDMEDIA', '-dFitPage']
}

/** The end of a self-describing name: `iso_a4_210x297mm`, `na_letter_8.5x11in` (PWG 5101.1 §5). */
function pointsOf(media: string): [number, number] | undefined {
  const [, width, height, unit] = /_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)$/.exec(media) ?? []
  const points = (length: string | undefined) => Math.round((Number(length) / (unit === 'mm' ? 25.4 : 1)) * 72)
  return unit === undefined ? undefined : [points(width), points(height)]
}
