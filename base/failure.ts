/** Why something was refused: one class, with the codes that the contract names. */

/** Every refusal a caller can act on. Each door has one table that says what a code is there. */
export type Code =
  | 'account-exists'
  | 'already-answered'
  | 'ambiguous-device'
  | 'bad-document'
  | 'badge-taken'
  | 'claim-closed'
  | 'connection-lost'
  | 'device-asleep'
  | 'device-offline'
  | 'device-refused'
  | 'device-timeout'
  | 'email-taken'
  | 'forbidden'
  | 'id-taken'
  | 'in-progress'
  | 'information-missing'
  | 'insecure-transport'
  | 'invalid-request'
  | 'job-ended'
  | 'job-held'
  | 'key-reused'
  | 'last-owner'
  | 'method-not-allowed'
  | 'no-match'
  | 'not-again'
  | 'not-found'
  | 'pin-taken'
  | 'program-exists'
  | 'program-refused'
  | 'program-unreachable'
  | 'prove-again'
  | 'second-factor'
  | 'second-factor-required'
  | 'too-large'
  | 'too-many-requests'
  | 'unauthorized'
  | 'unavailable'
  | 'unknown-device'
  | 'unknown-request'
  | 'walk-up-waiting'
  | 'wrong-offset'

/** Facts that travel with a refusal: problem+json members beside `code`, `title` and `detail`. */
export type FailureFacts = Record<string, string | number | boolean | null>

/**
 * A refusal that the caller can understand and act on.
 * Anything else that is thrown is a bug: it is logged whole and shown to nobody.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly code: Code
  /** When trying again may help, in seconds. */
  readonly retryAfterSeconds: number | undefined
  readonly facts: FailureFacts

  /** @param detail one sentence: what happened and what to do */
  constructor(
    code: Code,
    detail: string,
    more: { retryAfterSeconds?: number; facts?: FailureFacts; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.retryAfterSeconds = more.retryAfterSeconds
    this.facts = more.facts ?? {}
  }
}

/** Wrong usage or configuration: exit status 2, one sentence, no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * What a parser says is wrong with a text, on one line of bearable length. What follows the place repeats the text, which
 * may hold a secret, and a line of it may be as long as the file.
 */
export function firstLineOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line.replace(/(?<=\)): .*$|[.:]\s*$/, '').slice(0, 200)
}
