/** One HTTP POST to where a service wants it, and nowhere else (S-W2): the name is resolved once, and that address is connected to. */
import { lookup } from 'node:dns/promises'
import { type ClientRequest, type IncomingMessage, request as requestOverHttp } from 'node:http'
import { request as requestOverHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Clock } from '@fairlead/base'
import type { MayReach } from './address-guard.ts'

/** What came of it: the receiver's status, or why there was none; its text only where somebody waits for that. */
export type Posted = { status: number; text?: string } | { error: string }

/** Of calls that are answered with more than a status. */
export interface Awaited {
  withinMs: number
  mostBytes: number
}

export interface PostNeeds {
  clock: Clock
  mayReach: MayReach
}

const connectMs = 5_000
const wholeMs = 10_000
/** What a receiver says is not read; so much of it is let come, so that its connection ends in an orderly way. */
const mostAnswerBytes = 64 * 1024

/** @returns why that URL may not be called; undefined: it may, or nobody knows right now where it leads */
export async function whyNotReachable(url: URL, mayReach: MayReach): Promise<string | undefined> {
  const addresses = await resolve(url).catch(() => [])
  return addresses.some((address) => !mayReach(address)) ? notPublic(url) : undefined
}

/** Resolves always. @param stopping ends it, as a failure @param awaited left out: what the receiver says is not read */
export async function post(
  { clock, mayReach }: PostNeeds,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  stopping: AbortSignal,
  awaited?: Awaited,
): Promise<Posted> {
  const late = new AbortController()
  const withinMs = awaited?.withinMs ?? wholeMs
  const timer = clock.at(clock.now() + withinMs, () => late.abort())
  const signal = AbortSignal.any([late.signal, stopping])
  try {
    const address = await addressOf(url, mayReach, signal)
    return await send(clock, url, address, headers, body, signal, awaited)
  } catch (error) {
    if (late.signal.aborted) return { error: `There was no answer within ${withinMs / 1000} seconds.` }
    return { error: reasonOf(error) }
  } finally {
    timer.cancel()
  }
}

/** Every address must be one that may be reached: a name with a public and a private one is up to no good. */
async function addressOf(url: URL, mayReach: MayReach, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('It was stopped.')), { once: true })
  })
  const addresses = await Promise.race([resolve(url), aborted])
  const [first] = addresses
  if (first === undefined) throw new Error(`${url.hostname} has no address.`)
  if (!addresses.every(mayReach)) throw new Error(notPublic(url))
  return first
}

async function resolve(url: URL): Promise<string[]> {
  const host = hostOf(url)
  if (isIP(host) !== 0) return [host]
  return (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)
}

/** Without the brackets of an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

function send(
  clock: Clock,
  url: URL,
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
  awaited?: Awaited,
): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:'
    const settings = {
      method: 'POST',
      // A connection of its own: nothing that was opened for another name is used.
      agent: false,
      signal,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      family: isIP(address),
      lookup: pinned(address),
    } as const
    const request = isTls ? requestOverHttps(url, settings) : requestOverHttp(url, settings)
    cutIfSlow(clock, request, isTls ? 'secureConnect' : 'connect')
    let status: number | undefined
    // Once its status is there, it does not matter how the rest of the answer ends.
    const end = (error: Error) => (status === undefined ? reject(error) : resolve({ status }))
    request.on('error', end)
    request.once('response', (response) => {
      const { statusCode = 0 } = response
      if (statusCode >= 300 && statusCode < 400) {
        request.destroy(new Error(`It answered ${statusCode}: redirects are not followed.`))
        return
      }
      if (awaited) {
        readAnswer(response, awaited.mostBytes).then((text) => resolve({ status: statusCode, text }), reject)
        return
      }
      status = statusCode
      drain(response)
      response.on('error', end)
      response.once('close', () => resolve({ status: statusCode }))
    })
    request.end(body)
  })
}

/** Whatever name is asked for has this address: what was checked is what is connected to. */
function pinned(address: string): LookupFunction {
  const family = isIP(address)
  return (_name, options, found) => {
    if (options.all) found(null, [{ address, family }])
    else found(null, address, family)
  }
}

function cutIfSlow(clock: Clock, request: ClientRequest, connected: 'connect' | 'secureConnect'): void {
  const timer = clock.at(clock.now() + connectMs, () =>
    request.destroy(new Error(`No connection within ${connectMs / 1000} seconds.`)),
  )
  request.once('socket', (socket) => socket.once(connected, () => timer.cancel()))
  request.once('close', () => timer.cancel())
}

/** All of it, or nothing: what was cut off is no answer. */
async function readAnswer(response: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new Error(`It answered more than ${mostBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function drain(response: IncomingMessage): void {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > mostAnswerBytes) response.destroy()
  })
}

function notPublic(url: URL): string {
  return `${url.hostname} is not on the public internet: whoever runs the relay may allow its network with --webhook-networks.`
}

/** A socket's error names the address that was tried. */
function reasonOf(error: unknown): string {
  const text =
    error instanceof Error ? error.message || ('code' in error ? String(error.code) : error.name) : String(error)
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 300)
}
