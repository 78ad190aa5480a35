/** Field note 2: knobs nobody understands; here each time is one option in seconds, and a refusal says what to write instead. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createSeededRandom, flagsOf, UsageError } from '@fairlead/base'
import { readRelayConfig } from '../../relay/config.ts'
import { relayOptions } from '../../relay/options.ts'
import { openFolder } from '../folder.ts'
import { openNeighbourhood } from '../neighbourhood.ts'
import { runCli } from '../run-cli.ts'

// Every single refusal: testkit/contract-refusals.test.ts. That a time does what it says: pain 3.

const times = ['wait', 'inactivity', 'survivalTimeout', 'managementTimeout', 'requestTimeout'] as const
type Times = Record<(typeof times)[number], number>

/** @returns the sentence of the refusal; undefined: it is taken */
function refusalOf(given: Times): string | undefined {
  try {
    const flags = Object.fromEntries(times.map((name) => [name, String(given[name])]))
    readRelayConfig({ flags, environment: {}, readFile: () => assert.fail('there is no file') })
    return undefined
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return error.message
  }
}

/** Changes what the sentence says to change, as a person does who reads nothing but the sentence. */
function obey(sentence: string, given: Times): Times {
  const [, longer, than] =
    /^--management-timeout \d+ must be (longer than|at least) [^:]*?(\d+)\)?:/.exec(sentence) ?? []
  if (than !== undefined) return { ...given, managementTimeout: Number(than) + (longer === 'longer than' ? 1 : 0) }
  const [, is, least] = /^--wait \+ --inactivity \((\d+)\) must be at least [^:]*\((\d+)\):/.exec(sentence) ?? []
  if (least !== undefined) return { ...given, inactivity: given.inactivity + Number(least) - Number(is) }
  return assert.fail(`Nobody knows what to do after: ${sentence}`)
}

/** Runs a command that is to be refused. @returns its one sentence */
async function refused(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args)
  assert.deepEqual([code, stdout], [2, ''], stderr)
  return stderr.trim()
}

describe('knobs', { concurrency: 2 }, () => {
  test('pain 2: each time is one option, its unit stands in the help, and none is a pair of ping and pong', async () => {
    const { stdout } = await runCli(['relay', '--help'])
    for (const { flags } of flagsOf(relayOptions).filter(({ flags: flag }) => /timeout|wait|inactivity/.test(flag)))
      assert.match(flags, /^--[a-z-]+ <seconds>$/)
    for (const name of ['wait', 'inactivity', 'survival-timeout', 'management-timeout', 'request-timeout'])
      assert.equal(stdout.match(new RegExp(`--${name} <seconds>`, 'g'))?.length, 1, name)
    assert.doesNotMatch(stdout, /ping|pong|keep-?alive|idle|interval/i)
  })

  test('pain 2: a device needs none of them: what it is not given, the relay tells it', async () => {
    const { stdout } = await runCli(['agent', '--help'])
    const timed = (stdout.match(/--[a-z-]+ <seconds> .*/g) ?? []).filter((line) => !line.includes('--discover'))
    assert.equal(timed.length, 5)
    for (const line of timed) assert.match(line, /else the relay's applies|if not given/)
  })

  for (const seed of [1, 2, 3]) {
    test(`pain 2: whoever does what the refusal says is let in (seed ${seed})`, () => {
      const random = createSeededRandom(seed)
      const pick = (from: number, to: number) => from + Math.floor(random.fraction() * (to - from + 1))
      let [refusals, taken] = [0, 0]
      for (let turn = 0; turn < 2000; turn++) {
        const first: Times = {
          wait: pick(5, 55),
          inactivity: pick(1, 90),
          survivalTimeout: pick(0, 9) === 0 ? 0 : pick(1, 120),
          managementTimeout: pick(5, 180),
          requestTimeout: pick(1, 300),
        }
        let given = first
        let sentence = refusalOf(given)
        if (sentence === undefined) taken++
        for (let step = 0; sentence !== undefined; step++) {
          refusals++
          assert.ok(step < 3, `seed ${seed}: ${JSON.stringify(first)} ends at ${JSON.stringify(given)}: ${sentence}`)
          given = obey(sentence, given)
          sentence = refusalOf(given)
        }
      }
      assert.ok(refusals > 500 && taken > 100, `seed ${seed}: ${refusals} refusals, ${taken} taken at once`)
    })
  }

  test('pain 2: a relay that was refused starts with the one number that its sentence named', async () => {
    const asked = ['--wait', '20', '--survival-timeout', '0', '--management-timeout']
    const sentence = await refused(['relay', ...asked, '15'])
    const [, least = ''] =
      /must be at least --wait \+ 10 \((\d+)\): else a device that waits counts as gone\.$/.exec(sentence) ?? []
    await using street = await openNeighbourhood({ relay: [...asked, least] })
    assert.equal((await street.service.read('/readyz')).status, 200)
  })

  test('pain 2: a guessed unit is refused, with the bounds and the unit that hold', async () => {
    const bounds = 'it must be a whole number from 5 to 55 seconds.'
    for (const value of ['30s', '30000', '0.5', '', 'half a minute'])
      assert.equal(await refused(['relay', '--wait', value]), `--wait is "${value}": ${bounds}`)
  })

  test('pain 2: a configuration file that is broken is refused with the place, one with another name with that name', async () => {
    await using folder = await openFolder()
    const file = join(folder.path, 'relay.yaml')
    const refusedFor = async (text: string) => {
      await writeFile(file, text)
      return refused(['relay', '--config', file])
    }
    // The two ways in which people break JSON, which is YAML as well.
    assert.match(await refusedFor('{\n  "wait": 30\n  "inactivity": 60\n}\n'), /is not YAML: .* line [23]/)
    assert.match(await refusedFor('{"wait": 30'), /is not YAML: .* line 1/)
    assert.match(await refusedFor('agentPong: 15\n'), /has agentPong, which is no option here/)
    assert.match(await refusedFor('management-timeout: 15\n'), /: write managementTimeout/)
    assert.match(await refusedFor('settings:\n  wait: 30\n'), /has settings, which is no option here/)
    // Two mistakes are told at once: nobody should have to start it three times.
    const both = await refusedFor('wait: 300\ninactivity: long\n')
    assert.match(both, /wait in the configuration file is 300: .* inactivity in the configuration file is "long": /)
  })
})
