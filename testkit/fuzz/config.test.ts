/** A share of the fuzzing of what people write by hand, and readers with faults that it must find. */
import { test } from 'node:test'
import { UsageError } from '@fairlead/base'
import { configTarget } from './config-target.ts'
import { assertFound, playShare } from './for-tests.ts'

test('S-M5 whatever is written in files, flags and environment is taken, or refused in one sentence without secrets', () =>
  playShare(configTarget(), 4000, { taken: 600, refused: 2000 }))

const refuse = (sentence: string) => {
  throw new UsageError(sentence)
}

const faults: Record<string, [read: (text: string) => unknown, kind: RegExp]> = {
  'a stack': [() => JSON.parse('{'), /^thrown/],
  'a refusal without words': [() => refuse('x'), /no sentence/],
  'a refusal over two lines': [(text) => refuse(`It is not right here:\n${text}`), /more than one line/],
  'a refusal that tells a secret': [
    (text) => refuse(`It is not right: ${text.replaceAll('\n', ' ')}.`),
    /tells a secret/,
  ],
  'a refusal that tells a stack': [() => refuse('It fails at read (config.ts:12:3).'), /tells a stack/],
  'a refusal without an end': [() => refuse(`It is ${'very '.repeat(9000)}wrong.`), /too long/],
}

for (const [fault, [read, kind]] of Object.entries(faults))
  test(`found: ${fault}`, () => assertFound(configTarget({ relayFlags: read, agentFlags: read }), 60, kind))

test('found: a change of what every object inherits', async () => {
  const poison = () =>
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true, enumerable: true })
  try {
    await assertFound(configTarget({ relayFlags: poison }), 1, /inherits was changed/)
  } finally {
    Reflect.deleteProperty(Object.prototype, 'polluted')
  }
})
