/** How an answer, a refusal and a bug travel back to who asked. */
import { type Code, Failure, type FailureFacts, type Log } from '@fairlead/base'
import { type Answer, BusError, type Head, type Message } from './bus.ts'

/** What comes back: an answer, a refusal with its code and words, or no more than that there was a bug. */
export interface Reply {
  kind: 'answer' | 'failure' | 'internal'
  message: Message
}

/** Hands on what `answer` says, in this same turn if it can. Logs what is a bug. */
export function answerWith(answer: () => ReturnType<Answer>, log: Log, reply: (reply: Reply) => void): void {
  const failed = (error: unknown) => reply(replyFor(error, log))
  try {
    const answered = answer()
    if (answered instanceof Promise) void answered.then((found) => reply({ kind: 'answer', message: found }), failed)
    else reply({ kind: 'answer', message: answered })
  } catch (error) {
    failed(error)
  }
}

export function replyFor(error: unknown, log: Log): Reply {
  if (error instanceof Failure) return { kind: 'failure', message: { head: headOf(error) } }
  log.error('bus.answer-failed', 'A request from another node could not be answered.', error)
  return { kind: 'internal', message: { head: {} } }
}

function headOf({ code, message, retryAfterSeconds, facts }: Failure): Head {
  return { code, message, retryAfterSeconds, facts }
}

/** @param head of a reply that is a failure */
export function failureFrom(head: Head): Failure {
  const { code, message, retryAfterSeconds, facts } = head as {
    code: Code
    message: string
    retryAfterSeconds?: number
    facts: FailureFacts
  }
  return new Failure(code, message, { ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }), facts })
}

export function internalError(): BusError {
  return new BusError('internal', 'The node that was asked has failed at it; its log says why.', true)
}
