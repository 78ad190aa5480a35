/** One request that waits for its answer, as BOSH sessions see it: nothing of HTTP in it but the words. */

/** Who knocks, as seen through trusted proxies. */
export interface Origin {
  address: string
  /** This machine, with nobody between. */
  loopback: boolean
  /** TLS, here or as far as a trusted proxy tells. */
  secure: boolean
  /** Verified, of the TLS connection itself. */
  certificate?: ClientCertificate | undefined
}

/** What is remembered of a client certificate. */
export interface ClientCertificate {
  /** Tells it from every other one. */
  fingerprint: string
  /** The device that it names, if it names one. */
  device: string | undefined
}

export interface HttpAnswer {
  status: number
  contentType: string
  body: string
  /** As slow as any other wrong guess (S-A2). */
  notFound?: boolean
  /** When to try again, where it says so. */
  retryAfterSeconds?: number
}

/** This node cannot serve it now: whoever balances the load may ask another, and a client asks again. */
export const unavailable: HttpAnswer = {
  status: 503,
  contentType: 'text/plain; charset=utf-8',
  body: 'This node cannot reach the others: try again.\n',
}

/** This node has too much to do: as above, and not at once. */
export function busy(retryAfterSeconds: number): HttpAnswer {
  const body = 'This node has too much to do to let more devices in: try again when Retry-After says.\n'
  return { status: 503, contentType: 'text/plain; charset=utf-8', body, retryAfterSeconds }
}

/** The node that a request came to, and that gives its answer. */
export interface PassedBy {
  readonly node: string
  /** Resolves when the answer, which it was sent, is with the client, or that node says nothing. */
  given(): Promise<void>
}

/** Implemented by HTTP, and by the simulator's network. */
export interface Exchange {
  /** Its connection: the same number means the same one. */
  readonly way: number
  /** Nobody waits for the answer any more. */
  readonly isGone: boolean
  /** Another node has got it, and knows where its session is: here, or nowhere. */
  readonly passedBy?: PassedBy
  /** Asked for seldom: at creation, over TLS, and when something is refused. */
  origin(): Origin
  /** Called once at most. Who is gone is not answered. */
  answer(answer: HttpAnswer): void
  /** Ends the connection without a word. */
  cut(): void
}
