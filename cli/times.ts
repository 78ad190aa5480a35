/** Times in words: in the reader's zone, with their age. */

const units: readonly [name: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
]

/** `2026-11-20 14:02`, in the zone of this machine. */
export function shortTime(at: string): string {
  const time = new Date(at)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`
}

/** `3 min ago`; the clocks of two machines differ, so a moment ahead is now. @param now in milliseconds since 1970 */
export function ageOf(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1000)
  if (seconds < 1) return 'just now'
  const [name, length] = units.find(([, unitSeconds]) => seconds >= unitSeconds) ?? ['s', 1]
  return `${Math.floor(seconds / length)} ${name} ago`
}

/** `2026-11-20 14:02 (3 min ago)` */
export function timeInWords(at: string, now: number): string {
  return `${shortTime(at)} (${ageOf(at, now)})`
}
