/**
 * A printer of our own that can be killed at any step and started again: its tray tells what has come out in all its lives.
 * It prints text, a page for each form feed. `node tools/run.mjs testkit/printers/paper-printer.ts '{"folder": "/tmp/paper"}'`
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  attributesFrom,
  attributesOf,
  createRequestReader,
  encodeResponse,
  findAll,
  findOne,
  type IppAttributes,
  type IppGroup,
  type IppRequest,
  type IppStatus,
  type IppValue,
  ipp,
  ippOperations,
  ippStatus,
} from '@fairlead/protocol/ipp'
import { createPaperJobs, state } from './paper-jobs.ts'
import { readPaperOptions } from './paper-options.ts'
import type { PaperJob } from './paper-tray.ts'

const options = readPaperOptions(process.argv[2])
const startedMs = performance.now()
const upSeconds = () => options.upSeconds + Math.floor((performance.now() - startedMs) / 1000)
const jobs = createPaperJobs(options, at, upSeconds)
let { busy, drops } = options
let isToHold = options.holdsAt !== undefined
const go = Promise.withResolvers<void>()

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

async function at(step: string): Promise<void> {
  say({ event: 'printer.step', step })
  if (step === options.diesAt) process.kill(process.pid, 'SIGKILL')
  if (step !== options.holdsAt || !isToHold) return
  isToHold = false
  say({ event: 'printer.holds', step })
  await go.promise
}

interface Answer {
  status: IppStatus
  groups?: readonly IppGroup[]
}

const ok = (...groups: readonly IppGroup[]): Answer => ({ status: 'successful-ok', groups })

/** What can be set. */
const own: Record<string, readonly IppValue[]> = {
  'printer-info': ipp.text('Paper Printer'),
  'printer-location': ipp.text(''),
}

function setOwn(given: IppAttributes): Answer {
  for (const [name, values] of given) {
    if (!Object.hasOwn(own, name)) return { status: 'client-error-attributes-not-settable' }
    own[name] = values
  }
  return ok()
}

function printerAttributes(): IppAttributes {
  const operations = Object.entries(ippOperations).filter(
    ([name]) => options.createsJobs || !/^(Create-|Send-)/.test(name),
  )
  const isOut = jobs.isOutOfPaper()
  return attributesFrom({
    'printer-make-and-model': ipp.text('Paper Printer'),
    'printer-name': ipp.name('paper'),
    ...own,
    'printer-state': ipp.enum(isOut ? 5 : jobs.all().some((job) => job.state === state.processing) ? 4 : 3),
    'printer-state-reasons': ipp.keyword(isOut ? 'media-empty-error' : 'none'),
    'printer-is-accepting-jobs': ipp.boolean(true),
    'printer-up-time': ipp.integer(upSeconds()),
    'operations-supported': ipp.enum(...operations.map(([, operation]) => operation)),
    'document-format-supported': ipp.mimeMediaType('text/plain'),
    'copies-supported': ipp.rangeOfInteger({ lower: 1, upper: 99 }),
    'page-ranges-supported': ipp.boolean(false),
    'printer-impressions-completed': ipp.integer(jobs.all().reduce((sum, job) => sum + job.impressions, 0)),
  })
}

const time = (seconds: number | undefined) => (seconds === undefined ? ipp.none('no-value') : ipp.integer(seconds))

function jobGroup(job: PaperJob): IppGroup {
  const attributes = attributesFrom({
    'job-id': ipp.integer(job.id),
    'job-uuid': ipp.uri(job.uuid),
    'job-name': ipp.name(job.name),
    'job-originating-user-name': ipp.name(job.user),
    'job-state': ipp.enum(job.state),
    'job-state-reasons': ipp.keyword(...job.reasons),
    'job-state-message': ipp.text(job.message),
    'job-impressions': job.total !== undefined && options.counts ? ipp.integer(job.total) : undefined,
    'job-impressions-completed': ipp.integer(options.counts ? job.impressions : 0),
    'time-at-creation': time(job.createdAt),
    'time-at-processing': time(job.begunAt),
    'time-at-completed': time(job.endedAt),
  })
  return { kind: 'job', attributes }
}

