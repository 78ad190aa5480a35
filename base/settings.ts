/** Options of a program as one table: what may be set, within which bounds, and where it was set. */
import { UsageError } from './failure.ts'

interface Described {
  /** One line for `--help`. */
  describe: string
  /** Its value is never repeated in a message. */
  secret?: boolean
}

export type Option = Described &
  (
    | { kind: 'text' | 'path'; default?: string; matches?: RegExp; mustBe?: string }
    | { kind: 'integer'; min: number; max: number; unit?: string; default?: number }
    | { kind: 'switch'; default?: boolean }
    | { kind: 'choice'; of: readonly string[]; default?: string }
    /** Repeatable as a flag; separated by commas or spaces in the environment. */
    | { kind: 'list' }
  )

/** Keyed by the name in camelCase, as it stands in the file; `--kebab-case` and `PREFIX_UPPER_CASE` follow from it. */
export type OptionTable = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends { kind: 'integer' }
  ? number
  : O extends { kind: 'switch' }
    ? boolean
    : O extends { kind: 'list' }
      ? string[]
      : O extends { kind: 'choice'; of: readonly (infer Choice)[] }
        ? Choice
        : string

type AlwaysThere = { kind: 'list' | 'switch' } | { default: unknown }

export type Settings<Table extends OptionTable> = {
  [Name in keyof Table]: ValueOf<Table[Name]> | (Table[Name] extends AlwaysThere ? never : undefined)
}

export interface SettingSources {
  /** As commander gives them: keyed in camelCase, `undefined` where not given. */
  flags: Readonly<Record<string, unknown>>
  environment: Readonly<Record<string, string | undefined>>
  /** The parsed configuration file; `undefined` or `null` when there is none or it is empty. */
  file?: unknown
}

/**
 * A flag beats the environment beats the file beats the default.
 *
 * @throws {UsageError} one sentence for each unknown name and each value out of bounds, all at once
 */
export function readSettings<const Table extends OptionTable>(
  table: Table,
  sources: SettingSources,
  prefix = 'FAIRLEAD_',
): Settings<Table> {
  const file = readFileObject(sources.file)
  const complaints = [...unknownNames(table, file), ...unknownFlags(table, sources.flags)]
  const settings: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(table)) {
    const found = find(name, sources, file, prefix)
    try {
      settings[name] = found ? readValue(option, found) : defaultOf(option)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      complaints.push(error.message)
    }
  }
  if (complaints.length > 0) throw new UsageError(tellSome(complaints))
  return settings as Settings<Table>
}

/** So many mistakes are told at once; more would not be read. */
const mostTold = 10

function tellSome(complaints: readonly string[]): string {
  const more = complaints.length - mostTold
  return [...complaints.slice(0, mostTold), ...(more > 0 ? [`So are ${more} more.`] : [])].join(' ')
}

/** One flag, as commander wants it. */
export interface Flag {
  /** `--wait <seconds>` */
  flags: string
  describe: string
  /** Collect its values into a list. */
  repeatable: boolean
}

/** The table as flags; no defaults among them, so that a flag that was not given stays `undefined`. */
export function flagsOf(table: OptionTable): Flag[] {
  return Object.entries(table).map(([name, option]) => ({
    flags: `${flagName(name)} ${placeholder(option)}`,
    describe: `${option.describe}${defaultInWords(option)}`,
    repeatable: option.kind === 'list',
  }))
}

export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

