/** Asks the relay one thing and says exactly how it went: what came, when, and how it ended. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { HttpProxy } from './proxy.ts'

/** How the relay is reached. */
export interface Way {
  relay: URL
  proxy: HttpProxy | undefined
  /** PEM: one more authority to trust. */
  authority: string | undefined
  /** How much later than it should an answer may come, in milliseconds, before it counts as lost. */
  graceMs: number
}

export interface Answered {
  kind: 'answered'
  status: number
  headers: IncomingMessage['headers']
  text: string
  /** Since the question, in milliseconds. */
  firstByteMs: number
  lastByteMs: number
}

export interface Failed {
  kind: 'failed'
  /** As in Node: `ECONNRESET`, `CERT_HAS_EXPIRED`, `ENOTFOUND`, …; `TIMEOUT` is ours. */
  code: string
  /** Of a proxy that refused to let us through. */
  proxyStatus: number | undefined
  afterMs: number
}

export type Outcome = Answered | Failed

/** More would be no answer of a relay. */
const longestAnswerBytes = 65_536

/** @param path below the relay's URL @param withinMs until the whole answer must be there */
export function ask(way: Way, path: string, withinMs: number): Promise<Outcome> {
  const startedAtMs = performance.now()
  const elapsedMs = () => performance.now() - startedAtMs
  return new Promise((resolve) => {
    const fail = (code: string, proxyStatus?: number) =>
      resolve({ kind: 'failed', code, proxyStatus, afterMs: elapsedMs() })

    const asking = send(way, path)
    const timer = setTimeout(() => {
      fail('TIMEOUT')
      asking.destroy()
    }, withinMs)
    asking.on('close', () => clearTimeout(timer))
    asking.on('error', (error: NodeJS.ErrnoException & { statusCode?: number }) =>
      fail(error.code ?? 'UNKNOWN', error.statusCode),
    )
    asking.on('response', (answer) => {
      let [text, firstByteMs] = ['', elapsedMs()]
      let hasBody = false
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        if (!hasBody) firstByteMs = elapsedMs()
        hasBody = true
        text += piece
        if (text.length > longestAnswerBytes) asking.destroy()
      })
      answer.on('end', () =>
        resolve({
          kind: 'answered',
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text,
          firstByteMs,
          lastByteMs: elapsedMs(),
        }),
      )
      answer.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'UNKNOWN'))
    })
    asking.end()
  })
}

/** The certificate of whoever answers, trusted or not. @returns undefined when there is none to be seen */
export function fetchCertificate(way: Way): Promise<ReturnType<TLSSocket['getPeerCertificate']> | undefined> {
  return new Promise((resolve) => {
    const asking = send(way, 'v1/doctor', { rejectUnauthorized: false })
    asking.setTimeout(way.graceMs, () => asking.destroy())
    asking.on('response', (answer) => {
      const socket = answer.socket as TLSSocket
      resolve(socket.encrypted ? socket.getPeerCertificate() : undefined)
      asking.destroy()
    })
    asking.on('close', () => resolve(undefined)).on('error', () => resolve(undefined))
    asking.end()
  })
}

function send(way: Way, path: string, more: https.AgentOptions = {}) {
  const proxyEnv = way.proxy ? { HTTP_PROXY: way.proxy.url.href, HTTPS_PROXY: way.proxy.url.href } : {}
  const options = { proxyEnv, keepAlive: false, ...(way.authority && { ca: way.authority }), ...more }
  const isTls = way.relay.protocol === 'https:'
  const agent = isTls ? new https.Agent(options) : new http.Agent(options)
  return (isTls ? https : http).request(new URL(path, way.relay), { agent, headers: { accept: '*/*' } })
}
