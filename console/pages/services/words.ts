/** Conditions, tries and what they are about as one says them. */
import type { Condition, Json, WebhookTry } from '@fairlead/protocol/contract'
import type { SayOfServices } from '../../messages/for-services.ts'
import { plainly } from '../../parts/value.tsx'

/** `toner.black` is black toner; what there are no words for is named as it is. */
export function objectInWords(object: string, say: SayOfServices): string {
  const [, kind, color, place = ''] = /^(toner|ink)\.([a-z-]+)(\.\d+)?$/.exec(object) ?? []
  if (kind !== undefined && color !== undefined) return `${say.services.supply(kind, color)}${place.replace('.', ' ')}`
  const names: Readonly<Record<string, string>> = say.device.names
  // In a sentence "Status" is a status; "MAC address" stays.
  return Object.hasOwn(names, object) ? (names[object] ?? object).replace(/^[A-Z](?=[a-z])/, lower) : object
}

const lower = (letter: string) => letter.toLowerCase()

export function readInWords(object: string, value: Json, say: SayOfServices): string {
  if (/^(toner|ink)\./.test(object) && typeof value === 'number') return `${value}\u00a0%`
  const words: Readonly<Record<string, string>> = object === 'status' ? say.device.statuses : {}
  return typeof value === 'string' && Object.hasOwn(words, value) ? (words[value] ?? value) : plainly(value)
}

/** `when black toner is at 20 % or less, on two readings that agree` */
export function conditionsInWords(conditions: readonly Condition[], say: SayOfServices): string {
  return say.services.when(conditions.map((condition) => conditionInWords(condition, say)))
}

export function conditionInWords({ object, op, value, forSeconds }: Condition, say: SayOfServices): string {
  const words = say.services.operators[op](objectInWords(object, say), readInWords(object, value, say))
  return forSeconds > 0 ? say.services.forSeconds(words, forSeconds) : words
}

/** Of the first condition, which tells a new cartridge. @returns undefined: any other value is one */
export function newCartridgeInWords([first]: readonly Condition[], say: SayOfServices): string | undefined {
  if (!first || typeof first.value !== 'number') return undefined
  const { object, op, value, hysteresis } = first
  if (op.startsWith('<'))
    return say.services.newCartridge(say.services.orMore(readInWords(object, value + hysteresis, say)))
  if (op.startsWith('>'))
    return say.services.newCartridge(say.services.orLess(readInWords(object, value - hysteresis, say)))
  return undefined
}

export function isTaken({ status }: WebhookTry): boolean {
  return status !== undefined && status >= 200 && status < 300
}

export function tryInWords(tried: WebhookTry, { services }: SayOfServices): string {
  const { status, error } = tried
  if (status === undefined) return error?.replace(/\.$/, '') ?? services.try.none
  return isTaken(tried) ? services.try.taken(status) : services.try.refused(status)
}
