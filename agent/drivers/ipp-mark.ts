/** What is kept of a job on its way to a printer over IPP, so that the printer can be asked about it after a crash. */
import type { Json } from '@fairlead/protocol/contract'
import { z } from 'zod'

/** When something was kept: by the wall clock, and by the printer's own (printer-up-time). */
const moment = { atMs: z.number(), upSeconds: z.number().optional() }

const Mark = z.discriminatedUnion('step', [
  /** What had been kept before has come to nothing: the printer has nothing. */
  z.object({ step: z.literal('nothing') }),
  /** The printer is about to be asked for a job: `empty` without its document (Create-Job), `whole` with it (Print-Job). */
  z.object({ step: z.literal('intent'), way: z.enum(['empty', 'whole']), ...moment }),
  z.object({
    step: z.literal('job'),
    jobId: z.int(),
    jobUuid: z.string().optional(),
    /** How much of the document has gone to the printer, as far as it is known. */
    document: z.enum(['none', 'begun', 'whole']),
    /** It is being cancelled because its document did not come whole, and is to be printed anew. */
    anew: z.boolean().optional(),
    /** The last that the printer told: what has come out, of how much. */
    pages: z.int().optional(),
    total: z.int().optional(),
    ...moment,
  }),
])
export type Mark = z.infer<typeof Mark>
export type Intent = Extract<Mark, { step: 'intent' }>
export type KnownJob = Extract<Mark, { step: 'job' }>

/** @returns undefined: another driver has kept it */
export function readMark(mark: Json): Mark | undefined {
  return Mark.safeParse(mark).data
}

/**
 * Whether the printer has been off since a moment. Its own clock then began anew: it tells less than the time that has passed,
 * while without it tells that and what it had told before. In the middle between the two lies what no drift of clocks reaches;
 * what cannot be told counts as off.
 */
export function wasOff(
  since: Pick<Intent, 'atMs' | 'upSeconds'>,
  now: { atMs: number; upSeconds: number | undefined },
) {
  if (since.upSeconds === undefined || now.upSeconds === undefined) return true
  const passedSeconds = (now.atMs - since.atMs) / 1000
  return passedSeconds < 0 || now.upSeconds < passedSeconds + since.upSeconds / 2
}
