/** Points in time as a printer has them: in seconds since it began, and as dates. */
import { dateTimeOf, type IppValue, ipp } from '@fairlead/protocol/ipp'

/**
 * All printers here began in the first second of 2025: the same at every node, before all that happened, and in 32 bits for
 * as long as anybody will ask.
 */
const beganAt = Date.UTC(2025, 0, 1)

export const upSeconds = (ms: number) => Math.max(1, Math.floor((ms - beganAt) / 1000))

/** `time-at-…`. @param ms undefined: it has not happened */
export function secondsAt(ms: number | undefined): readonly IppValue[] {
  return ms === undefined ? ipp.none('no-value') : ipp.integer(upSeconds(ms))
}

/** `date-time-at-…`. @param ms undefined: it has not happened */
export function dateAt(ms: number | undefined): readonly IppValue[] {
  return ms === undefined ? ipp.none('no-value') : ipp.dateTime(dateTimeOf(ms))
}
