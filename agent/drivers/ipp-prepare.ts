/** Finds a form of a document that the printer takes: as it is if it can be, else converted. */
import { type PrintTicket, rangesOf } from '@fairlead/protocol/contract'
import type { IppAttributes } from '@fairlead/protocol/ipp'
import type { Converter } from './convert.ts'
import { convertible, sheetFor, targetAttributes, targetFor } from './convert-targets.ts'
import { imageFormats, makeImagePdf } from './image-pdf.ts'
import { formatsOf } from './ipp-abilities.ts'
import type { Prepare, Prepared } from './ipp-errand.ts'
import { flag } from './ipp-told.ts'
import type { PrintJob } from './printing.ts'

export function createPrepare(converter: Converter): Prepare {
  async function canConvert(told: IppAttributes): Promise<boolean> {
    return targetFor(told, {}) !== undefined && (await converter.isThere())
  }

  /** An image is one page: of PDF, and of what the printer takes instead. */
  async function ofImage(
    job: PrintJob,
    told: IppAttributes,
    stop: AbortSignal,
  ): Promise<Prepared | { readonly refusal: string }> {
    const { pages, ...ticket } = job.ticket
    const target = targetFor(told, ticket)
    if (target === undefined || (!takesPdf(told) && !(await converter.isThere())))
      return { refusal: `${notTaken(job, told)}${target ? installIt : ''}` }
    if (pages !== undefined && rangesOf(pages)?.[0]?.[0] !== 1)
      return { refusal: `An image has one page, and pages ${pages} were asked for.` }
    const page = await makeImagePdf(job, sheetFor(told, ticket), stop)
    if ('refusal' in page) return page
    if (takesPdf(told)) return Object.assign(page, { format: 'application/pdf', hasPagesSelected: true })
    await using source = page
    const made = await converter.convert(source.file, target, stop)
    return 'refusal' in made ? made : Object.assign(made, { format: target.format, hasPagesSelected: true })
  }

  return {
    attributes: [...targetAttributes, 'page-ranges-supported'],

    async formats(told) {
      if (await canConvert(told)) return [...convertible, ...imageFormats]
      return takesPdf(told) ? imageFormats : []
    },

    async document(job, told, stop) {
      const isTaken = formatsOf(told).includes(job.format)
      if (isTaken && (selects(told, job.ticket) || !convertible.includes(job.format))) return asItIs(job)
      if (imageFormats.includes(job.format)) return await ofImage(job, told, stop)
      if (!convertible.includes(job.format)) return { refusal: notTaken(job, told) }
      const target = targetFor(told, job.ticket)
      // Where its pages cannot be taken out, what is asked for is refused by what the printer can.
      if (target === undefined || !(await converter.isThere()))
        return isTaken ? asItIs(job) : { refusal: `${notTaken(job, told)}${target ? installIt : ''}` }
      const made = await converter.convert(job.file, target, stop)
      if ('refusal' in made) return made
      return Object.assign(made, { format: target.format, hasPagesSelected: job.ticket.pages !== undefined })
    },
  }
}

/** Whether the printer itself prints those pages that are asked for. */
const selects = (told: IppAttributes, { pages }: PrintTicket) =>
  pages === undefined || flag(told, 'page-ranges-supported') === true

function asItIs({ file, bytes, format }: PrintJob): Prepared {
  return { file, bytes, format, hasPagesSelected: false, async [Symbol.asyncDispose]() {} }
}

const takesPdf = (told: IppAttributes) => formatsOf(told).includes('application/pdf')

const notTaken = ({ format }: PrintJob, told: IppAttributes) =>
  `The printer does not take ${format}; it takes: ${formatsOf(told).join(', ') || 'nothing that it tells of'}.`

const installIt = ' With Ghostscript beside the agent it is converted for it (Debian: apt install ghostscript).'
