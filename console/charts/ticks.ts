/** Which days are named below a chart: midnights of the reader's zone, or beginnings of months where it is long. */

export interface Tick {
  atMs: number
  words: string
}

/** Few enough for a telephone. */
const mostTicks = 5
const longFromDays = 90

export function ticksFor(fromMs: number, toMs: number, days: number, language: string): Tick[] {
  const isLong = days > longFromDays
  // 11月6日 is too wide; 11/6 says the same there.
  const month = language === 'ja' && !isLong ? 'numeric' : 'short'
  const format = new Intl.DateTimeFormat(language, { month, ...(!isLong && { day: 'numeric' }) })
  const first = new Date(fromMs)
  const step = Math.ceil((isLong ? days / 30 : days) / mostTicks)
  const ticks: Tick[] = []
  for (let place = isLong ? 1 : 0; ; place += step) {
    const [month, day] = isLong ? [first.getMonth() + place, 1] : [first.getMonth(), first.getDate() + place]
    const at = new Date(first.getFullYear(), month, day)
    if (at.getTime() > toMs) return ticks
    if (at.getTime() >= fromMs) ticks.push({ atMs: at.getTime(), words: format.format(at) })
  }
}
