/** A device as an IPP proxy tells of it (PWG 5100.18), in the words of the register process. */
import { ColorMode, type Json, MediaType, type PrintAbilities, Sides } from '@fairlead/protocol/contract'
import { findAll, findOne, type IppAttributes, type IppSyntax } from '@fairlead/protocol/ipp'
import { anyFormat, qualityEnums } from './can-do.ts'
import { alertsOf, printerStates } from './condition.ts'

/** @returns undefined: it has not told what it takes @throws {IppError} */
export function abilitiesOf(all: IppAttributes): PrintAbilities | undefined {
  const told = withValues(all)
  const formats = textsOf(told, 'document-format-supported', 'mimeMediaType')
    .map((format) => format.split(';')[0]?.trim().toLowerCase() ?? '')
    .filter((format) => MediaType.safeParse(format).success)
  if (formats.length === 0) return undefined
  const media = textsOf(told, 'media-supported', 'keyword', 'name').filter((name) => name !== '' && name.length <= 255)
  const [mediaDefault] = textsOf(told, 'media-default', 'keyword', 'name')
  const sides = textsOf(told, 'sides-supported', 'keyword').flatMap((each) => Sides.safeParse(each).data ?? [])
  const colors = textsOf(told, 'print-color-mode-supported', 'keyword').flatMap(
    (each) => ColorMode.safeParse(each).data ?? [],
  )
  const qualities = findAll(told, 'print-quality-supported', 'enum')?.flatMap((code) => qualityOf(code) ?? []) ?? []
  const mostCopies = findOne(told, 'copies-supported', 'rangeOfInteger')?.upper
  const takesPageRanges = findOne(told, 'page-ranges-supported', 'boolean')
  // What it only guesses comes last.
  const known = [...new Set(formats)].toSorted((one, other) => Number(one === anyFormat) - Number(other === anyFormat))
  return {
    formats: known.slice(0, 64),
    ...(media.length > 0 && { media: [...new Set(media)].slice(0, 256) }),
    ...(mediaDefault !== undefined && mediaDefault !== '' && { mediaDefault: mediaDefault.slice(0, 255) }),
    ...(sides.length > 0 && { sides: [...new Set(sides)] }),
    ...(colors.length > 0 && { colors: [...new Set(colors)] }),
    ...(qualities.length > 0 && { qualities: [...new Set(qualities)] }),
    ...(mostCopies !== undefined && mostCopies > 0 && { mostCopies }),
    ...(takesPageRanges !== undefined && { takesPageRanges }),
  }
}

/** What changes with time; only what is in `told`. @throws {IppError} */
export function objectsOf(all: IppAttributes): Record<string, Json> {
  const told = withValues(all)
  const state = findOne(told, 'printer-state', 'enum')
  const reasons = told.has('printer-state-reasons') ? textsOf(told, 'printer-state-reasons', 'keyword') : undefined
  const impressions = findOne(told, 'printer-impressions-completed', 'integer')
  const supplies = suppliesOf(told)
  return {
    ...(state !== undefined && { status: statusOf(state) }),
    ...(reasons && { alerts: alertsOf(reasons) }),
    ...(impressions !== undefined && impressions >= 0 && { pages: { value: impressions, unit: 'impressions' } }),
    ...(supplies.length > 0 && { supplies, ...levelsOf(supplies) }),
  }
}

/** Printers say `no-value` and `unknown` of much. */
function withValues(all: IppAttributes): IppAttributes {
  return new Map([...all].filter(([, values]) => values.every((value) => 'value' in value)))
}

function statusOf(state: number): string {
  if (state === printerStates.processing) return 'printing'
  if (state === printerStates.stopped) return 'stopped'
  return state === printerStates.idle ? 'idle' : 'unknown'
}

type Supply = { index: number; description: string; type: string; color: string | null; percent: number | null }

/** `printer-supply` has them as texts (PWG 5100.13 §5.6.43). */
function suppliesOf(told: IppAttributes): Supply[] {
  const descriptions = textsOf(told, 'printer-supply-description', 'text')
  const rows = findAll(told, 'printer-supply', 'octetString') ?? []
  return rows.slice(0, 64).map((row, at) => {
    const pairs = new Map(
      Buffer.from(row)
        .toString('utf8')
        .split(';')
        .map((pair) => pair.split('=', 2) as [string, string | undefined]),
    )
    const numberOf = (name: string) => {
      const text = pairs.get(name) ?? ''
      return /^-?\d{1,9}$/.test(text) ? Number(text) : undefined
    }
    const [level = -1, most = 0] = [numberOf('level'), numberOf('maxcapacity')]
    return {
      index: numberOf('index') ?? at + 1,
      description: (descriptions[at] ?? '').slice(0, 255),
      type: (pairs.get('type') ?? 'unknown')
        .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-')
        .toLowerCase()
        .slice(0, 64),
      color: pairs.get('colorantname')?.toLowerCase().slice(0, 64) ?? null,
      // Below 0 it says that it does not know (RFC 3805).
      percent: level >= 0 && most > 0 ? Math.min(100, Math.round((100 * level) / most)) : null,
    }
  })
}

/** By the names that subscriptions have; of several of one colour the lowest. */
function levelsOf(supplies: readonly Supply[]): Record<string, Json> {
  const levels: Record<string, Json> = {}
  for (const { type, color, percent } of supplies) {
    if ((type !== 'toner' && type !== 'ink') || color === null || !/^[a-z]{1,32}$/.test(color)) continue
    const name = `${type}.${color}`
    const known = levels[name]
    levels[name] = typeof known === 'number' ? Math.min(known, percent ?? known) : (percent ?? 'unknown')
  }
  return levels
}

function qualityOf(code: number): keyof typeof qualityEnums | undefined {
  const words = Object.keys(qualityEnums) as (keyof typeof qualityEnums)[]
  return words.find((word) => qualityEnums[word] === code)
}

function textsOf(told: IppAttributes, name: string, ...syntaxes: [TextSyntax, ...TextSyntax[]]): readonly string[] {
  return findAll(told, name, ...syntaxes) ?? []
}

type TextSyntax = Extract<IppSyntax, 'keyword' | 'name' | 'text' | 'mimeMediaType'>
