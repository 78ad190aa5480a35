/** A value as a device told it: text as text, lists as lists, and never anything that could run. */
import type { Json } from '@fairlead/protocol/contract'
import { type Messages, useSay } from '../language.ts'

/** @param name of the object, where its words are known: `status`, `alerts`, `toner.black` */
export function Value({ value: told, name = '' }: { value: Json; name?: string }) {
  const say = useSay()
  const value = inWords(name, told, say)
  if (value === '') return <span class="sub">{say.device.nothing}</span>
  if (Array.isArray(value)) {
    if (value.length === 0) return <span class="sub">{say.device.none}</span>
    return (
      <ul class="value-list">
        {value.map((one, at) => (
          <li key={String(at)}>{plainly(one)}</li>
        ))}
      </ul>
    )
  }
  return <span class="value">{plainly(value)}</span>
}

/** The contract's own words (part 5) in the reader's language; all else as it was told. */
function inWords(name: string, value: Json, { device }: Messages): Json {
  if (name === 'status') return wordFor(value, device.statuses)
  if (name === 'alerts' && Array.isArray(value)) return value.map((alert) => wordFor(alert, device.alertWords))
  if (!/^(toner|ink)\./.test(name)) return value
  return typeof value === 'number' ? `${value} %` : wordFor(value, device.amounts)
}

function wordFor(value: Json, words: Readonly<Record<string, string>>): Json {
  return typeof value === 'string' && Object.hasOwn(words, value) ? (words[value] ?? value) : value
}

/** `{value, unit}` as one says it; other records as `name: value`. */
export function plainly(value: Json): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return value.toLocaleString()
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return value.map(plainly).join(', ')
  if ('value' in value && 'unit' in value) return `${plainly(value['value'] ?? null)} ${String(value['unit'])}`
  const head = value['description'] ?? value['name']
  if (typeof head === 'string' && head !== '') return `${head}: ${levelOf(value)}`
  return Object.entries(value)
    .filter(([, one]) => one !== null)
    .map(([name, one]) => `${name}: ${plainly(one)}`)
    .join(' · ')
}

/** Of a supply or a tray: how full it is, and of what. */
function levelOf({ percent, level, capacity, media }: Record<string, Json>): string {
  const full =
    typeof percent === 'number' ? `${percent} %` : [level, capacity].filter(isAmount).map(plainly).join(' / ')
  return [full, media].filter((part) => typeof part === 'string' && part !== '').join(' · ')
}

function isAmount(value: Json | undefined): value is Json {
  return value !== undefined && value !== null && value !== 'unknown'
}
