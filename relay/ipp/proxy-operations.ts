/** What an IPP proxy does for a device (PWG 5100.18): it takes jobs, fetches their documents, and tells what became of them. */
import { Failure } from '@fairlead/base'
import type { JobReport } from '@fairlead/protocol/contract'
import {
  attributesFrom,
  attributesOf,
  findAll,
  findOne,
  type IppAttributes,
  type IppGroup,
  type IppOperation,
  ipp,
} from '@fairlead/protocol/ipp'
import type { HeldJob } from '../jobs/holding.ts'
import { type Ask, jobNumberOf, type Operation, requestedOf } from './asking.ts'
import { jobAttributesOf, jobStates, shortened } from './job-attributes.ts'
import type { IppNeeds } from './needs.ts'
import { hasEnded, stateForProxy } from './proxy-news.ts'
import type { ProxyStore } from './proxy-store.ts'
import { IppRefusal, notSupported } from './refusal.ts'
import { select } from './selecting.ts'

type ProxyOperation =
  | 'Acknowledge-Document'
  | 'Acknowledge-Identify-Printer'
  | 'Acknowledge-Job'
  | 'Fetch-Document'
  | 'Fetch-Job'
  | 'Get-Job-Attributes'
  | 'Get-Jobs'
  | 'Update-Active-Jobs'
  | 'Update-Document-Status'
  | 'Update-Job-Status'

export interface ProxyNeeds extends Pick<IppNeeds, 'jobs' | 'clock'> {
  store: ProxyStore
}

/** At and above, a `fetch-status-code` says that it did not work (RFC 8011 appendix B). */
const firstError = 0x0400

