/** Values in plain words, and lists as tables, for people at a terminal. */
import type { Device, Json, ObjectAnswer } from '@fairlead/protocol/contract'
import Table from 'cli-table3'

/** One value on one line: texts as they are, the rest as JSON. Control characters of a device never reach the terminal. */
export function wordsOf(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
}

export function answerInWords({ values, errors }: ObjectAnswer): string {
  const lines = Object.entries(values).map(([name, value]) => `${name}: ${objectInWords(name, value)}`)
  const failed = Object.entries(errors).map(([name, { code, message }]) => `${name}: ${code}: ${wordsOf(message)}`)
  return [...lines, ...failed].join('\n')
}

/** What a command brought: its fields one a line. */
export function resultInWords(result: Json): string {
  if (!isRecord(result)) return wordsOf(result)
  return Object.entries(result)
    .map(([name, value]) => `${wordsOf(name)}: ${wordsOf(value)}`)
    .join('\n')
}

/** Contract part 5; lists have a line for each of theirs. */
function objectInWords(name: string, value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : listInWords(name, value)
  if (typeof value === 'number' && /^(toner|ink)\./.test(name)) return `${value} %`
  if (value === 'some' && /^(toner|ink)\./.test(name)) return 'some left (this model does not say how much)'
  if (isCounter(value)) return `${value.value} ${value.unit}`
  return wordsOf(value)
}

function listInWords(name: string, list: readonly Json[]): string {
  if (!list.every(isRecord)) return list.map(wordsOf).join(', ')
  return list.map((row) => `\n  ${name === 'supplies' ? supplyInWords(row) : rowInWords(row)}`).join('')
}

function supplyInWords({ description, percent, level }: Row): string {
  const left = typeof percent === 'number' ? `${percent} %` : wordsOf(level ?? 'unknown')
  return `${wordsOf(description ?? '')}: ${left}`
}

function rowInWords(row: Row): string {
  return Object.entries(row)
    .map(([name, value]) => `${name} ${wordsOf(value)}`)
    .join(', ')
}

type Row = { [name: string]: Json }

function isRecord(value: Json): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCounter(value: Json): value is { value: number; unit: string } {
  return isRecord(value) && 'value' in value && 'unit' in value
}

export function tableOf(head: string[], rows: readonly string[][]): string {
  const plain = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' }
  const rest = { 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '' }
  const table = new Table({
    head,
    chars: { ...plain, ...rest, 'right-mid': '', middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows)
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** State with its reason and since when, in one phrase. */
export function stateInWords({ state, reason, stateSinceAt, suspect }: Device): string {
  const why = reason && state !== 'online' ? ` (${reason})` : ''
  return `${state}${why}${suspect ? ', no sign of life since the last push' : ''} since ${stateSinceAt}`
}

export function deviceInWords(device: Device): string {
  const facts: [string, string | null][] = [
    ['account', device.account],
    ['state', stateInWords(device)],
    ['last seen', device.lastSeenAt ?? 'never'],
    ['address', device.address],
    ['transport', device.transport],
    ['model', device.model],
    ['serial', device.serial],
    ['tags', device.tags.join(', ') || null],
    ['registration', device.registration],
    ['jid', device.jid],
  ]
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== null)
  const objects = Object.entries(device.objects).map(([name, { value }]) =>
    `${name}: ${objectInWords(name, value)}`.replace(/^/gm, '  '),
  )
  const [newest] = Object.values(device.objects)
    .map(({ at }) => at)
    .sort()
    .reverse()
  return [
    device.id,
    ...known.map(([name, text]) => `  ${`${name}:`.padEnd(14)}${wordsOf(text)}`),
    ...(newest === undefined ? [] : [`objects, as last told at ${newest}`, ...objects]),
  ].join('\n')
}
