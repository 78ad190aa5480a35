/** What the relay refused, in the relay's own words. */

/** Members of a problem+json body (RFC 9457) as the relay writes them. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  code: string
  detail: string
  [fact: string]: unknown
}

/** Thrown for every answer of the relay that is a refusal. `code` is for programs, `message` for people. */
export class RelayError extends Error {
  override readonly name = 'RelayError'
  readonly code: string
  readonly status: number
  /** Of a request: `not-sent` is safe to retry, `unknown` is not. */
  readonly outcome: string | undefined
  readonly requestId: string | undefined
  /** When trying again may help, in seconds. */
  readonly retryAfterSeconds: number | undefined
  readonly problem: ProblemBody

  constructor(problem: ProblemBody, headers: Headers) {
    super(problem.detail || problem.title)
    this.problem = problem
    this.code = problem.code
    this.status = problem.status
    this.outcome = headers.get('fairlead-outcome') ?? undefined
    this.requestId = headers.get('fairlead-request-id') ?? undefined
    const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
    this.retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : undefined
  }
}

/** Thrown when no relay answered: nobody there, the wrong address, or something in between that is not a relay. */
export class NoRelayError extends Error {
  override readonly name = 'NoRelayError'
}
