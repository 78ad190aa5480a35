/** What is asked for a document, in IPP's attributes, if the printer can do it (RFC 8011 §5.2). */
import { type PrintAbilities, type PrintTicket, rangesOf } from '@fairlead/protocol/contract'
import { attributesFrom, type IppAttributes, ipp } from '@fairlead/protocol/ipp'

const qualities = { draft: 3, normal: 4, high: 5 } as const
export const qualityOf = (number: number) =>
  (Object.keys(qualities) as (keyof typeof qualities)[]).find((quality) => qualities[quality] === number)

/** The largest integer of IPP: to the end of the document. */
const noEnd = 2 ** 31 - 1

/**
 * Why the printer cannot do it, in one sentence; undefined: it can. What it did not tell of it may try.
 * @param selectsPages somebody else takes the pages out of the document before
 */
export function refusalOfTicket(ticket: PrintTicket, can: PrintAbilities, selectsPages: boolean): string | undefined {
  const { copies = 1, media, sides, color, quality, pages } = ticket
  if (copies > 1 && copies > (can.mostCopies ?? 1))
    return `The printer makes ${can.mostCopies ?? 1} of a document at most: ${copies} copies were asked for.`
  // A list that is full may have been cut off.
  if (media !== undefined && can.media && can.media.length < 256 && !can.media.includes(media))
    return `The printer has no paper ${media}; it has: ${can.media.slice(0, 20).join(', ')}.`
  if (sides !== undefined && sides !== 'one-sided' && can.sides && !can.sides.includes(sides))
    return 'The printer cannot print on both sides as it was asked to.'
  if (color === 'color' && can.colors && !can.colors.includes('color')) return 'The printer prints no colour.'
  if (color === 'monochrome' && can.colors && !can.colors.includes('monochrome'))
    return 'The printer cannot be asked to print without colour.'
  if (quality !== undefined && can.qualities && !can.qualities.includes(quality))
    return `The printer has no quality ${quality}; it has: ${can.qualities.join(', ')}.`
  if (pages !== undefined && !can.takesPageRanges && !selectsPages)
    return 'The printer cannot print a part of a document. With Ghostscript beside the agent it can (Debian: apt install ghostscript), for PDF and PostScript.'
  return undefined
}

/** The job's attributes. @param pagesAreSelected the document has only the pages that were asked for */
export function ticketAttributes(
  ticket: PrintTicket,
  can: PrintAbilities,
  pagesAreSelected: boolean,
): IppAttributes | undefined {
  const { copies, media, sides, color, quality, pages } = ticket
  // A printer that has no automatic choice makes one without being asked.
  const mode = color !== undefined && (color !== 'auto' || can.colors?.includes('auto')) ? color : undefined
  const ranges = pages === undefined || pagesAreSelected ? undefined : rangesOf(pages)
  const attributes = attributesFrom({
    copies: copies === undefined || copies === 1 ? undefined : ipp.integer(copies),
    media: media === undefined ? undefined : ipp.keyword(media),
    sides: sides === undefined || can.sides === undefined ? undefined : ipp.keyword(sides),
    'print-color-mode': mode === undefined ? undefined : ipp.keyword(mode),
    'print-quality': quality === undefined ? undefined : ipp.enum(qualities[quality]),
    'page-ranges':
      ranges && ipp.rangeOfInteger(...ranges.map(([lower, upper]) => ({ lower, upper: Math.min(upper, noEnd) }))),
  })
  return attributes.size === 0 ? undefined : attributes
}
