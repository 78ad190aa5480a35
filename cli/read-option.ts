/** Values of options, read and refused before anything is asked of a relay. */
import { InvalidArgumentError } from 'commander'

/** For an option that may be given several times. */
export const several = (value: string, before: string[] = []): string[] => [...before, value]

/** @param unit what is counted, as in `seconds`; left out for bare numbers */
export function wholeNumber(least: number, most: number, unit?: string): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (/^\d{1,9}$/.test(text) && number >= least && number <= most) return number
    throw new InvalidArgumentError(`It must be a whole number${unit ? ` of ${unit}` : ''}, ${least} to ${most}.`)
  }
}

/** @returns the instant as the API has it */
export function readTime(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : undefined
  if (time && !Number.isNaN(time.getTime())) return time.toISOString()
  throw new InvalidArgumentError('It must be a time like 2030-01-31T12:00:00Z, or a day like 2030-01-31.')
}
