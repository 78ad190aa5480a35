/** Asks a printer one thing at a time over IPP: HTTP POST, with a document behind the question where there is one (RFC 8010 §3). */
import { createReadStream } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request as openHttp } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'
import { type Clock, Failure, type Timer } from '@fairlead/base'
import {
  attributesFrom,
  createResponseReader,
  encodeRequest,
  type IppAttributes,
  IppError,
  type IppGroup,
  type IppOperation,
  type IppResponse,
  type IppValue,
  ipp,
  ippOperations,
} from '@fairlead/protocol/ipp'
import { type ConnectionNeeds, openConnection } from './ipp-connection.ts'
import { createLogin, type Login } from './ipp-login.ts'
import { addressOf, type IppTarget } from './ipp-target.ts'
import type { RefusedKey } from './printer-key.ts'

export interface IppQuestion {
  /** Behind charset, language and the printer's URI, in this order (RFC 8011 §4.1.4). */
  operation?: Readonly<Record<string, readonly IppValue[] | undefined>>
  job?: IppAttributes
  printer?: IppAttributes
  /** `isPacked`: it leaves compressed with gzip. */
  document?: { readonly file: string; readonly bytes: number; readonly isPacked?: boolean }
  /** How long the printer may take for its answer, from when it has read what there is to read last. */
  patienceMs?: number
  /** Ends it; the printer may have got it. */
  stop?: AbortSignal
}

export interface IppClient {
  /**
   * Each on a connection of its own: one that is kept may be found closed only when the question is on its way.
   *
   * @throws {Failure} `device-offline`: nothing has reached the printer, or it takes nothing now; `device-timeout`: it may
   *   have got it; `device-refused`: it refused in HTTP, and has done nothing
   * @throws the reason of `stop`
   */
  ask(operation: IppOperation, question?: IppQuestion): Promise<IppResponse>
  /** Which key the printer has shown last, if it was the wrong one. */
  refusedKey(): RefusedKey | undefined
}

const usualPatienceMs = 30_000

export function createIppClient(needs: ConnectionNeeds): IppClient {
  const { target, key } = needs
  const login = createLogin(target.login)
  let lastId = 0

  return {
    async ask(operation, question = {}) {
      question.stop?.throwIfAborted()
      lastId = (lastId % 0x7fff_ffff) + 1
      const head = encodeRequest({
        // IPP/1.1 is what every printer speaks, and nothing here needs more.
        version: { major: 1, minor: 1 },
        operation: ippOperations[operation],
        requestId: lastId,
        groups: groupsOf(target, question),
      })
      // Refused with 401 it has done nothing. Once with what it asks for, and once more where that has just grown stale.
      for (let tries = 0; ; tries++) {
        const answer = await exchange({ ...needs, login }, head, question)
        if (!('challenges' in answer)) return answer
        if (tries === 2 || !login.refused(answer.challenges, answer.shown, tries > 0)) throw refusal(401)
        question.stop?.throwIfAborted()
      }
    },
    refusedKey: key.refused,
  }
}

function groupsOf(target: IppTarget, { operation, job, printer }: IppQuestion): IppGroup[] {
  const attributes = attributesFrom({
    'attributes-charset': ipp.charset('utf-8'),
    'attributes-natural-language': ipp.naturalLanguage('en'),
    'printer-uri': ipp.uri(target.uri),
    ...operation,
  })
  return [
    { kind: 'operation', attributes },
    ...(job ? [{ kind: 'job', attributes: job } as const] : []),
    ...(printer ? [{ kind: 'printer', attributes: printer } as const] : []),
  ]
}

interface Exchanging extends ConnectionNeeds {
  login: Login
}

/** Which credentials the printer wants to see first. */
interface Challenged {
  readonly challenges: readonly string[]
  readonly shown: string | undefined
}

