/** How each refusal is said over HTTP; its twin for XMPP stands in relay/xmpp. */
import type { Code, Failure } from '@fairlead/base'
import { type Outcome, type Problem, problemContentType, problemType } from '@fairlead/protocol/contract'
import type { Answer } from './route.ts'

/** What only this door can say beside the codes of rooms. */
export type DoorCode = Code | 'internal-error'

interface Row {
  status: number
  title: string
  /** `Fairlead-Outcome`, unless the refusal knows better (`facts.outcome`). */
  outcome: Outcome
}

/** Contract part 3. */
export const problems = {
  'account-exists': { status: 409, title: 'There is such an account already', outcome: 'rejected' },
  'already-answered': { status: 409, title: 'It was answered already', outcome: 'rejected' },
  'ambiguous-device': { status: 409, title: 'The account has several devices', outcome: 'rejected' },
  'bad-document': { status: 415, title: 'The document is not one that can be printed there', outcome: 'rejected' },
  'badge-taken': { status: 409, title: 'This badge is known here already', outcome: 'rejected' },
  'claim-closed': { status: 409, title: 'There is nothing to confirm', outcome: 'rejected' },
  'connection-lost': { status: 502, title: 'The connection was lost after the request was sent', outcome: 'unknown' },
  'device-asleep': { status: 409, title: 'The device is asleep', outcome: 'not-sent' },
  'device-offline': { status: 409, title: 'The device is offline', outcome: 'not-sent' },
  'device-refused': { status: 422, title: 'The device refused', outcome: 'answered' },
  'device-timeout': { status: 504, title: 'The device did not answer in time', outcome: 'unknown' },
  'email-taken': { status: 409, title: 'There is such a user already', outcome: 'rejected' },
  forbidden: { status: 403, title: 'Not allowed', outcome: 'rejected' },
  'id-taken': { status: 409, title: 'There is such a device already', outcome: 'rejected' },
  'in-progress': { status: 409, title: 'The first request with this key is still running', outcome: 'rejected' },
  'information-missing': { status: 409, title: 'The device information has not come', outcome: 'rejected' },
  'insecure-transport': { status: 403, title: 'A secret was sent in the clear', outcome: 'rejected' },
  'internal-error': { status: 500, title: 'The relay failed', outcome: 'unknown' },
  'invalid-request': { status: 400, title: 'The request is not right', outcome: 'rejected' },
  'job-ended': { status: 409, title: 'The job has ended', outcome: 'rejected' },
  'job-held': { status: 409, title: 'The job is held', outcome: 'rejected' },
  'key-reused': { status: 422, title: 'This key belongs to another request', outcome: 'rejected' },
  'last-owner': { status: 409, title: 'The account would have no owner', outcome: 'rejected' },
  'method-not-allowed': { status: 405, title: 'Not with this method', outcome: 'rejected' },
  'no-match': { status: 404, title: 'No match', outcome: 'rejected' },
  'not-again': { status: 409, title: 'It cannot be printed again', outcome: 'rejected' },
  'not-found': { status: 404, title: 'There is nothing here', outcome: 'rejected' },
  'pin-taken': { status: 409, title: 'This PIN is shown already', outcome: 'rejected' },
  'program-exists': { status: 409, title: 'There is such a program already', outcome: 'rejected' },
  'program-refused': { status: 422, title: 'The program refused', outcome: 'answered' },
  'program-unreachable': { status: 502, title: 'The program could not be reached', outcome: 'unknown' },
  'prove-again': { status: 403, title: 'Prove again that it is you', outcome: 'rejected' },
  'second-factor': { status: 401, title: 'A second factor is wanted', outcome: 'rejected' },
  'second-factor-required': { status: 403, title: 'The account demands a second factor', outcome: 'rejected' },
  'too-large': { status: 413, title: 'Too large', outcome: 'rejected' },
  'too-many-requests': { status: 429, title: 'Too many requests', outcome: 'not-sent' },
  unauthorized: { status: 401, title: 'Not known here', outcome: 'rejected' },
  unavailable: { status: 503, title: 'Not at the moment', outcome: 'not-sent' },
  'unknown-device': { status: 404, title: 'No such device', outcome: 'rejected' },
  'unknown-request': { status: 404, title: 'No such request', outcome: 'rejected' },
  'walk-up-waiting': { status: 409, title: 'Nobody has said yet who it is', outcome: 'rejected' },
  'wrong-offset': { status: 409, title: 'The part does not follow what is there', outcome: 'rejected' },
} as const satisfies Record<DoorCode, Row>

/** Refusals that say when to come back must always do so (contract part 3). */
const retryAfterSeconds: Partial<Record<DoorCode, number>> = { 'too-many-requests': 1, unavailable: 5 }

/** @param status instead of the code's own, where HTTP has a closer one */
export function problemOf(failure: Failure, status: number = problems[failure.code].status): Answer {
  const retry = failure.retryAfterSeconds ?? retryAfterSeconds[failure.code]
  return render(failure.code, status, failure.message, failure.facts, {
    ...(retry === undefined ? {} : { 'retry-after': String(Math.ceil(retry)) }),
  })
}

/** A bug: told to nobody, but the log can be asked for it. */
export function internalProblem(reference: string): Answer {
  return render('internal-error', 500, `The fault is the relay's own. Its log says more under ${reference}.`, {
    reference,
  })
}

/** What `Fairlead-Outcome` says of a refusal. A bug may have come after the push: unknown. */
export function outcomeOf(failure: Failure | undefined): Outcome {
  if (!failure) return problems['internal-error'].outcome
  const known = failure.facts['outcome']
  return typeof known === 'string' ? (known as Outcome) : problems[failure.code].outcome
}

function render(
  code: DoorCode,
  status: number,
  detail: string,
  facts: Record<string, unknown>,
  headers: Record<string, string> = {},
): Answer {
  const { title } = problems[code]
  const problem: Problem = { ...facts, type: problemType(code), title, status, code, detail }
  return { status, text: { contentType: problemContentType, content: JSON.stringify(problem) }, headers }
}
