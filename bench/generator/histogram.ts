/** Latencies, counted in bins that are one percent wide: millions of them in a fixed memory. */

/** Bins of each power of two. */
const perOctave = 64
/** Up to 2^32 µs. */
const bins = 33 * perOctave

/** A class: counting must cost nothing. Times are microseconds. */
export class Histogram {
  readonly #counts = new Uint32Array(bins)
  #count = 0
  #max = 0

  get count(): number {
    return this.#count
  }

  /** Exact. */
  get max(): number {
    return this.#max
  }

  add(us: number) {
    this.#count++
    if (us > this.#max) this.#max = us
    const at = binOf(us)
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
  }

  /** The time that the part `fraction` of all is not above: the middle of its bin, 0 if there are none. */
  quantile(fraction: number): number {
    const wanted = Math.max(1, Math.ceil(fraction * this.#count))
    let seen = 0
    for (const [at, count] of this.#counts.entries()) {
      seen += count
      if (seen >= wanted) return Math.min(middleOf(at), this.#max)
    }
    return 0
  }
}

function binOf(us: number): number {
  if (us <= 1) return 0
  const at = Math.floor(Math.log2(us) * perOctave)
  return Math.min(bins - 1, at)
}

function middleOf(bin: number): number {
  return bin === 0 ? 1 : 2 ** ((bin + 0.5) / perOctave)
}
