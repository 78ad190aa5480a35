/** A call of a pull service: it follows where the service sends it, and shows what opens the service to nobody else. */
import type { HttpClient } from '../uplink/http-client.ts'
import type { Exchange, ExchangeRequest } from '../uplink/http-exchange.ts'
import type { Trouble } from '../uplink/trouble.ts'
import { shownText } from './foreign-text.ts'
import type { Why } from './why.ts'

export interface ServiceCall extends Omit<ExchangeRequest, 'silenceMs'> {
  url: string
  /** Shown where `authorizedAt` is, and nowhere else. */
  authorization: string | undefined
  /** The service's own address. */
  authorizedAt: string
}

/** `url`: where it was answered, behind all redirects. */
export type Called = (Exchange & { readonly url: string }) | { readonly trouble: Trouble } | { readonly why: Why }

export type CallService = (call: ServiceCall) => Promise<Called>

const mostRedirects = 5
export const silenceMs = 20_000
/** Of an answer that is words, not content. */
const mostWords = 64 * 1024

export function createCallService(http: Pick<HttpClient, 'exchange'>): CallService {
  return async (call) => {
    let { url } = call
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const mayShow = call.authorization !== undefined && isSameOrigin(url, call.authorizedAt)
      const headers = {
        ...call.headers,
        'user-agent': 'fairlead-agent',
        'accept-encoding': 'identity',
        ...(mayShow && { authorization: call.authorization ?? '' }),
      }
      const answer = await http.exchange(url, { ...call, headers, silenceMs })
      if ('trouble' in answer) return answer
      if (!isRedirect(answer.status, call.method)) return { ...answer, url }
      answer.drop()
      const next = elsewhere(answer.headers.location, url)
      if (next === undefined) break
      url = next
    }
    return { why: { kind: 'astray' } }
  }
}

/** What is sent is sent on only where the method stays. Source: RFC 9110 §15.4 */
function isRedirect(status: number, method: 'GET' | 'POST'): boolean {
  return status === 307 || status === 308 || (method === 'GET' && [301, 302, 303].includes(status))
}

/** @returns undefined: there is no going there */
export function elsewhere(location: string | undefined, from: string): string | undefined {
  if (location === undefined || !URL.canParse(location, from)) return undefined
  const target = new URL(location, from)
  const isHttp = target.protocol === 'https:' || (target.protocol === 'http:' && !from.startsWith('https:'))
  return isHttp && target.username === '' ? target.href : undefined
}

function isSameOrigin(one: string, other: string): boolean {
  return new URL(one).origin === new URL(other).origin
}

/** What the service says, as JSON: without `words` when it is none, or too long. */
export async function readWords(answer: Exchange): Promise<Said> {
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    const trouble = await answer.read((piece) => {
      bytes += piece.length
      if (bytes > mostWords) throw new Error('It says too much.')
      parts.push(piece)
    })
    if (trouble) return { trouble }
    const value: unknown = JSON.parse(Buffer.concat(parts).toString())
    return typeof value === 'object' && value !== null ? { words: value as Record<string, unknown> } : {}
  } catch {
    // No JSON, or no end: it has said nothing that could be shown.
    return {}
  }
}

interface Said {
  words?: Record<string, unknown>
  /** It was cut off: what it was going to say is not known. */
  trouble?: Trouble
}

/** A refusal, with the service's own words: ours, or those of problem+json (RFC 9457). */
export async function refusalOf(answer: Exchange): Promise<Why & { kind: 'status' }> {
  const { words } = await readWords(answer)
  const said = shownText(words?.['message']) ?? shownText(words?.['detail']) ?? shownText(words?.['title'])
  return { kind: 'status', status: answer.status, said }
}

/** These may be answered otherwise later. Source: RFC 9110 §15, RFC 6585 §4, RFC 8470 §5.2 */
export function isForNow(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

/** When to come back, as the service says: in seconds, or at a date. Source: RFC 9110 §10.2.3 */
export function retryAfterMs(told: string | undefined, nowMs: number): number | undefined {
  if (told === undefined) return undefined
  const ms = /^\d{1,9}$/.test(told) ? Number(told) * 1000 : Date.parse(told) - nowMs
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 1000), 3_600_000) : undefined
}
