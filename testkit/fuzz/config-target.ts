/** Fuzzes what people write by hand: configuration files, flags and environment of relay and agent, rules, drivers, JSON. */
import { Failure, UsageError } from '@fairlead/base'
import { readJson } from '@fairlead/protocol/contract'
import { readSnmpForm, readSnmpUrl } from '../../agent/drivers/snmp-target.ts'
import { readVirtualSpec } from '../../agent/drivers/virtual-options.ts'
import { readAgentSettings, recordOf } from '../../agent/settings.ts'
import { readRelayConfig } from '../../relay/config.ts'
import { readRules } from '../../relay/translation/rules.ts'
import type { Chance } from './chance.ts'
import { canary, makeLines, makeText } from './config-texts.ts'
import { type Target, tryEach, wordsFor } from './target.ts'

/** What is read, by the letter that an input begins with. */
export type Readers = Readonly<Record<string, (text: string) => unknown>>

const noFile = () => {
  throw new Error('ENOENT: no such file or directory')
}

const readers: Readers = {
  relayFile: (text) => readRelayConfig({ flags: { config: 'c.yaml' }, environment: {}, readFile: () => text }),
  relayFlags: (text) => readRelayConfig({ flags: pairsOf(text), environment: {}, readFile: noFile }),
  relayEnvironment: (text) => readRelayConfig({ flags: {}, environment: variablesOf(text), readFile: noFile }),
  agentFile: (text) => recordsOf({ config: 'c.yaml' }, text),
  agentFlags: (text) => recordsOf(pairsOf(text), ''),
  rules: (text) => readRules(text, 'rules.yaml'),
  snmpUrl: (text) => readSnmpUrl(`snmp://${text}`),
  snmpForm: (text) => readSnmpForm(pairsOf(text)),
  virtual: (text) => readVirtualSpec(`virtual${text}`),
  json: readJson,
}

/** An input is the name of a reader, a line end, and what it reads. */
export function configTarget(given: Readers = readers): Target {
  const names = Object.keys(given) as [string, ...string[]]
  return {
    describe: 'configuration files, flags, environment, rules, drivers and JSON of relay and agent',
    inputs: 50_000,
    batch: 200,
    async open({ trying }) {
      const counts: Record<string, number> = { taken: 0, refused: 0 }
      return {
        counts,
        make: (chance) => make(chance, chance.pick(names)),
        tryOut: (inputs) =>
          tryEach(inputs, (input) => {
            trying(input)
            const [name = '', ...lines] = Buffer.from(input).toString().split('\n')
            return tryOne(given[name], lines.join('\n'), counts)
          }),
        async [Symbol.asyncDispose]() {},
      }
    },
  }
}

function make(chance: Chance, name: string): Uint8Array {
  const text =
    name.endsWith('Flags') || name.endsWith('Environment') || name === 'snmpForm'
      ? makeLines(chance, name)
      : makeText(chance, name)
  return Buffer.from(`${name}\n${text}`)
}

function tryOne(
  read: ((text: string) => unknown) | undefined,
  text: string,
  counts: Record<string, number>,
): string | undefined {
  const start = process.threadCpuUsage()
  try {
    read?.(text)
    counts['taken'] = (counts['taken'] ?? 0) + 1
  } catch (error) {
    counts['refused'] = (counts['refused'] ?? 0) + 1
    const what = judgeRefusal(error)
    if (what !== undefined) return what
  }
  if ('polluted' in {} || Object.keys(Object.prototype).length > 0) return 'what every object inherits was changed'
  // Of this thread alone, however busy the machine is.
  const { user, system } = process.threadCpuUsage(start)
  const tookMs = (user + system) / 1000
  return tookMs > 1000 ? `it takes too long: ${Math.round(tookMs)} ms for ${text.length} characters` : undefined
}

/** A refusal is a sentence for a person: no stack, no line of a parser's drawing, no secret. */
function judgeRefusal(error: unknown): string | undefined {
  if (!(error instanceof UsageError || error instanceof Failure)) return `thrown: ${wordsFor(error)}`
  const { message } = error
  if (message.includes(canary)) return `a refusal tells a secret: ${message.slice(0, 300)}`
  if (/\n\s*at |\bat .*\.ts:\d/.test(message)) return `a refusal tells a stack: ${message.slice(0, 300)}`
  if (message.includes('\n')) return `a refusal has more than one line: ${message.slice(0, 300)}`
  if (!/^[^\s].{10,}[.?!]$/s.test(message)) return `a refusal is no sentence: ${message.slice(0, 300)}`
  return message.length > 20_000 ? `a refusal is too long: ${message.length} characters` : undefined
}

/** Lines `name=value`. */
function pairsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]]
    }),
  )
}

function variablesOf(text: string): Record<string, string> {
  const upper = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
  return Object.fromEntries(Object.entries(pairsOf(text)).map(([name, value]) => [`FAIRLEAD_${upper(name)}`, value]))
}

function recordsOf(flags: Record<string, string>, file: string): void {
  const settings = readAgentSettings(flags, {}, () => file)
  for (const given of settings.named) recordOf(given, undefined, settings.modeFlag)
}
