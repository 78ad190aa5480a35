/** Documents out of a printer that speaks IPP: handed over once, followed, and asked for again after a crash (M1). */
import { Failure } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import { abilitiesOf, abilityAttributes } from './ipp-abilities.ts'
import type { Errand, IppPrintingNeeds } from './ipp-errand.ts'
import { followJob } from './ipp-follow.ts'
import { handOver } from './ipp-hand-over.ts'
import { jobName } from './ipp-job.ts'
import { findLost } from './ipp-lost.ts'
import { type Mark, nothing, readMark } from './ipp-mark.ts'
import type { PrintEnd, Printing } from './printing.ts'

/** How often a document may break off on its way before its turn is over. */
const mostTries = 3

export function createIppPrinting(needs: IppPrintingNeeds): Printing {
  return {
    async abilities() {
      try {
        const told = await needs.read([...abilityAttributes, ...needs.prepare.attributes])
        return abilitiesOf(told, await needs.prepare.formats(told))
      } catch (error) {
        if (error instanceof Failure) return undefined
        throw error
      }
    },

    async print(job, mark, follow) {
      const kept = mark === undefined ? nothing : readMark(mark)
      if (kept === undefined)
        return {
          state: 'unknown',
          reason: 'The job was handed over by another driver: look whether it has come out.',
          pages: undefined,
        }
      const errand: Errand = {
        ...needs,
        job,
        follow,
        name: jobName(job.name, job.id),
        user: userOf(job.user),
        keep(next) {
          follow.mark(withoutHoles(next))
          return next
        },
      }
      try {
        return await run(errand, kept)
      } catch (error) {
        if (follow.stopping.aborted && error === follow.stopping.reason) return { state: 'suspended' }
        throw error
      }
    },
  }
}

/** Each step ends with what is the case then, on disk already, or with the end. */
async function run(errand: Errand, first: Mark): Promise<PrintEnd> {
  let now: Mark | PrintEnd = first
  for (let tries = 0; 'step' in now; ) {
    if (now.step === 'intent') now = await findLost(errand, now)
    else if (now.step === 'job') now = await followJob(errand, now)
    else if (tries < mostTries) now = await handOver(errand, now, tries++ === 0)
    else
      throw new Failure(
        'device-offline',
        `The document has broken off ${mostTries} times on its way to the printer, and nothing of it was printed.`,
      )
  }
  return now
}

/** A name of IPP has 255 octets; one of a person is shorter. */
const userOf = (user: string | undefined) => user?.replaceAll(/\p{Cc}/gu, '').slice(0, 60) || 'fairlead'

const withoutHoles = (mark: Mark): Json => JSON.parse(JSON.stringify(mark))
