/** Ranges of pages as people type them: without a dependency, so that a page of the console can check them too. */

export const rangesForm = /^[1-9]\d{0,5}(-([1-9]\d{0,5})?)?(,[1-9]\d{0,5}(-([1-9]\d{0,5})?)?)*$/

/**
 * What is left of a document once so many pages have come out of it, in its own order.
 * @param text the ranges that were asked for; undefined: all pages
 * @returns undefined: nothing is left
 */
export function rangesAfter(text: string | undefined, done: number): string | undefined {
  let toSkip = done
  const left: string[] = []
  for (const [first, last] of rangesOf(text ?? '1-') ?? []) {
    const from = first + toSkip
    toSkip = Math.max(0, from - last - 1)
    if (from <= last) left.push(from === last ? `${from}` : `${from}-${last === Number.POSITIVE_INFINITY ? '' : last}`)
  }
  const rest = left.join(',')
  return rangesForm.test(rest) ? rest : undefined
}

/** First and last, both included; the last may be infinite. @returns undefined: they fall or overlap */
export function rangesOf(text: string): readonly (readonly [number, number])[] | undefined {
  const ranges = text.split(',').map((range): [number, number] => {
    const [first = '', last] = range.split('-')
    return [Number(first), last === undefined ? Number(first) : last === '' ? Number.POSITIVE_INFINITY : Number(last)]
  })
  let before = 0
  for (const [first, last] of ranges) {
    if (first <= before || last < first) return undefined
    before = last
  }
  return ranges
}
