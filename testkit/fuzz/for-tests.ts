/** Plays a share of a target in a test, and looks for planted faults. */
import assert from 'node:assert/strict'
import { play } from './play.ts'
import { type Finding, kindOf, type Target } from './target.ts'

const seed = Number(process.env['FAIRLEAD_SEED'] ?? 1)

/** Nothing is found in so many inputs, and each thing that is counted was seen `least` times: else little was tried. */
export async function playShare(target: Target, inputs: number, least: Record<string, number>): Promise<void> {
  const { tried, counts, findings } = await play(target, { seed, inputs })
  const found = findings.map(({ what, input }) => `${what} ${JSON.stringify(Buffer.from(input).toString('latin1'))}`)
  assert.deepEqual(found, [], `seed ${seed}`)
  assert.equal(tried, inputs)
  for (const [name, times] of Object.entries(least))
    assert.ok((counts[name] ?? 0) >= times, `seed ${seed}: ${counts[name]} ${name}, of at least ${times}`)
}

/** A planted fault is found, as that kind among others, in an input that shows it by itself. */
export async function assertFound(target: Target, inputs: number, kind: RegExp): Promise<void> {
  const isIt = ({ what }: Finding) => kind.test(kindOf(what))
  const isEnough = (found: readonly Finding[]) => found.some(isIt)
  const { findings } = await play(target, { seed, inputs, shrinkMs: 100, isEnough })
  const kinds = findings.map(({ what }) => kindOf(what))
  assert.ok(findings.some(isIt), `seed ${seed}: ${kind} is not in ${JSON.stringify(kinds)}`)
}
