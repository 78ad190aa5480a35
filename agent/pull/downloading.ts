/** Fetches content from a pull service into a file, on from where an earlier try was cut off, within bounds of size and time. */
import { open, rm, stat } from 'node:fs/promises'
import type { Exchange } from '../uplink/http-exchange.ts'
import type { Trouble } from '../uplink/trouble.ts'
import { nameOfContent } from './foreign-text.ts'
import { type CallService, isForNow, refusalOf, retryAfterMs, type ServiceCall } from './service-call.ts'
import { noRoom, type Why } from './why.ts'

/** What the service said of what it is sending. */
export interface Begun {
  name: string | undefined
  format: string
  /** Of all of it; undefined: it does not say. */
  bytes: number | undefined
  /** By which the rest is asked for; undefined: it begins anew. */
  etag: string | undefined
}

export interface Download {
  call: Pick<ServiceCall, 'url' | 'authorization' | 'authorizedAt' | 'signal'>
  /** The media types that are wanted, the best first; empty: any. */
  formats: readonly string[]
  file: string
  mostBytes: number
  /** What is known from an earlier try. */
  begun: Begun | undefined
  /** Kept before anything of it is; undefined: it begins anew. */
  note(begun: Begun | undefined): void
  nowMs(): number
}

export type Downloaded =
  | { readonly state: 'whole'; readonly bytes: number }
  /** The service has nothing for this device. */
  | { readonly state: 'nothing' }
  /** `hasGrown`: something has come, so that the next try may follow at once. */
  | { readonly state: 'again'; readonly why: Why; readonly afterMs?: number | undefined; readonly hasGrown?: boolean }
  | { readonly state: 'failed'; readonly why: Why }

/** Less than that is no progress for which a server is asked again at once. */
const grownBytes = 64 * 1024

export async function download(order: Download, callService: CallService): Promise<Downloaded> {
  try {
    const from = order.begun?.etag === undefined ? 0 : await sizeOf(order.file)
    // All of it had come, and that was not written down any more.
    if (from > 0 && from === order.begun?.bytes) return { state: 'whole', bytes: from }
    const answer = await callService({ ...order.call, method: 'GET', headers: headersFor(order, from) })
    if ('why' in answer) return { state: 'failed', why: answer.why }
    if ('trouble' in answer) return again(answer.trouble)
    if (answer.status === 204) {
      answer.drop()
      return { state: 'nothing' }
    }
    if (answer.status === 206 && isFrom(answer, from)) return await take(order, answer, from)
    if (answer.status === 206 || answer.status === 416) {
      answer.drop()
      order.note(undefined)
      return again({ kind: 'garbled' })
    }
    if (answer.status !== 200) return await refused(order, answer)
    const begun = headOf(answer)
    const why = whyNot(order, begun, answer.headers['content-encoding'])
    if (why) {
      answer.drop()
      return { state: 'failed', why }
    }
    await rm(order.file, { force: true })
    order.note(begun)
    return await take(order, answer, 0)
  } catch (error) {
    return { state: 'failed', why: noRoom(error) }
  }
}

function headersFor({ formats, begun }: Download, from: number): Record<string, string> {
  const wishes = formats.map((format, at) =>
    at === 0 ? format : `${format};q=${Math.max(0.1, 1 - at / 10).toFixed(1)}`,
  )
  return {
    accept: wishes.length === 0 ? '*/*' : wishes.join(', '),
    ...(from > 0 && { range: `bytes=${from}-`, 'if-range': begun?.etag ?? '' }),
  }
}

function headOf({ headers, url }: Exchange & { url: string }): Begun {
  const { etag, 'content-length': length, 'content-type': type = 'application/octet-stream' } = headers
  return {
    name: nameOfContent(headers['content-disposition'], url),
    format: (type.split(';')[0] ?? '').trim().toLowerCase().slice(0, 255),
    bytes: length === undefined ? undefined : Number(length),
    // A weak one says that it is as good, not that it is the same. Source: RFC 9110 §13.1.5
    etag: etag !== undefined && /^"[\x21-\x7e]{0,200}"$/.test(etag) ? etag : undefined,
  }
}

function whyNot(
  { formats, mostBytes }: Download,
  { format, bytes }: Begun,
  packed: string | undefined,
): Why | undefined {
  if (packed !== undefined && packed !== 'identity') return { kind: 'wrong-type', type: `${format}, ${packed}` }
  if (formats.length > 0 && !formats.includes(format)) return { kind: 'wrong-type', type: format }
  if ((bytes ?? 0) > mostBytes) return { kind: 'too-large', mostBytes }
  return undefined
}

/** Source: RFC 9110 §14.4 */
function isFrom({ headers }: Exchange, from: number): boolean {
  return from > 0 && (headers['content-range'] ?? '').startsWith(`bytes ${from}-`)
}

async function take({ file, mostBytes }: Download, answer: Exchange, from: number): Promise<Downloaded> {
  let bytes = from
  let trouble: Trouble | undefined
  {
    await using handle = await open(file, 'a', 0o600)
    try {
      trouble = await answer.read(async (piece) => {
        bytes += piece.length
        if (bytes > mostBytes) throw tooLarge
        await handle.appendFile(piece)
      })
    } catch (error) {
      if (error !== tooLarge) throw error
      return { state: 'failed', why: { kind: 'too-large', mostBytes } }
    }
    await handle.sync()
  }
  if (trouble) return { ...again(trouble), hasGrown: bytes - from >= grownBytes }
  return bytes === 0 ? { state: 'nothing' } : { state: 'whole', bytes }
}

const tooLarge = new Error('It is larger than it may be.')

async function refused(order: Download, answer: Exchange): Promise<Downloaded> {
  const why = await refusalOf(answer)
  if (!isForNow(answer.status)) return { state: 'failed', why }
  return { state: 'again', why, afterMs: retryAfterMs(answer.headers['retry-after'], order.nowMs()) }
}

function again(trouble: Trouble): Downloaded & { state: 'again' } {
  return { state: 'again', why: { kind: 'trouble', trouble } }
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return found?.size ?? 0
}
