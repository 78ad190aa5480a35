/** Whether two samples can come from one distribution: the test of Kolmogorov and Smirnov. */

/** The largest distance between their distribution functions, 0 to 1. */
export function distanceOf(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [one, other].map((sample) => [...sample].sort((x, y) => x - y)) as [number[], number[]]
  let [atA, atB, most] = [0, 0, 0]
  while (atA < a.length && atB < b.length) {
    const value = Math.min(a[atA] ?? 0, b[atB] ?? 0)
    while (a[atA] === value) atA++
    while (b[atB] === value) atB++
    most = Math.max(most, Math.abs(atA / a.length - atB / b.length))
  }
  return most
}

/** How likely such a distance or a larger one is if they do (Numerical Recipes §14.3: Stephens' approximation, good from 4 each). */
export function chanceOf(distance: number, counts: readonly [number, number]): number {
  const size = Math.sqrt((counts[0] * counts[1]) / (counts[0] + counts[1]))
  const lambda = (size + 0.12 + 0.11 / size) * distance
  // The series does not converge there, and its sum is 1.
  if (lambda < 0.2) return 1
  let sum = 0
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * lambda) ** 2)
  return Math.min(1, Math.max(0, sum))
}
