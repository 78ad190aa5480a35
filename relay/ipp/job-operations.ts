/** What can be done with jobs in IPP (RFC 8011 §4.2, §4.3; PWG 5100.11). */
import { Failure } from '@fairlead/base'
import type { Job } from '@fairlead/protocol/contract'
import { findAll, findOne, type IppAttributes, type IppGroup, type IppOperation } from '@fairlead/protocol/ipp'
import { actorOf } from '../audit/actor.ts'
import { askerOf, homeOf, isPerson } from '../http/reach.ts'
import { type Ask, jobNumberOf, type Operation, type Reply, requestedOf } from './asking.ts'
import { anyFormat, canDo } from './can-do.ts'
import { compressionOf, unpacked } from './compression.ts'
import { jobAttributesOf, ofNewJob, stateOf } from './job-attributes.ts'
import type { IppNeeds } from './needs.ts'
import { whichJobs } from './printer-attributes.ts'
import { IppRefusal, notSupported } from './refusal.ts'
import { nonEmpty } from './request-body.ts'
import { select } from './selecting.ts'
import { readTicket, type Ticket } from './ticket.ts'

type JobOperation =
  | 'Print-Job'
  | 'Validate-Job'
  | 'Create-Job'
  | 'Send-Document'
  | 'Cancel-Job'
  | 'Get-Job-Attributes'
  | 'Get-Jobs'
  | 'Hold-Job'
  | 'Release-Job'
  | 'Cancel-My-Jobs'
  | 'Close-Job'

/** In one answer; who wants to see more has the API. */
const mostJobs = 500