export function proxyOperations({ jobs, store, clock }: ProxyNeeds): Record<ProxyOperation & IppOperation, Operation> {
  /** @throws {IppRefusal} of a proxy that has not said yet which device it serves */
  async function proxyOf(ask: Ask): Promise<string> {
    const uuid = uuidOf(ask)
    if (await store.findDevice(ask.device, uuid)) return uuid
    throw new IppRefusal(
      'client-error-not-found',
      'This proxy is not known: Update-Output-Device-Attributes comes first.',
    )
  }

  /** @throws {IppRefusal} @throws {Failure} */
  async function mustHave(ask: Ask): Promise<{ uuid: string; held: HeldJob }> {
    const uuid = await proxyOf(ask)
    const held = await jobs.ofNumber(ask.device, jobNumberOf(ask))
    if (held.holder !== uuid)
      throw new IppRefusal(
        'client-error-not-possible',
        'This proxy has not acknowledged the job, so that it is not its own.',
      )
    return { uuid, held }
  }

  async function tell(ask: Ask, jobId: string, uuid: string, report: Omit<JobReport, 'states'>, ...states: Reported[]) {
    const at = new Date(clock.wallNow()).toISOString()
    await jobs.report(ask.device, jobId, { ...report, states: states.map((state) => ({ state, at })) }, uuid)
  }

  function groupOf(ask: Ask, held: HeldJob, requested: readonly string[]): IppGroup {
    const { description, template } = jobAttributesOf(held.job, ask.printerUri, clock.wallNow())
    const { state, reasons } = stateForProxy(held)
    const seen = new Map([
      ...description,
      ['job-state', ipp.enum(jobStates[state])] as const,
      ['job-state-reasons', ipp.keyword(...reasons)] as const,
      ...(held.holder === null ? [] : [['output-device-uuid-assigned', ipp.uri(held.holder)] as const]),
    ])
    const groups = { 'job-description': seen, 'job-template': template }
    return { kind: 'job', attributes: select(groups, requested, Object.keys(groups)) }
  }

  return {
    async 'Get-Jobs'(ask) {
      const which = findOne(ask.operation, 'which-jobs', 'keyword') ?? 'not-completed'
      if (which !== 'fetchable' && which !== 'not-completed')
        throw notSupported('which-jobs', 'Ask for jobs that are fetchable or not-completed.')
      const limit = findOne(ask.operation, 'limit', 'integer') ?? Number.POSITIVE_INFINITY
      if (limit < 1) throw notSupported('limit', 'A limit is 1 at least.')
      const open = await jobs.openOf(ask.device)
      const wanted = which === 'fetchable' ? open.filter(({ isFetchable }) => isFetchable) : open
      const requested = requestedOf(ask) ?? ['job-id', 'job-uri']
      return { groups: wanted.slice(0, limit).map((held) => groupOf(ask, held, requested)) }
    },

    async 'Get-Job-Attributes'(ask) {
      return { groups: [groupOf(ask, await jobs.ofNumber(ask.device, jobNumberOf(ask)), requestedOf(ask) ?? ['all'])] }
    },

    // It changes nothing: a proxy that does not come back from here has not got the job.
    async 'Fetch-Job'(ask) {
      const uuid = await proxyOf(ask)
      const held = await jobs.ofNumber(ask.device, jobNumberOf(ask))
      if (!held.isFetchable && (held.holder !== uuid || hasEnded(held.job))) throw notFetchable()
      return { groups: [groupOf(ask, held, requestedOf(ask) ?? ['all'])] }
    },

    async 'Acknowledge-Job'(ask) {
      const uuid = await proxyOf(ask)
      const held = await jobs.take(ask.device, jobNumberOf(ask), uuid)
      if (!held) throw notFetchable()
      const refused = whyRefused(ask)
      if (refused !== undefined) await tell(ask, held.job.jobId, uuid, { reason: refused }, 'failed')
      return {}
    },

    async 'Fetch-Document'(ask) {
      const { uuid, held } = await mustHave(ask)
      mustBeFirst(ask)
      const { format, bytes, jobId, name } = held.job
      const accepted = findAll(ask.operation, 'document-format-accepted', 'mimeMediaType')
      if (accepted && !accepted.some((each) => each.toLowerCase() === format))
        throw new IppRefusal('client-error-not-fetchable', `The document is ${format}, and is not converted here.`)
      if (hasEnded(held.job)) throw new Failure('job-ended', 'The job has ended.')
      const { content } = await jobs.document(ask.device, jobId, 0, uuid)
      const about = { 'document-format': ipp.mimeMediaType(format), compression: ipp.keyword('none') }
      const attributes = attributesFrom({
        'document-number': ipp.integer(1),
        'document-name': ipp.name(shortened(name, 255)),
        'document-format': ipp.mimeMediaType(format),
        'last-document': ipp.boolean(true),
      })
      return {
        operation: attributesFrom(about),
        groups: [{ kind: 'document', attributes }],
        document: { bytes, content },
      }
    },

    async 'Acknowledge-Document'(ask) {
      const { uuid, held } = await mustHave(ask)
      mustBeFirst(ask)
      const refused = whyRefused(ask)
      if (refused === undefined) await tell(ask, held.job.jobId, uuid, keptOf(held), 'fetched')
      else await tell(ask, held.job.jobId, uuid, { reason: refused }, 'failed')
      return {}
    },

    async 'Update-Job-Status'(ask) {
      const { uuid, held } = await mustHave(ask)
      const told = statusOf(ask)
      const code = findOne(told, 'output-device-job-state', 'enum')
      const message = findOne(told, 'output-device-job-state-message', 'text')
      const reasons = findAll(told, 'output-device-job-state-reasons', 'keyword')?.filter((word) => word !== 'none')
      const pagesDone = findOne(told, 'job-impressions-completed', 'integer')
      const reason = message || reasons?.join(', ') || undefined
      const report = {
        ...(pagesDone !== undefined && pagesDone >= 0 && { pagesDone: Math.min(pagesDone, 1e9) }),
        ...(code === undefined ? keptOf(held) : reason !== undefined && { reason: shortened(reason, 1023) }),
      }
      await tell(ask, held.job.jobId, uuid, report, ...statesOf(code))
      return {}
    },

    // Of the document of a job nothing is known here but its pages: the end is told of the job.
    async 'Update-Document-Status'(ask) {
      const { uuid, held } = await mustHave(ask)
      mustBeFirst(ask)
      const pagesDone = findOne(statusOf(ask), 'impressions-completed', 'integer')
      if (pagesDone !== undefined && pagesDone >= 0)
        await tell(ask, held.job.jobId, uuid, { ...keptOf(held), pagesDone: Math.min(pagesDone, 1e9) })
      return {}
    },

    async 'Update-Active-Jobs'(ask) {
      const uuid = await proxyOf(ask)
      const numbers = findAll(ask.operation, 'job-ids', 'integer') ?? []
      const codes = findAll(ask.operation, 'output-device-job-states', 'enum') ?? []
      if (numbers.length !== codes.length || numbers.length > mostActive)
        throw new IppRefusal(
          'client-error-bad-request',
          `There is one state for each of the job-ids, ${mostActive} at most.`,
        )
      const others = (await jobs.openOf(ask.device)).filter(
        ({ holder, job }) => holder === uuid && !numbers.includes(job.number),
      )
      const unknown: number[] = []
      const different = [...others]
      for (const [nth, number] of numbers.entries()) {
        const held = await jobs.findNumber(ask.device, number)
        if (held?.holder !== uuid) {
          unknown.push(number)
          continue
        }
        const code = codes[nth] ?? 0
        await tell(ask, held.job.jobId, uuid, keptOf(held), ...statesOf(code))
        const now = await jobs.ofNumber(ask.device, number)
        if (jobStates[stateForProxy(now).state] >= jobStates.canceled && jobStates[stateForProxy(now).state] !== code)
          different.push(now)
      }
      const differing = {
        'job-ids': ipp.integer(...different.map(({ job }) => job.number)),
        'output-device-job-states': ipp.enum(...different.map((held) => jobStates[stateForProxy(held).state])),
      }
      const unsupported = new Map([['job-ids', ipp.integer(...unknown)]])
      return {
        ...(unknown.length > 0 && { status: 'successful-ok-ignored-or-substituted-attributes' as const }),
        ...(different.length > 0 && { operation: attributesFrom(differing) }),
        ...(unknown.length > 0 && { groups: [{ kind: 'unsupported' as const, attributes: unsupported }] }),
      }
    },

    async 'Acknowledge-Identify-Printer'(ask) {
      if (!(await store.takeIdentify(ask.device)))
        throw new IppRefusal('client-error-not-possible', 'Nobody wants the printer to show itself.')
      // However it can: a light is what was asked for, and not all have one that a proxy can light.
      return { operation: attributesFrom({ 'identify-actions': ipp.keyword('flash', 'sound') }) }
    },
  }
}

