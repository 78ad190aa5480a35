/** The month of a moment as a calendar has it, where a clock shows that moment. */

export interface Month {
  /** Of the month, from 1. */
  day: number
  /** From the first day of a week to its last; 0: of another month. */
  weeks: number[][]
}

/** @param firstDay of a week: 1 is Monday, 7 Sunday */
export function monthOf(atMs: number, zone: string, firstDay: number): Month {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric' })
  const told = Object.fromEntries(parts.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 0, day = 0 } = told
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const before = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() - firstDay + 7) % 7
  const cells = [...Array(before).fill(0), ...Array.from({ length: days }, (_, at) => at + 1)]
  while (cells.length % 7 > 0) cells.push(0)
  return { day, weeks: Array.from({ length: cells.length / 7 }, (_, at) => cells.slice(at * 7, at * 7 + 7)) }
}