async function exchange(
  { login, ...needs }: Exchanging,
  head: Uint8Array,
  { document, patienceMs = usualPatienceMs, stop }: IppQuestion,
): Promise<IppResponse | Challenged> {
  const { target, clock } = needs
  const connection = await openConnection(needs, stop)
  const authorization = login.header('POST', target.path)
  const request = openHttp({
    createConnection: () => connection,
    host: target.host,
    port: target.port,
    path: target.path,
    method: 'POST',
    headers: {
      'content-type': 'application/ipp',
      // How long it is packed shows when it is: it goes in chunks.
      ...(!document?.isPacked && { 'content-length': head.length + (document?.bytes ?? 0) }),
      ...(authorization !== undefined && { authorization }),
    },
  })
  const watch = watchOver(request, patienceMs, clock)
  const leave = () => request.destroy()
  stop?.addEventListener('abort', leave)
  const { promise: response, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  request.on('response', resolve).on('error', reject)
  // It may answer before it has read the document, and read no more.
  const sent = send(request, head, document, watch.moved)
  sent.catch(reject)
  // One of the two is awaited; the other may fail as well.
  response.catch(() => {})
  try {
    const answer = await response
    if (answer.statusCode === 401)
      return { challenges: answer.headersDistinct['www-authenticate'] ?? [], shown: authorization }
    login.answered(answer.headersDistinct['authentication-info']?.[0])
    return await readAnswer(answer)
  } catch (error) {
    stop?.throwIfAborted()
    throw failureOf(error, watch, target)
  } finally {
    stop?.removeEventListener('abort', leave)
    watch.end()
    request.destroy()
  }
}

async function send(
  request: ClientRequest,
  head: Uint8Array,
  document: IppQuestion['document'],
  moved: () => void,
): Promise<void> {
  if (document === undefined) {
    request.end(head)
    return
  }
  request.write(head)
  const file = createReadStream(document.file, { end: Math.max(0, document.bytes - 1) })
  // What is read has been taken: the pipe waits for the printer.
  file.on('data', moved)
  if (document.isPacked) await pipeline(file, createGzip(fastest), request)
  else await pipeline(file, request)
}

/** Dots shrink to nearly as little as with more work. */
const fastest = { level: constants.Z_BEST_SPEED }

interface Watch {
  readonly isTimeUp: () => boolean
  moved(): void
  end(): void
}

function watchOver(request: ClientRequest, patienceMs: number, clock: Pick<Clock, 'now' | 'at'>): Watch {
  let isTimeUp = false
  let timer: Timer | undefined
  const moved = () => {
    timer?.cancel()
    timer = Number.isFinite(patienceMs)
      ? clock.at(clock.now() + patienceMs, () => {
          isTimeUp = true
          request.destroy()
        })
      : undefined
  }
  moved()
  return { isTimeUp: () => isTimeUp, moved, end: () => timer?.cancel() }
}

async function readAnswer(response: IncomingMessage): Promise<IppResponse> {
  const { statusCode = 0 } = response
  if (statusCode !== 200) throw refusal(statusCode)
  const reader = createResponseReader()
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const read = reader.write(chunk)
    if (read !== undefined) return read.head
  }
  return reader.end()
}

/** Refused before IPP was read. */
function refusal(status: number): Failure {
  if (status === 401 || status === 403)
    return new Failure(
      'device-refused',
      "The printer wants a name and a password, or other ones: put them into the driver's address, as ipp://USER:PASSWORD@HOST.",
    )
  if (status === 426)
    return new Failure('device-refused', 'The printer wants TLS: begin the driver’s address with ipps://.')
  if (status === 404)
    return new Failure('device-refused', 'The printer has no IPP at this path: most have it at /ipp/print.')
  if (status === 503) return new Failure('device-offline', 'The printer is busy.')
  if (status >= 500) return new Failure('device-timeout', `The printer cannot answer (HTTP status ${status}).`)
  return new Failure('device-refused', `The printer refused with HTTP status ${status}.`)
}

function failureOf(error: unknown, watch: Watch, target: IppTarget): unknown {
  if (error instanceof Failure) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (error instanceof IppError)
    return new Failure('device-timeout', `What the printer answers is no IPP: ${error.message}`)
  // What is wrong with the document's file is no word of the printer's.
  if (code !== undefined && /^(ENOENT|EACCES|EIO|EISDIR)$/.test(code)) return error
  return new Failure(
    'device-timeout',
    `The printer at ${addressOf(target)} has not answered (${watch.isTimeUp() ? 'in time' : (code ?? 'broken off')}).`,
  )
}