type Reported = JobReport['states'][number]['state']

/** In one question: each is one transaction. */
const mostActive = 1000

/** `output-device-uuid`. @throws {IppRefusal} */
export function uuidOf({ operation }: Pick<Ask, 'operation'>): string {
  const uuid = findOne(operation, 'output-device-uuid', 'uri')?.toLowerCase()
  if (uuid === undefined || !/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid))
    throw new IppRefusal(
      'client-error-bad-request',
      'A proxy says who it is: output-device-uuid is urn:uuid: and a UUID.',
    )
  return uuid
}

/** A job has one document here. @throws {IppRefusal} */
function mustBeFirst({ operation }: Ask): void {
  const number = findOne(operation, 'document-number', 'integer')
  if (number === undefined)
    throw new IppRefusal('client-error-bad-request', 'It names the document by its document-number.')
  if (number !== 1) throw new IppRefusal('client-error-not-found', 'The job has one document, and its number is 1.')
}

/** Proxies put it into either group. */
function statusOf({ groups, job }: Ask): IppAttributes {
  return new Map([...attributesOf(groups, 'document'), ...job])
}

/** @returns undefined: the proxy takes it */
function whyRefused({ operation }: Ask): string | undefined {
  const code = findOne(operation, 'fetch-status-code', 'enum') ?? 0
  if (code < firstError) return undefined
  const message = findOne(operation, 'fetch-status-message', 'text') ?? ''
  return message === '' ? `The proxy of the device cannot print it (IPP status ${code}).` : shortened(message, 1023)
}

/** RFC 8011 §5.3.7, as the device has it. @returns nothing: no more than was known */
function statesOf(code: number | undefined): Reported[] {
  switch (code) {
    case jobStates.processing:
    case stopped:
      return ['executing']
    case jobStates.canceled:
      return ['cancelled']
    case jobStates.aborted:
      return ['failed']
    case jobStates.completed:
      return ['done']
    default:
      return []
  }
}

const stopped = 6

/** A report without a reason takes away the one that is known. */
function keptOf({ job }: HeldJob): { reason?: string } {
  return job.reason === undefined ? {} : { reason: job.reason }
}

const notFetchable = () =>
  new IppRefusal(
    'client-error-not-fetchable',
    'The job cannot be fetched (any more): another has it, or it is held, or it has ended.',
  )
