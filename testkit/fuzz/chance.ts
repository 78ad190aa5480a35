/** Chance with a seed, in the forms that makers of inputs want it. */
import { createSeededRandom } from '@fairlead/base'

export interface Chance {
  /** A whole number from 0 up to but without `limit`. */
  below(limit: number): number
  /** True once in `times`, about. */
  oneIn(times: number): boolean
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

/** The same for the same seed and place: each batch has a chance of its own, so that it can be made alone. */
export function createChance(seed: number, place = 0): Chance {
  const { fraction } = createSeededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b))
  const below = (limit: number) => Math.floor(fraction() * limit)
  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick: (items) => items[below(items.length)] ?? items[0],
  }
}

/** Choices read from an input: the same bytes are the same story, and fewer bytes a shorter one. */
export function createChoices(input: Uint8Array): Chance & { readonly left: number } {
  let at = 0
  const next = () => input[at++] ?? 0
  const below = (limit: number) => (limit <= 256 ? next() : next() * 256 + next()) % limit
  return {
    get left() {
      return Math.max(0, input.length - at)
    },
    below,
    // Zero is what shrinking strives for: the plain way.
    oneIn: (times) => below(times) === times - 1,
    pick: (items) => items[below(items.length)] ?? items[0],
  }
}

/** Bytes without a meaning of their own, for who reads choices from them. */
export function makeBytes(chance: Chance, most: number): Uint8Array {
  return Uint8Array.from({ length: 1 + chance.below(most) }, () => chance.below(256))
}

/** Each item as many times as is said before it, to pick from. */
export function weigh<Item>(...items: readonly (readonly [times: number, item: Item])[]): readonly [Item, ...Item[]] {
  const all = items.flatMap(([times, item]) => new Array<Item>(times).fill(item))
  const [first, ...more] = all
  if (first === undefined) throw new Error('There is nothing to pick from.')
  return [first, ...more]
}
