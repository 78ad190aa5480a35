/** What is kept of a job on its way to a printer over IPP, so that the printer can be asked about it after a crash. */
import type { Json } from '@fairlead/protocol/contract'
import { z } from 'zod'

/** When something was kept: by the wall clock, and by the printer's own (printer-up-time). */
const moment = { atMs: z.number(), upSeconds: z.number().optional() }

/** Tries that have come to nothing, by UUID or number: the printer still tells of them, under the same name. */
const earlier = z.array(z.string()).optional()

const Mark = z.discriminatedUnion('step', [
  /** What had been kept before has come to nothing: the printer has nothing that it could print. */
  z.object({ step: z.literal('nothing'), earlier }),
  /** The printer is about to be asked for a job: `empty` without its document (Create-Job), `whole` with it (Print-Job). */
  z.object({ step: z.literal('intent'), way: z.enum(['empty', 'whole']), earlier, ...moment }),
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
    earlier,
    ...moment,
  }),
])
export type Mark = z.infer<typeof Mark>
export type Nothing = Extract<Mark, { step: 'nothing' }>
export type Intent = Extract<Mark, { step: 'intent' }>
export type KnownJob = Extract<Mark, { step: 'job' }>

/** @returns undefined: another driver has kept it */
export function readMark(mark: Json): Mark | undefined {
  return Mark.safeParse(mark).data
}

export const nothing: Nothing = { step: 'nothing' }

export const keyOf = (job: { id: number | undefined; uuid: string | undefined }) => job.uuid ?? String(job.id)

const mostEarlier = 20

/** A job that has come to nothing is one more of the earlier tries. */
export function nothingAfter({ jobId, jobUuid, earlier = [] }: KnownJob): Nothing {
  return { step: 'nothing', earlier: [...earlier, keyOf({ id: jobId, uuid: jobUuid })].slice(-mostEarlier) }
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
