/** All rules of translation that a relay has: its operator's own, before those that it comes with. */
import { readFileSync } from 'node:fs'
import { type ModelRules, readRules } from './rules.ts'

/** @param own the operator's file @throws {UsageError} one sentence that says what is wrong with it */
export function readModelRules(own: { text: string; file: string } | undefined): ModelRules[] {
  const builtIn = readRules(readFileSync(new URL('./models.yaml', import.meta.url), 'utf8'), 'models.yaml')
  return own === undefined ? builtIn : [...readRules(own.text, own.file, builtIn), ...builtIn]
}
