/** Plays three seeded rounds of a kind in a test; more are for `npm run soak`. For tests only. */
import assert from 'node:assert/strict'
import { kinds } from './kinds.ts'
import type { Played } from './played.ts'
import { renderLies } from './report.ts'

/** The machine plays other tests beside this one: what the contract says to the second is for `npm run soak`. */
export const patience = 5

/** @returns its figures, once all that was told is true */
export async function mustBeTrue(name: string, seed: number, rounds = 3): Promise<Played> {
  const kind = kinds[name] ?? assert.fail(`there is no kind ${name}`)
  const progress: string[] = []
  const options = {
    seed,
    rounds,
    patience,
    strict: false,
    isShort: true,
    tell: (line: string) => void progress.push(line),
  }
  try {
    const played = await kind.play(options)
    assert.equal(renderLies(played), '')
    // Where nothing was asked, everything is true.
    assert.ok(played.calls > 30 && played.executions > 30 && played.promises > 5, JSON.stringify(played))
    return played
  } catch (error) {
    throw new Error(`npm run soak -- --only ${name} --seed ${seed} --rounds ${rounds}\n${progress.join('\n')}`, {
      cause: error,
    })
  }
}
