/** Whole numbers of the command line: a wrong one is wrong usage, told before anything is sent. */
import { InvalidArgumentError } from 'commander'

/** @returns a reader for commander @throws {InvalidArgumentError} for all but a whole number from `least` to `most` */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}
