/** Makes an input that shows something as small as simple means can: pieces left out, bytes made plain. */

/** Enough for some hundreds of bytes; a finding need not be perfect. */
const mostTries = 3000
const mostSlid = 8

/** @param shows whether a smaller input still shows the same */
export async function shrink(
  input: Uint8Array,
  shows: (smaller: Uint8Array) => Promise<boolean>,
  longestMs: number,
): Promise<Uint8Array> {
  const giveUpAtMs = performance.now() + longestMs
  let best = input
  let tries = 0
  const isOver = () => tries >= mostTries || performance.now() > giveUpAtMs

  async function attempt(smaller: Uint8Array): Promise<boolean> {
    tries++
    if (!(await shows(smaller))) return false
    best = smaller
    return true
  }

  async function leaveOut(): Promise<void> {
    for (let size = Math.ceil(best.length / 2); size > 0 && !isOver(); size = size === 1 ? 0 : Math.ceil(size / 2))
      for (let at = 0; at < best.length && !isOver(); )
        // Small pieces are looked for at every place: they seldom begin where halving cuts.
        if (!(await attempt(without(best, at, size)))) at += size <= mostSlid ? 1 : size
  }

  for (let before = Number.POSITIVE_INFINITY; best.length < before && !isOver(); ) {
    before = best.length
    await leaveOut()
  }
  for (let at = 0; at < best.length && !isOver(); at++) {
    const plain = best.slice()
    plain[at] = plainer(plain[at] ?? 0)
    if (plain[at] !== best[at]) await attempt(plain)
  }
  return best
}

function without(input: Uint8Array, at: number, size: number): Uint8Array {
  const smaller = new Uint8Array(input.length - Math.min(size, input.length - at))
  smaller.set(input.subarray(0, at))
  smaller.set(input.subarray(at + size), at)
  return smaller
}

/** Letters stay letters and digits digits: what else they were made of is seldom what matters. */
function plainer(byte: number): number {
  const character = String.fromCharCode(byte)
  if (/[a-z]/i.test(character)) return 97
  return /[0-9]/.test(character) ? 48 : byte
}
