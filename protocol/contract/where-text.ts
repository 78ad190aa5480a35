/** `toner.black<20`: what is asked of an object, as text. Without a schema, so that a page in a browser can have it as well. */
import { isObjectName } from './object-name.ts'

const operators = ['<=', '>=', '!=', '==', '<', '>', '='] as const
export type WhereOperator = Exclude<(typeof operators)[number], '=='>

export interface Where {
  object: string
  operator: WhereOperator
  /** A number is met by numbers alone, a text by texts and by true and false. */
  value: number | string
}

/** Why it is none: it has no operator or no value, the name is no object's, or what it is compared with is no number. */
export type WhyNotWhere = 'form' | 'object' | 'number'

export const maxWhereLength = 256

const form = new RegExp(`^([^\\s"<>=!]+)\\s*(${operators.join('|')})\\s*(\\S.*)$`)
const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const comparesNumbers = new Set<string>(['<', '<=', '>', '>='])

/** A value in double quotes is a text, whatever it looks like: `serial="0042"`. `*` in a text stands for anything. */
export function readWhere(text: string): Where | WhyNotWhere {
  const [, object = '', sign = '', shown = ''] = form.exec(text.trim()) ?? []
  if (object === '' || text.length > maxWhereLength) return 'form'
  if (!isObjectName(object)) return 'object'
  const operator = (sign === '==' ? '=' : sign) as WhereOperator
  const value = readValue(shown)
  const isNumber = typeof value === 'number'
  if (isNumber ? !Number.isFinite(value) : comparesNumbers.has(operator)) return 'number'
  return { object, operator, value }
}

function readValue(shown: string): number | string {
  const quoted = /^"(.*)"$/.exec(shown)
  if (quoted) return quoted[1] ?? ''
  return number.test(shown) ? Number(shown) : shown
}

/** @returns whether a value meets it: what is unknown never does, nor what cannot be compared with it */
export function meets({ operator, value: wanted }: Where): (value: unknown) => boolean {
  if (typeof wanted === 'number') {
    const compare = comparisons[operator]
    return (value) => typeof value === 'number' && compare(value, wanted)
  }
  const fits = textFits(wanted)
  return (value) =>
    (typeof value === 'string' || typeof value === 'boolean') && fits(String(value)) === (operator === '=')
}

const comparisons: Readonly<Record<WhereOperator, (value: number, wanted: number) => boolean>> = {
  '<': (value, wanted) => value < wanted,
  '<=': (value, wanted) => value <= wanted,
  '>': (value, wanted) => value > wanted,
  '>=': (value, wanted) => value >= wanted,
  '=': (value, wanted) => value === wanted,
  '!=': (value, wanted) => value !== wanted,
}

/** Whatever the case. No regular expression, which a hostile pattern could hold up: each part is looked for once. */
export function textFits(pattern: string): (text: string) => boolean {
  const [first = '', ...parts] = pattern.toLowerCase().split('*')
  const last = parts.pop()
  return (text) => {
    const lower = text.toLowerCase()
    if (last === undefined) return lower === first
    if (!lower.startsWith(first)) return false
    let at = first.length
    for (const part of parts) {
      const found = lower.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return lower.length >= at + last.length && lower.endsWith(last)
  }
}
