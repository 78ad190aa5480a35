/** `OBJECT=TEXT` and `OBJECT:=JSON` of the command line as values. */
import { UsageError } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'

/** @throws {UsageError} with the word that is wrong */
export function readAssignments(words: readonly string[]): Record<string, Json> {
  const values = new Map<string, Json>()
  for (const word of words) {
    const [, name, isJson, text = ''] = /^([^=:]+(?::[^=:]+)*?)(:?)=(.*)$/s.exec(word) ?? []
    if (!name) throw new UsageError(`${word} is neither OBJECT=TEXT nor OBJECT:=JSON.`)
    if (values.has(name)) throw new UsageError(`${name} is given twice.`)
    values.set(name, isJson ? readJsonText(word, text) : text)
  }
  return Object.fromEntries(values)
}

function readJsonText(word: string, text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`What stands after := in ${word} is not JSON. Texts go with =, as in location="2nd floor".`)
  }
}
