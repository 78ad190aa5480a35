/** Finds a form of a document that the printer takes: as it is, if it can be. */
import type { IppAttributes } from '@fairlead/protocol/ipp'
import { formatsOf } from './ipp-abilities.ts'
import type { Prepare, Prepared } from './ipp-errand.ts'
import type { PrintJob } from './printing.ts'

export function createPrepare(): Prepare {
  return {
    attributes: [],
    formats: async () => [],
    document: async (job, told) =>
      takes(told, job)
        ? asItIs(job)
        : { refusal: `The printer does not take ${job.format}; it takes: ${formatsOf(told).join(', ')}.` },
  }
}

function takes(told: IppAttributes, job: PrintJob): boolean {
  return formatsOf(told).includes(job.format)
}

function asItIs({ file, bytes, format }: PrintJob): Prepared {
  return { file, bytes, format, hasPagesSelected: false, async [Symbol.asyncDispose]() {} }
}
