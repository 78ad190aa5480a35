/** `state:offline tag:berlin toner.black<20 hall`: what is typed as filters of the relay, and what of it is not understood. */
import type { Device, DeviceState } from '@fairlead/protocol/contract'
import { meets, readWhere, textFits, type WhyNotWhere } from '@fairlead/protocol/where'
import type { DeviceFilter } from '@fairlead/sdk'

export type Filter = Pick<DeviceFilter, 'q' | 'id' | 'tag' | 'model' | 'serial' | 'state'> & {
  where?: readonly string[]
}

/** `key`: there is no such filter, it is looked for as text. `twice`, `many`: the first ones count. */
export type WhyNot = WhyNotWhere | 'state' | 'key' | 'twice' | 'many'

export interface Misunderstood {
  text: string
  why: WhyNot
}

export const states = ['online', 'offline', 'asleep'] as const satisfies readonly DeviceState[]
export const keys = ['state', 'tag', 'model', 'serial', 'id'] as const
type Key = (typeof keys)[number]

/** As the relay has it (`protocol/contract/device.ts`). */
const maxWhere = 8
const maxWords = 128

/** A word, with what stands in double quotes in it; quotes that are open go on to the end. */
const word = /(?:[^\s"]|"[^"]*(?:"|$))+/g
const operator = /[<>=]/

export interface Search {
  filter: Filter
  misunderstood: readonly Misunderstood[]
}

export function readSearch(text: string): Search {
  const read: Reading = { filter: {}, tags: [], where: [], words: [], misunderstood: [] }
  for (const [whole] of closed(text).matchAll(word)) {
    const [, key = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(whole) ?? []
    const name = key.toLowerCase()
    const why = isKey(name)
      ? readKey(read, name, unquoted(rest))
      : operator.test(whole.replace(/"[^"]*"/g, ''))
        ? readComparison(read, whole)
        : readWord(read, whole, name, rest)
    if (why !== undefined) read.misunderstood.push({ text: whole, why })
  }
  const { tags, where, misunderstood } = read
  const q = read.words.join(' ').trim().slice(0, maxWords)
  const filter = {
    ...read.filter,
    ...(tags.length > 0 && { tag: tags }),
    ...(where.length > 0 && { where }),
    ...(q !== '' && { q }),
  }
  return { filter, misunderstood }
}

interface Reading {
  filter: Filter
  tags: string[]
  where: string[]
  words: string[]
  misunderstood: Misunderstood[]
}

function readKey({ filter, tags }: Reading, key: Key, value: string): WhyNot | undefined {
  // It is still being typed.
  if (value === '') return undefined
  if (key === 'tag') tags.push(value)
  else if (filter[key] !== undefined) return 'twice'
  else if (key !== 'state') filter[key] = value
  else {
    const state = states.find((one) => one === value.toLowerCase())
    if (state === undefined) return 'state'
    filter.state = state
  }
  return undefined
}

function readComparison({ where }: Reading, text: string): WhyNot | undefined {
  const read = readWhere(text)
  if (typeof read === 'string') return read
  if (where.length >= maxWhere) return 'many'
  where.push(text)
  return undefined
}

/** A colon alone makes no filter: `https://…`, `00:1b:a9`. */
function readWord({ words }: Reading, text: string, key: string, rest: string): WhyNot | undefined {
  words.push(unquoted(text))
  return /^[a-z]{2,}$/.test(key) && rest !== '' && !rest.startsWith('/') ? 'key' : undefined
}

/** `toner.black < 20` is one word. */
function closed(text: string): string {
  return text.replace(/"[^"]*"|\s*(<=|>=|!=|==|[<>=])\s*/g, (whole, sign: string | undefined) => sign ?? whole)
}

function unquoted(text: string): string {
  return text.replaceAll('"', '').trim()
}

function isKey(name: string): name is Key {
  return keys.some((key) => key === name)
}

/** The same search in any state. */
export function withoutState(text: string): string {
  return text.replace(/(^|\s)state:\S*/gi, '$1').trim()
}

/** @returns whether it fits still, as far as a page can tell: words are the relay's to look for */
export function fits(filter: Filter, device: Device): boolean {
  const { state, id, serial, model, tag = [], where = [] } = filter
  if (state !== undefined && device.state !== state) return false
  if (id !== undefined && !textFits(id)(device.id)) return false
  if (serial !== undefined && device.serial?.toLowerCase() !== serial.toLowerCase()) return false
  if (model !== undefined && !(device.model !== null && textFits(model)(device.model))) return false
  if (![tag].flat().every((one) => device.tags.includes(one))) return false
  return where.every((one) => isMet(one, (object) => device.objects[object]?.value))
}

export function isMet(where: string, told: (object: string) => unknown): boolean {
  const read = readWhere(where)
  return typeof read !== 'string' && meets(read)(told(read.object))
}
