/** The sorts of text that several nouns share. */
import { z } from 'zod'

/** ISO 8601 UTC with milliseconds, as the relay writes it. */
export const Timestamp = z.iso.datetime().meta({ description: 'ISO 8601 UTC, with milliseconds' })

/** Text that people give: one line, no control characters. */
export function line(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}]*$/u, 'Must not contain control characters')
}

/**
 * Text that a device tells of itself: control characters are dropped, not refused, because firmware pads its
 * strings with NUL and a device must not be shut out for that.
 */
export function told(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .transform((text) => text.replace(/\p{Cc}+/gu, ' ').trim())
}
