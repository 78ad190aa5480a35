/** What a search can go on with at the place where one types. */
import type { DeviceWords } from '@fairlead/protocol/contract'
import { keys, states } from './search.ts'

export interface Completion {
  /** What is put in the place of the word that is typed. */
  insert: string
  kind: 'key' | 'state' | 'tag' | 'model' | 'object' | 'operator'
}

const mostShown = 8
const operators = ['<', '>', '=', '!='] as const

/** The word before the caret; quotes hold words together. */
const lastWord = /(?:[^\s"]|"[^"]*(?:"|$))*$/

export function complete(text: string, words: DeviceWords): Completion[] {
  const typed = lastWord.exec(text)?.[0] ?? ''
  const [, key, rest = ''] = /^(state|tag|model):"?([^"]*)$/i.exec(typed) ?? []
  if (key !== undefined) return valuesFor(key.toLowerCase() as 'state' | 'tag' | 'model', rest, words)
  if (/["<>=!]/.test(typed)) return []
  const begun = typed.toLowerCase()
  const found: Completion[] = keys
    .filter((one) => one.startsWith(begun))
    .map((one) => ({ insert: `${one}:`, kind: 'key' }))
  if (begun === '') return found
  // All of a name is typed: what is asked of it comes next.
  if (words.objects.some((name) => name.toLowerCase() === begun))
    found.push(...operators.map((sign): Completion => ({ insert: `${typed}${sign}`, kind: 'operator' })))
  const others = fitting(words.objects, begun).filter((name) => name.toLowerCase() !== begun)
  found.push(...others.map((insert): Completion => ({ insert, kind: 'object' })))
  found.push(...fitting(words.tags, begun).map((tag): Completion => ({ insert: `tag:${quoted(tag)} `, kind: 'tag' })))
  return found.slice(0, mostShown)
}

function valuesFor(kind: 'state' | 'tag' | 'model', begun: string, words: DeviceWords): Completion[] {
  const all = { state: states, tag: words.tags, model: words.models }[kind]
  // What is typed whole already is no help.
  return fitting(all, begun.toLowerCase())
    .filter((value) => value.toLowerCase() !== begun.toLowerCase())
    .slice(0, mostShown)
    .map((value) => ({ insert: `${kind}:${quoted(value)} `, kind }))
}

/** Those that begin with it stand before those that have it somewhere else. */
function fitting(words: readonly string[], begun: string): string[] {
  const at = (word: string) => word.toLowerCase().indexOf(begun)
  return words.filter((word) => at(word) >= 0).sort((one, other) => Math.sign(at(one)) - Math.sign(at(other)))
}

function quoted(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value
}

/** @returns the text with the completion in the place of the word before the caret */
export function completed(text: string, { insert }: Completion): string {
  return text.replace(lastWord, () => insert)
}
