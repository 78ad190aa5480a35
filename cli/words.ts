/** Values in plain words, and lists as tables, for people at a terminal. */
import type { Device, Json, ObjectAnswer } from '@fairlead/protocol/contract'
import Table from 'cli-table3'

/** One value on one line: texts as they are, the rest as JSON. Control characters of a device never reach the terminal. */
export function wordsOf(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
}

export function answerInWords({ values, errors }: ObjectAnswer): string {
  const lines = Object.entries(values).map(([name, value]) => `${name}: ${withUnit(name, value)}`)
  const failed = Object.entries(errors).map(([name, { code, message }]) => `${name}: ${code}: ${wordsOf(message)}`)
  return [...lines, ...failed].join('\n')
}

function withUnit(name: string, value: Json): string {
  if (typeof value === 'number' && /^(toner|ink)\./.test(name)) return `${value} %`
  if (value === 'some' && /^(toner|ink)\./.test(name)) return 'some left (this model does not say how much)'
  if (isCounter(value)) return `${value.value} ${value.unit}`
  return wordsOf(value)
}

function isCounter(value: Json): value is { value: number; unit: string } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'value' in value && 'unit' in value
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
  const objects = Object.entries(device.objects).map(
    ([name, { value, at }]) => `  ${name}: ${wordsOf(value)}  (told ${at})`,
  )
  return [
    device.id,
    ...known.map(([name, text]) => `  ${`${name}:`.padEnd(14)}${wordsOf(text)}`),
    ...(objects.length > 0 ? ['objects', ...objects] : []),
  ].join('\n')
}
