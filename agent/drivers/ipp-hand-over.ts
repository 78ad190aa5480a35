/** Hands a document to a printer over IPP of which it has nothing yet. */
import { Failure } from '@fairlead/base'
import { attributesOf, type IppAttributes, type IppResponse, ipp, ippOperations } from '@fairlead/protocol/ipp'
import { abilitiesOf, abilityAttributes, spellingOf } from './ipp-abilities.ts'
import { compressionAttributes, isWorthPacking, offerDocument } from './ipp-compression.ts'
import { type Errand, momentOf, type Outgoing } from './ipp-errand.ts'
import { followJob } from './ipp-follow.ts'
import type { Intent, KnownJob, Mark, Nothing } from './ipp-mark.ts'
import { passesBy, refusalOf } from './ipp-refusals.ts'
import { refusalOfTicket, ticketAttributes } from './ipp-ticket.ts'
import { flag, number, numbers, text } from './ipp-told.ts'
import type { PrintEnd } from './printing.ts'

/** A printer may take a document only as fast as it prints it, and wait for paper in between. */
const documentPatienceMs = 600_000

/**
 * @param mayPack it may go compressed: once it has broken off it goes as it is, since that may be why
 * @throws {Failure} `device-offline`: the printer has taken nothing
 */
export async function handOver(errand: Errand, before: Nothing, mayPack: boolean): Promise<Mark | PrintEnd> {
  const { job, follow, prepare } = errand
  const asked = await askPrinter(errand)
  if ('state' in asked) return asked
  const { told } = asked
  const stop = AbortSignal.any([follow.stopping, follow.cancelled])
  try {
    stop.throwIfAborted()
    const prepared = await prepare.document(job, told, stop)
    if ('refusal' in prepared) return failed(prepared.refusal)
    const isPacked = mayPack && isWorthPacking(told, prepared)
    await using document: Outgoing = { ...prepared, isPacked, format: spellingOf(told, prepared.format) }
    const can = abilitiesOf(told, [])
    const refused = refusalOfTicket(job.ticket, can, document.hasPagesSelected)
    if (refused) return failed(refused)
    const attributes = ticketAttributes(job.ticket, can, document.hasPagesSelected)
    const offer = { errand, document, attributes, intent: { earlier: before.earlier, ...momentOf(errand.clock, told) } }
    return await (canCreate(told) ? createJob : printWhole)(offer)
  } catch (error) {
    // Before the printer has heard of it: what comes after that asks it what has become of the job.
    if (stop.aborted && error === follow.cancelled.reason) return { state: 'cancelled', pages: 0 }
    throw error
  }
}

async function askPrinter({ read, prepare, follow }: Errand): Promise<PrintEnd | { told: IppAttributes }> {
  const own = ['operations-supported', 'printer-up-time', 'printer-is-accepting-jobs']
  try {
    const names = [...abilityAttributes, ...prepare.attributes, ...compressionAttributes, ...own]
    const told = await read(names, follow.stopping)
    if (flag(told, 'printer-is-accepting-jobs') === false)
      throw new Failure('device-offline', 'The printer takes no jobs now: see whether somebody has paused it.')
    return { told }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.code === 'device-refused') return failed(error.message)
    throw new Failure('device-offline', error.message, { cause: error })
  }
}

function canCreate(told: IppAttributes): boolean {
  const operations = numbers(told, 'operations-supported')
  return operations.includes(ippOperations['Create-Job']) && operations.includes(ippOperations['Send-Document'])
}

interface Offer {
  readonly errand: Errand
  readonly document: Outgoing
  readonly attributes: IppAttributes | undefined
  readonly intent: Omit<Intent, 'step' | 'way'>
}

/** A job without its document first: whatever is lost on the way then, nothing can have been printed. */
async function createJob({ errand, document, attributes, intent }: Offer): Promise<Mark | PrintEnd> {
  const { client, follow, keep } = errand
  const kept = keep({ step: 'intent', way: 'empty', ...intent })
  const answer = await offered(errand, kept, () =>
    client.ask('Create-Job', {
      operation: nameOf(errand),
      ...(attributes && { job: attributes }),
      stop: follow.stopping,
    }),
  )
  if ('state' in answer || 'step' in answer) return answer
  const known = knownJob(answer, kept, 'begun')
  return known ? await followJob(errand, keep(known), document) : noNumber
}

/** The printer does not know jobs without their document. */
async function printWhole({ errand, document, attributes, intent }: Offer): Promise<Mark | PrintEnd> {
  const { client, follow, keep } = errand
  const kept = keep({ step: 'intent', way: 'whole', ...intent })
  const answer = await offered(errand, kept, () =>
    offerDocument(document, (part) =>
      client.ask('Print-Job', {
        ...part,
        operation: { ...nameOf(errand), ...part.operation },
        ...(attributes && { job: attributes }),
        patienceMs: documentPatienceMs,
        stop: AbortSignal.any([follow.stopping, follow.cancelled]),
      }),
    ),
  )
  if ('state' in answer || 'step' in answer) return answer
  const known = knownJob(answer, kept, 'whole')
  return known ? keep(known) : noNumber
}

const nameOf = ({ name, user }: Errand) => ({ 'requesting-user-name': ipp.name(user), 'job-name': ipp.name(name) })

/** @returns the intent itself where it is not known whether the printer has got it */
async function offered(
  { follow, keep }: Errand,
  intent: Intent,
  ask: () => Promise<IppResponse>,
): Promise<IppResponse | Intent | PrintEnd> {
  const keepNothing = () => keep({ step: 'nothing', earlier: intent.earlier })
  let answer: IppResponse
  try {
    answer = await ask()
  } catch (error) {
    if (follow.cancelled.aborted && error === follow.cancelled.reason) return intent
    if (!(error instanceof Failure)) throw error
    if (error.code === 'device-timeout') return intent
    keepNothing()
    if (error.code === 'device-refused') return failed(error.message)
    throw error
  }
  const refused = refusalOf(answer)
  if (refused === undefined) return answer
  keepNothing()
  if (passesBy(answer)) throw new Failure('device-offline', `The printer does not take the job: ${refused}`)
  return failed(`The printer does not take the job: ${refused}`)
}

function knownJob(answer: IppResponse, intent: Intent, document: KnownJob['document']): KnownJob | undefined {
  const told = attributesOf(answer.groups, 'job')
  const jobId = number(told, 'job-id')
  const { atMs, upSeconds, earlier } = intent
  const jobUuid = text(told, 'job-uuid')
  return jobId === undefined ? undefined : { step: 'job', jobId, jobUuid, document, atMs, upSeconds, earlier }
}

const failed = (reason: string): PrintEnd => ({ state: 'failed', reason, pages: undefined })

const noNumber: PrintEnd = {
  state: 'unknown',
  reason: 'The printer has taken the job and gives it no number to ask for it: look whether it comes out.',
  pages: undefined,
}