export function jobOperations({ jobs, showDevice, clock }: IppNeeds): Record<JobOperation & IppOperation, Operation> {
  async function ticketOf(ask: Ask, canHold = true): Promise<Ticket> {
    const { abilities } = await jobs.printing(ask.device)
    return readTicket(ask.operation, ask.job, { ...canDo(abilities), canHold, canWait: isPerson(ask.caller) })
  }

  /** Whose job it becomes, and what it is to be. */
  async function orderOf(ask: Ask, { query }: Ticket) {
    const { caller, device, address, user } = ask
    const { account } = await showDevice(caller, device)
    return {
      ...{ device, account, query, address, user, actor: actorOf(caller), asker: askerOf(caller) },
      ...{ uploader: homeOf(caller), key: undefined, person: await jobs.whose(caller, device, query) },
    }
  }

  /** @throws {Failure} `not-found` */
  async function mustFind(ask: Ask): Promise<Job> {
    const number = jobNumberOf(ask)
    const { items } = number < 1 ? { items: [] } : await jobs.list(ask.caller, { device: ask.device, number, limit: 1 })
    const [job] = items
    if (!job) throw new Failure('not-found', `There is no job ${number} at this printer.`)
    return job
  }

  function groupOf(ask: Ask, job: Job, requested: readonly string[]): IppGroup {
    const { description, template } = jobAttributesOf(job, ask.printerUri, clock.wallNow())
    const groups = { 'job-description': description, 'job-template': template }
    return { kind: 'job', attributes: select(groups, requested, Object.keys(groups)) }
  }

  function taken(ask: Ask, job: Job, unsupported: IppAttributes = new Map()): Reply {
    const group = groupOf(ask, job, ofNewJob)
    if (unsupported.size === 0) return { groups: [group] }
    return {
      status: 'successful-ok-ignored-or-substituted-attributes',
      groups: [{ kind: 'unsupported', attributes: unsupported }, group],
    }
  }

  /** @throws {IppRefusal} of a job that waits for no document */
  function mustWait(job: Job): void {
    if (job.heldFor === 'document') return
    if (stateOf(job).state === 'canceled') throw new IppRefusal('server-error-job-canceled', 'The job was cancelled.')
    if (job.format === '') throw new Failure('job-ended', job.reason ?? 'The job has ended.')
    throw new IppRefusal(
      'server-error-multiple-document-jobs-not-supported',
      'The job has its document: send the next one as another job.',
    )
  }

  async function change(ask: Ask, hold: boolean): Promise<Reply> {
    const job = await mustFind(ask)
    if (hasEnded(job) || (!hold && !isWithRelay(job)))
      throw new Failure('job-ended', 'The job cannot be changed any more.')
    await jobs.change(ask.caller, job.jobId, { hold }, ask.address)
    return {}
  }

  return {
    async 'Print-Job'(ask) {
      const ticket = await ticketOf(ask)
      const order = await orderOf(ask, ticket)
      const { job } = await jobs.make({ ...order, ...documentOf(ask, ask.document) })
      return taken(ask, job, ticket.unsupported)
    },

    async 'Validate-Job'(ask) {
      const ticket = await ticketOf(ask)
      const { contentType } = documentOf(ask, ask.document)
      await jobs.mustFit(ask.device, ticket.query, contentType === anyFormat ? undefined : contentType)
      if (ticket.unsupported.size === 0) return {}
      return {
        status: 'successful-ok-ignored-or-substituted-attributes',
        groups: [{ kind: 'unsupported', attributes: ticket.unsupported }],
      }
    },

    async 'Create-Job'(ask) {
      // What is held for its document cannot be held for another reason besides: that is for Hold-Job, when it is here.
      const ticket = await ticketOf(ask, false)
      return taken(ask, await jobs.begin(await orderOf(ask, ticket)), ticket.unsupported)
    },

    async 'Send-Document'(ask) {
      const isLast = findOne(ask.operation, 'last-document', 'boolean')
      if (isLast === undefined)
        throw new IppRefusal('client-error-bad-request', 'A document says whether it is the last.')
      const job = await mustFind(ask)
      const content = await nonEmpty(ask.document)
      if (content === undefined && isLast && job.format !== '') return taken(ask, job)
      mustWait(job)
      mustBeTheirs(job, ask)
      if (content === undefined) throw new IppRefusal('client-error-bad-request', 'There is no document.')
      return taken(ask, await jobs.bring(job.jobId, documentOf(ask, content)))
    },

    async 'Close-Job'(ask) {
      const job = await mustFind(ask)
      if (job.heldFor === 'document') await jobs.giveUp(job.jobId)
      return {}
    },

    async 'Cancel-Job'(ask) {
      const job = await mustFind(ask)
      if (hasEnded(job) || job.cancelAsked)
        throw new Failure('job-ended', job.cancelAsked ? 'It is being cancelled.' : 'The job has ended.')
      await jobs.cancel(ask.caller, job.jobId, ask.address)
      return {}
    },

    async 'Cancel-My-Jobs'(ask) {
      const ids = findAll(ask.operation, 'job-ids', 'integer')
      const { items } = await jobs.list(ask.caller, {
        device: ask.device,
        state: 'open',
        user: ask.user,
        limit: mostJobs,
      })
      const missing = ids?.filter((id) => !items.some(({ number }) => number === id)) ?? []
      if (missing.length > 0)
        throw new IppRefusal(
          'client-error-not-possible',
          `Not among your jobs here: ${missing.slice(0, 20).join(', ')}.`,
        )
      for (const { jobId, number } of items)
        if (ids === undefined || ids.includes(number)) await jobs.cancel(ask.caller, jobId, ask.address)
      return {}
    },

    async 'Get-Job-Attributes'(ask) {
      return { groups: [groupOf(ask, await mustFind(ask), requestedOf(ask) ?? ['all'])] }
    },

    async 'Get-Jobs'(ask) {
      const { operation } = ask
      const which = findOne(operation, 'which-jobs', 'keyword') ?? 'not-completed'
      if (!(whichJobs as readonly string[]).includes(which))
        throw notSupported('which-jobs', `Ask for jobs that are ${whichJobs.join(' or ')}.`)
      const limit = findOne(operation, 'limit', 'integer') ?? mostJobs
      if (limit < 1) throw notSupported('limit', 'A limit is 1 at least.')
      const isMine = findOne(operation, 'my-jobs', 'boolean') ?? false
      const { items } = await jobs.list(ask.caller, {
        device: ask.device,
        limit: mostJobs,
        ...(which !== 'all' && { state: which === 'completed' ? 'ended' : 'open' }),
        ...(isMine && { user: ask.user }),
      })
      // What has ended stands with the newest first; what has not, as it will come out (RFC 8011 §4.2.6.2).
      const sorted = which === 'not-completed' ? items.toSorted(asTheyComeOut) : items
      const requested = requestedOf(ask) ?? ['job-id', 'job-uri']
      return { groups: sorted.slice(0, limit).map((job) => groupOf(ask, job, requested)) }
    },

    'Hold-Job': (ask) => change(ask, true),
    'Release-Job': (ask) => change(ask, false),
  }
}

function asTheyComeOut(one: Job, other: Job): number {
  return other.priority - one.priority || one.number - other.number
}

const hasEnded = (job: Job) => ['completed', 'canceled', 'aborted'].includes(stateOf(job).state)
const isWithRelay = ({ state }: Job) => state === 'waiting' || state === 'notified'

/** Of a job that two could send a document to, it is that of who began it (RFC 8011 §4.3.1). */
function mustBeTheirs(job: Job, { user }: Ask): void {
  if (job.user !== user) throw new Failure('forbidden', 'Another user has begun this job.')
}

/** As it was before it was compressed, which nobody has said how long it is. @throws {IppRefusal} */
function documentOf({ operation, contentLength }: Ask, content: AsyncIterable<Uint8Array>) {
  const isPacked = compressionOf(findOne(operation, 'compression', 'keyword')) === 'gzip'
  const format = findOne(operation, 'document-format', 'mimeMediaType')
  return {
    ...(isPacked ? { content: unpacked(content), contentLength: undefined } : { content, contentLength }),
    contentType: format?.split(';')[0]?.trim().toLowerCase() ?? anyFormat,
  }
}