async function makeJob(operation: IppAttributes, ticket: IppAttributes): Promise<PaperJob | undefined> {
  if (busy-- > 0) return undefined
  await at('asked')
  const name = findOne(operation, 'job-name', 'name') ?? ''
  const user = findOne(operation, 'requesting-user-name', 'name') ?? ''
  const job = jobs.make(name, user, findOne(ticket, 'copies', 'integer') ?? 1)
  await at('made')
  return job
}

/** @returns undefined: the connection has broken off, and nobody waits for the answer */
async function takeDocument(job: PaperJob, message: Message): Promise<Answer | undefined> {
  await at('document')
  const feed = jobs.feed(job)
  if (feed === undefined) return { status: 'client-error-not-possible' }
  let bytes = 0
  let page = ''
  try {
    for await (const chunk of message.document) {
      bytes += chunk.length
      const [first = '', ...others] = chunk.toString('latin1').split('\f')
      page += first
      for (const other of others) {
        feed.page(page)
        page = other
      }
      if (drops !== undefined && drops.times > 0 && bytes >= drops.afterBytes) {
        drops = { ...drops, times: drops.times - 1 }
        message.request.destroy()
      }
    }
    await at('whole')
    feed.end(true)
    return ok(jobGroup(job))
  } catch {
    // The connection, not the printer.
    feed.end(false)
    return undefined
  }
}

async function answerTo(message: Message): Promise<Answer | undefined> {
  const { head } = message
  const operation = attributesOf(head.groups, 'operation')
  const job = jobs.find(findOne(operation, 'job-id', 'integer') ?? 0)
  switch (head.operation) {
    case ippOperations['Get-Printer-Attributes']:
      return ok({ kind: 'printer', attributes: printerAttributes() })
    case ippOperations['Set-Printer-Attributes']:
      return setOwn(attributesOf(head.groups, 'printer'))
    case ippOperations['Get-Jobs']: {
      const isCompleted = findAll(operation, 'which-jobs', 'keyword')?.includes('completed')
      const listed = jobs.all().filter((each) => each.state >= state.canceled === (isCompleted === true))
      return ok(...listed.map(jobGroup))
    }
    case ippOperations['Create-Job']:
    case ippOperations['Print-Job']: {
      const made = await makeJob(operation, attributesOf(head.groups, 'job'))
      if (made === undefined) return { status: 'server-error-busy' }
      return head.operation === ippOperations['Create-Job'] ? ok(jobGroup(made)) : await takeDocument(made, message)
    }
  }
  if (job === undefined) return { status: 'client-error-not-found' }
  switch (head.operation) {
    case ippOperations['Send-Document']:
      return await takeDocument(job, message)
    case ippOperations['Get-Job-Attributes']:
      return ok(jobGroup(job))
    case ippOperations['Cancel-Job']:
      return jobs.cancel(job) ? ok() : { status: 'client-error-not-possible' }
    default:
      return { status: 'server-error-operation-not-supported' }
  }
}

interface Message {
  readonly request: IncomingMessage
  readonly head: IppRequest
  /** Once. */
  readonly document: AsyncIterable<Buffer>
}

async function readMessage(request: IncomingMessage): Promise<Message> {
  const reader = createRequestReader()
  const chunks = request[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  for (;;) {
    const { value, done } = await chunks.next()
    if (done) return reader.end()
    const read = reader.write(value)
    if (read === undefined) continue
    return { request, head: read.head, document: rest(Buffer.from(read.rest), chunks) }
  }
}

async function* rest(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/tell/go') go.resolve()
  else if (request.url === '/tell/paper') jobs.refill()
  else {
    const message = await readMessage(request)
    const answer = await answerTo(message)
    if (answer === undefined) return
    const { version, requestId } = message.head
    const operation = attributesFrom({
      'attributes-charset': ipp.charset('utf-8'),
      'attributes-natural-language': ipp.naturalLanguage('en'),
    })
    const groups: IppGroup[] = [{ kind: 'operation', attributes: operation }, ...(answer.groups ?? [])]
    response.setHeader('content-type', 'application/ipp')
    response.end(encodeResponse({ version, status: ippStatus[answer.status], requestId, groups }))
    return
  }
  response.end()
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy()) // Whoever asked has gone.
})
server.listen(options.port, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  say({ event: 'printer.ready', port, uri: `ipp://127.0.0.1:${port}/ipp/print` })
})
