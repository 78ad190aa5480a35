/** Finds a form of a document that the printer takes: as it is if it can be, else converted. */
import type { PrintTicket } from '@fairlead/protocol/contract'
import type { IppAttributes } from '@fairlead/protocol/ipp'
import type { Converter } from './convert.ts'
import { convertible, targetAttributes, targetFor } from './convert-targets.ts'
import { formatsOf } from './ipp-abilities.ts'
import type { Prepare, Prepared } from './ipp-errand.ts'
import { flag } from './ipp-told.ts'
import type { PrintJob } from './printing.ts'

export function createPrepare(converter: Converter): Prepare {
  async function canConvert(told: IppAttributes): Promise<boolean> {
    return targetFor(told, {}) !== undefined && (await converter.isThere())
  }

  return {
    attributes: [...targetAttributes, 'page-ranges-supported'],

    formats: async (told) => ((await canConvert(told)) ? convertible : []),

    async document(job, told, stop) {
      const isTaken = formatsOf(told).includes(job.format)
      if (isTaken && (selects(told, job.ticket) || !convertible.includes(job.format))) return asItIs(job)
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

const notTaken = ({ format }: PrintJob, told: IppAttributes) =>
  `The printer does not take ${format}; it takes: ${formatsOf(told).join(', ') || 'nothing that it tells of'}.`

const installIt = ' With Ghostscript beside the agent it is converted for it (Debian: apt install ghostscript).'
