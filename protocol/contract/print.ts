/** What is asked of a printer for a document, and what a printer can do: in IPP's words (RFC 8011, PWG 5100.13). */
import { z } from 'zod'
import { rangesForm, rangesOf } from './page-ranges.ts'
import { told } from './text.ts'

/** As a document's `Content-Type` says it, without parameters (RFC 6838 §4.2). */
export const MediaType = z
  .string()
  .max(255)
  .regex(/^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/, 'must be a media type in lower case')

/** A self-describing name, as `iso_a4_210x297mm` (PWG 5101.1). */
const MediaName = z
  .string()
  .max(255)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be a name of PWG 5101.1, as iso_a4_210x297mm')

export const Sides = z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'])
export const ColorMode = z.enum(['auto', 'color', 'monochrome'])
export const PrintQuality = z.enum(['draft', 'normal', 'high'])

/** `1-3,7,9-`: what comes out of a document, in its own order. */
const PageRanges = z
  .string()
  .max(255)
  .regex(rangesForm, 'must be ranges of pages, as 1-3,7,9-')
  .refine((text) => rangesOf(text) !== undefined, 'must be ranges that rise and do not overlap, as 1-3,7,9-')

const copies = { least: 1, most: 999 }

/** What is not said is as the printer has it. */
const ticketFields = {
  copies: z.int().min(copies.least).max(copies.most).optional(),
  media: MediaName.optional(),
  sides: Sides.optional(),
  color: ColorMode.optional(),
  quality: PrintQuality.optional(),
  pages: PageRanges.optional().meta({ description: 'Ranges of pages, as 1-3,7,9-; all if not given' }),
}
/** The same as a query has it. */
export const ticketQuery = {
  ...ticketFields,
  copies: z.coerce.number().int().min(copies.least).max(copies.most).optional(),
}
export const PrintTicket = z.object(ticketFields).meta({ id: 'PrintTicket' })
export type PrintTicket = z.infer<typeof PrintTicket>

/** What a device tells of how it prints; what it does not tell is absent, and is not known. */
export const PrintAbilities = z.object({
  formats: z.array(MediaType).max(64).meta({ description: 'Documents that it takes, the best first' }),
  media: z.array(told(255)).max(256).optional(),
  mediaDefault: told(255).optional(),
  sides: z.array(Sides).max(3).optional(),
  colors: z.array(ColorMode).max(3).optional(),
  qualities: z.array(PrintQuality).max(3).optional(),
  mostCopies: z.int().min(1).optional(),
  takesPageRanges: z.boolean().optional(),
})
export type PrintAbilities = z.infer<typeof PrintAbilities>
