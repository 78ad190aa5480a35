/** Ranges of pages as people type them: without a dependency, so that a page of the console can check them too. */

export const rangesForm = /^[1-9]\d{0,5}(-([1-9]\d{0,5})?)?(,[1-9]\d{0,5}(-([1-9]\d{0,5})?)?)*$/

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
