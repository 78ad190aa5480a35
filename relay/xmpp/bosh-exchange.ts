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
}

/** Implemented by HTTP, and by the simulator's network. */
export interface Exchange {
  /** Its connection: the same number means the same one. */
  readonly way: number
  /** Nobody waits for the answer any more. */
  readonly isGone: boolean
  /** Asked for seldom: at creation, over TLS, and when something is refused. */
  origin(): Origin
  /** Called once at most. Who is gone is not answered. */
  answer(answer: HttpAnswer): void
  /** Ends the connection without a word. */
  cut(): void
}
