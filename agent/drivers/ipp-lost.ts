/** Finds out whether a printer has got a job of which nothing but the intent is known. */
import { Failure } from '@fairlead/base'
import { type IppResponse, ipp } from '@fairlead/protocol/ipp'
import { type Errand, jobIs } from './ipp-errand.ts'
import { type JobSeen, jobAttributes, likenessOf, readJob } from './ipp-job.ts'
import { type Intent, type KnownJob, keyOf, type Mark, wasOff } from './ipp-mark.ts'
import { pauseUntil } from './ipp-pause.ts'
import { isOk } from './ipp-refusals.ts'
import { number } from './ipp-told.ts'
import type { PrintEnd } from './printing.ts'

/** For so long printers remember what they have printed, or they remember nothing (CUPS' own one: 60 s). */
const surelyKeptMs = 45_000
const longestPauseMs = 30_000
const secondLookMs = 5000
/** So often after it was to be cancelled, nobody waits for it any longer. */
const looksGivenUp = 20

const givenUp: PrintEnd = {
  state: 'unknown',
  reason: 'It was cancelled, and the printer, which may have it, does not answer: look whether it comes out.',
  pages: undefined,
}

/** What was never handed over with its document is done away with; else the printer is asked, until it answers. */
export async function findLost(errand: Errand, intent: Intent): Promise<Mark | PrintEnd> {
  if (intent.way === 'empty') return await clearAway(errand, intent)
  for (let tries = 0; ; tries++) {
    try {
      return await search(errand, intent)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (errand.follow.cancelled.aborted && tries >= looksGivenUp) return givenUp
      await pauseUntil(errand.clock, Math.min(longestPauseMs, 1000 * 2 ** tries), errand.follow.stopping)
    }
  }
}

/** @throws {Failure} `device-offline`: the printer does not answer, and has nothing that it could print */
async function clearAway(errand: Errand, intent: Intent): Promise<Mark> {
  const { client, follow, keep } = errand
  try {
    const { found } = await listJobs(errand, intent)
    const jobId = found?.id
    // Whether or not it can be: a job without a document ends by itself.
    if (jobId !== undefined) await client.ask('Cancel-Job', { operation: jobIs(errand, jobId), stop: follow.stopping })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure('device-offline', error.message, { cause: error })
  }
  return keep({ step: 'nothing', earlier: intent.earlier })
}

async function search(errand: Errand, intent: Intent): Promise<Mark | PrintEnd> {
  const { read, follow, keep, clock } = errand
  const upSeconds = number(await read(['printer-up-time'], follow.stopping), 'printer-up-time')
  const isNew = wasOff(intent, { atMs: clock.wallNow(), upSeconds })
  let listed = await listJobs(errand, intent)
  if (listed.found === undefined) {
    // It may be about to make a job of what it has read.
    await pauseUntil(clock, secondLookMs, follow.stopping)
    listed = await listJobs(errand, intent)
  }
  const { found, isUnclear, reachesBack } = listed
  if (found?.id !== undefined) {
    const { atMs, upSeconds, earlier } = intent
    const job = { jobId: found.id, jobUuid: found.uuid, document: 'begun', earlier } as const
    const known: KnownJob = { step: 'job', ...job, atMs, upSeconds }
    return keep(known)
  }
  if (!isNew && reachesBack && !isUnclear) return keep({ step: 'nothing', earlier: intent.earlier })
  const why = isNew ? 'has been off since' : 'does not say which jobs it has had'
  const reason = `The document went to the printer, which ${why}: look whether it has come out before it is printed again.`
  return { state: 'unknown', reason, pages: undefined }
}

interface Listed {
  found: JobSeen | undefined
  /** There is one since then that may be ours. */
  isUnclear: boolean
  /** What it still knows of begins before the intent. */
  reachesBack: boolean
}

async function listJobs(errand: Errand, intent: Intent): Promise<Listed> {
  const since = intent.upSeconds ?? 0
  const [open, ended] = [await list(errand, 'not-completed'), await list(errand, 'completed')]
  const jobs = [...(open ?? []), ...(ended ?? [])]
  const same = jobs.filter((job) => likenessOf(job, errand.name) === 'same')
  const isSince = ({ createdAt = since }: JobSeen) => createdAt >= since
  const { earlier = [] } = intent
  const isRecent = errand.clock.wallNow() - intent.atMs < surelyKeptMs
  return {
    found: same
      .filter((job) => !earlier.includes(keyOf(job)))
      .toSorted((one, other) => (other.id ?? 0) - (one.id ?? 0))[0],
    isUnclear:
      jobs.some((job) => likenessOf(job, errand.name) === 'unclear' && isSince(job)) ||
      // By its number it is an earlier try; a printer that was off in between may have given that anew.
      same.some((job) => earlier.includes(String(job.id)) && isSince(job)),
    reachesBack:
      open !== undefined &&
      ended !== undefined &&
      (isRecent || ended.some(({ endedAt }) => endedAt !== undefined && endedAt < since)),
  }
}

/** Undefined: it does not tell. */
async function list({ client, user, follow }: Errand, which: string): Promise<JobSeen[] | undefined> {
  const answer: IppResponse = await client.ask('Get-Jobs', {
    operation: {
      'requesting-user-name': ipp.name(user),
      'which-jobs': ipp.keyword(which),
      'my-jobs': ipp.boolean(false),
      'requested-attributes': ipp.keyword(...jobAttributes),
    },
    stop: follow.stopping,
  })
  if (!isOk(answer)) return undefined
  return answer.groups.filter(({ kind }) => kind === 'job').map(({ attributes }) => readJob(attributes))
}