export function environmentName(name: string, prefix = 'FAIRLEAD_'): string {
  return `${prefix}${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}

/** A value and where it stood, in words. */
interface Found {
  value: unknown
  where: string
}

function find(name: string, sources: SettingSources, file: Record<string, unknown>, prefix: string): Found | undefined {
  const flag = sources.flags[name]
  if (flag !== undefined) return { value: flag, where: flagName(name) }
  const variable = environmentName(name, prefix)
  // Set but empty is how container tools say "not set".
  const text = sources.environment[variable]
  if (text !== undefined && text !== '') return { value: text, where: variable }
  const value = Object.hasOwn(file, name) ? file[name] : undefined
  return value === undefined || value === null ? undefined : { value, where: `${name} in the configuration file` }
}

function readFileObject(file: unknown): Record<string, unknown> {
  if (file === undefined || file === null) return {}
  if (typeof file !== 'object' || Array.isArray(file))
    throw new UsageError('The configuration file must hold names and values, one a line: `wait: 30`.')
  return file as Record<string, unknown>
}

function unknownNames(table: OptionTable, file: Record<string, unknown>): string[] {
  return Object.keys(file)
    .filter((name) => !Object.hasOwn(table, name))
    .map((name) => `The configuration file has ${plainName(name)}, which is no option here${didYouMean(table, name)}.`)
}

function unknownFlags(table: OptionTable, flags: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(flags)
    .filter((name) => flags[name] !== undefined && !Object.hasOwn(table, name))
    .map((name) => `${flagName(name)} is no option here${didYouMean(table, name)}.`)
}

/** Dashes and capital letters are what people mix up most. */
function didYouMean(table: OptionTable, name: string): string {
  const plain = (text: string) => text.replace(/[-_]/g, '').toLowerCase()
  const meant = Object.keys(table).find((known) => plain(known) === plain(name))
  return meant ? `: write ${meant}` : ''
}

function defaultOf(option: Option): unknown {
  if (option.kind === 'list') return []
  if (option.kind === 'switch') return option.default ?? false
  return option.default
}

function readValue(option: Option, found: Found): unknown {
  const complain = (mustBe: string): never => {
    const shown = option.secret ? 'has a value that does not fit' : `is ${show(found.value)}`
    throw new UsageError(`${found.where} ${shown}: it must be ${mustBe}.`)
  }
  switch (option.kind) {
    case 'integer':
      return readInteger(option, found.value) ?? complain(`a whole number from ${bounds(option)}`)
    case 'switch':
      return readSwitch(found.value) ?? complain('on or off')
    case 'choice':
      return option.of.find((choice) => choice === found.value) ?? complain(option.of.join(' or '))
    case 'list':
      return readList(found.value) ?? complain('one or several texts')
    default:
      return readText(option, found.value) ?? complain(option.mustBe ?? 'text (in the file: within quotes)')
  }
}

/** On one line and not for ever: a file may hold anything, and YAML can make a list that holds itself. */
function show(value: unknown): string {
  if (Array.isArray(value)) return cut(`[${value.map((item) => (isPlain(item) ? JSON.stringify(item) : '…')).join()}]`)
  return isPlain(value) ? cut(JSON.stringify(value)) : '{…}'
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

const mostShown = 100

function cut(text: string): string {
  return text.length <= mostShown ? text : `${text.slice(0, mostShown)}…`
}

function plainName(name: string): string {
  return /^[\x21-\x7e]{1,100}$/.test(name) ? name : show(name)
}

function bounds(option: Option & { kind: 'integer' }): string {
  return `${option.min} to ${option.max}${option.unit ? ` ${option.unit}` : ''}`
}

function readInteger(option: Option & { kind: 'integer' }, value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number)) return undefined
  return number >= option.min && number <= option.max ? number : undefined
}

function readSwitch(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (['on', 'true', 'yes', '1'].includes(word)) return true
  return ['off', 'false', 'no', '0'].includes(word) ? false : undefined
}

function readList(value: unknown): string[] | undefined {
  const items = Array.isArray(value) ? value : [value]
  if (!items.every((item) => typeof item === 'string')) return undefined
  const texts = items.flatMap((item) => item.split(/[\s,]+/)).filter((item) => item !== '')
  return texts.some(hasControl) ? undefined : texts
}

function readText(option: Option & { kind: 'text' | 'path' }, value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || hasControl(value)) return undefined
  return option.matches && !option.matches.test(value) ? undefined : value
}

/** No address, path or name has them, and a line break would tear every message and log that tells of it. */
function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

function placeholder(option: Option): string {
  if (option.kind === 'integer') return `<${option.unit ?? 'number'}>`
  if (option.kind === 'switch') return '[on|off]'
  if (option.kind === 'choice') return `<${option.of.join('|')}>`
  return option.kind === 'path' ? '<path>' : '<text>'
}

function defaultInWords(option: Option): string {
  if (option.kind === 'list' || option.kind === 'switch' || option.default === undefined) return ''
  return ` (default ${option.default})`
}
