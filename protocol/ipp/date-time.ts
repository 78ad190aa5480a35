/** Points in time and the eleven bytes of an IPP dateTime's fields. Source: RFC 2579 DateAndTime. */
import type { IppDateTime } from './message.ts'

/** In UTC, to the tenth of a second. @param ms since 1970; of a year up to 65535 */
export function dateTimeOf(ms: number): IppDateTime {
  const date = new Date(ms)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    decisecond: Math.floor(date.getUTCMilliseconds() / 100),
    direction: '+',
    offsetHours: 0,
    offsetMinutes: 0,
  }
}

/** In milliseconds since 1970; undefined for a day or hour that does not exist, as of printers whose clock was never set. */
export function msOf(time: IppDateTime): number | undefined {
  const { year, month, day, hour, minute, second, decisecond } = time
  // A leap second is 60.
  if (hour > 23 || minute > 59 || second > 60 || decisecond > 9) return undefined
  if (time.offsetHours > 14 || time.offsetMinutes > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const local = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + decisecond * 100
  const offsetMs = (time.offsetHours * 60 + time.offsetMinutes) * 60_000
  return time.direction === '+' ? local - offsetMs : local + offsetMs
}
