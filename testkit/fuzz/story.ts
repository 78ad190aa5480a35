/** Targets whose inputs are stories: each byte a choice of what happens to a machine next, checked after every step. */
import { createChoices, makeBytes } from './chance.ts'
import { type Target, tryEach, wordsFor } from './target.ts'

export type Choices = ReturnType<typeof createChoices>
export type Counts = Record<string, number>

/** What does not hold. Its message is the complaint. */
export class Broken extends Error {
  override readonly name = 'Broken'
}

export function expect(holds: boolean, what: string, more?: () => unknown): asserts holds {
  if (!holds) throw new Broken(more === undefined ? what : `${what}: ${JSON.stringify(more())}`)
}

/** @param live plays one story; throws `Broken` where a promise is */
export function storyTarget(
  describe: string,
  inputs: number,
  live: (choices: Choices, counts: Counts) => void,
): Target {
  return {
    describe,
    inputs,
    batch: 200,
    async open({ trying }) {
      const counts: Counts = {}
      return {
        counts,
        make: (chance) => makeBytes(chance, chance.oneIn(4) ? 600 : 150),
        tryOut: (stories) =>
          tryEach(stories, (story) => {
            trying(story)
            try {
              live(createChoices(story), counts)
              return undefined
            } catch (error) {
              return error instanceof Broken ? error.message : `thrown: ${wordsFor(error)}`
            }
          }),
        async [Symbol.asyncDispose]() {},
      }
    },
  }
}

/** Adds to what a run has counted. */
export function count(counts: Counts, name: string, times = 1): void {
  counts[name] = (counts[name] ?? 0) + times
}
