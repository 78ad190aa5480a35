/** What the relay tells, in plain words for people at a terminal. */
import type {
  CommandAnswered,
  Device,
  Json,
  ObjectAnswer,
  ObjectsAnswered,
  RequestPending,
  RequestView,
} from '@fairlead/protocol/contract'
import { reasonInWords } from './reasons.ts'
import { ageOf, timeInWords } from './times.ts'

/**
 * A device's text cannot move the cursor, colour the screen, forge a line or turn the reading direction:
 * control characters (ECMA-48), line and paragraph separators and bidirectional controls (Unicode TR9) are replaced.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** One value on one line: texts as they are, the rest as JSON. */
export function wordsOf(value: Json): string {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return '(none)'
  return harmless(typeof value === 'string' ? value : JSON.stringify(value))
}

export function answerInWords({ values, errors }: ObjectAnswer): string {
  const lines = Object.entries(values).map(([name, value]) =>
    `${harmless(name)}: ${valueInWords(name, value)}`.replace(': \n', ':\n'),
  )
  const failed = Object.entries(errors).map(
    ([name, { code, message }]) => `${harmless(name)}: ${harmless(message)} (${code})`,
  )
  return [...lines, ...failed].join('\n')
}

/** A value with its unit where its object has one, and a line for each thing of a list. */
function valueInWords(name: string, value: Json): string {
  if (typeof value === 'number' && /^(toner|ink)\./.test(name)) return `${value} %`
  if (value === 'some' && /^(toner|ink)\./.test(name)) return someLeft
  if (isObject(value) && 'value' in value && 'unit' in value) return `${of(value, 'value')} ${of(value, 'unit')}`
  if (!Array.isArray(value) || value.length === 0) return wordsOf(value)
  if (value.every(isObject)) return value.map((thing) => `\n    ${thingInWords(thing)}`).join('')
  return value.map(wordsOf).join(', ')
}

const someLeft = 'some left (this model does not say how much)'

type JsonObject = { [name: string]: Json }

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const of = (thing: JsonObject, name: string) => wordsOf(thing[name] ?? '')

/** A supply or a tray: its name, what is left, what it holds. */
function thingInWords(thing: JsonObject): string {
  const { description, name, level, percent, media } = thing
  if (level === undefined) return wordsOf(thing)
  const left =
    typeof percent === 'number'
      ? `${percent} %`
      : level === 'some'
        ? someLeft
        : typeof level === 'number'
          ? `${level} of ${of(thing, 'capacity')} ${thing['unit'] === undefined ? '' : of(thing, 'unit')}`.trimEnd()
          : 'not known'
  return `${wordsOf(description ?? name ?? '')}: ${left}${media === undefined ? '' : `, ${wordsOf(media)}`}`
}

/** What a command brought back: its facts, a line each. */
function resultInWords(result: Json): string {
  if (!isObject(result)) return wordsOf(result)
  return Object.keys(result)
    .map((name) => `${harmless(name)}: ${of(result, name)}`)
    .join('\n')
}

/** Of `get`, `set` and `command`. */
export function requestAnswerInWords(answer: ObjectsAnswered | CommandAnswered | RequestPending): string {
  if ('outcome' in answer)
    return `The device is offline: the request waits for it. \`fairlead request ${answer.requestId}\` tells what became of it.`
  return 'values' in answer ? answerInWords(answer) : resultInWords(answer.result)
}

/** What became of a request. Never called done unless the device said so. */
export function requestInWords({ device, kind, outcome, code, ...request }: RequestView, now: number): string {
  const why = code === undefined ? '' : ` (${code})`
  const fates: Record<RequestView['outcome'], string> = {
    answered: `answered ${timeInWords(request.answeredAt ?? request.acceptedAt, now)}${why}`,
    rejected: `refused by the relay${why}`,
    pending: `waiting since ${timeInWords(request.acceptedAt, now)}`,
    'not-sent': `never sent${why}: it is safe to try again`,
    unknown: `sent, no answer${why}: it may or may not have been done`,
  }
  const { values = {}, errors = {}, result } = request
  const told = [answerInWords({ values, errors }), result === undefined ? '' : resultInWords(result)]
  return [`${kind} of ${device}: ${fates[outcome]}`, ...told].filter((line) => line !== '').join('\n')
}

/** State, and whether a push waits for a sign of life. */
export function stateInWords({ state, suspect }: Device): string {
  return suspect ? `${state}, silent` : state
}

export function deviceInWords(device: Device, now: number): string {
  const facts: [string, string | null][] = [
    ['account', device.account],
    ['state', `${device.state} since ${timeInWords(device.stateSinceAt, now)}`],
    ['why', whyInWords(device)],
    ['waiting', device.waiting === 0 ? null : `${device.waiting} for it to come back`],
    ['last seen', device.lastSeenAt === null ? 'never' : timeInWords(device.lastSeenAt, now)],
    ['IPP proxy', device.proxy === undefined ? null : `last heard ${timeInWords(device.proxy.lastHeardAt, now)}`],
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
    ([name, { value, at }]) => `  ${harmless(name)} (told ${ageOf(at, now)}): ${valueInWords(name, value)}`,
  )
  return [
    harmless(device.id),
    ...known.map(([name, text]) => `  ${`${name}:`.padEnd(14)}${harmless(text)}`),
    ...(objects.length > 0 ? ['objects', ...objects] : []),
  ].join('\n')
}

function whyInWords({ state, reason, suspect }: Device): string | null {
  if (suspect) return 'Something was sent to it and it has not answered yet: whether it is still there is not known.'
  return state === 'offline' && reason ? reasonInWords(reason) : null
}
