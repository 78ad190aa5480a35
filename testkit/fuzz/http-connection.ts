/** Sends a row of requests over one connection, all at once, and watches what comes back, and when. */
import { connect } from 'node:net'
import { type AnswerReader, type Beyond, createAnswerReader, type HttpAnswer, judgeAnswer } from './http-answers.ts'
import { isFramed, methodOf } from './http-framing.ts'

export interface Heard {
  answers: HttpAnswer[]
  beyond: Beyond | undefined
  /** The connection was reset while requests were behind the one that ended it. */
  wasCut: boolean
  what: string | undefined
}

export const usualLimits = {
  /** "No answer later than a second". */
  longestMs: 1000,
  /** Whoever guesses is answered slowly on purpose (S-A2, S-D7). */
  longestForGuessesMs: 6500,
  /** What is no whole request may wait for its rest; after so long there is none. */
  quietMs: 25,
}

/** @param from an address of this machine that is the client's: failures and guesses are counted by it */
export function playConnection(
  port: number,
  from: string,
  requests: readonly Uint8Array[],
  limits = usualLimits,
): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>()
  const firstUnframed = requests.findIndex((request) => !isFramed(request))
  const due = firstUnframed < 0 ? requests.length : firstUnframed
  // What is no request may end the connection over the heads of those before it: mostly it waits for their answers.
  const isPatient = due > 0 && requests.length % 4 > 0
  const reader = createAnswerReader((nth) => methodOf(requests[nth]))
  const heard: Heard = { answers: [], beyond: undefined, wasCut: false, what: undefined }
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  let lastMs = performance.now()
  let hasEnded = false
  let hasSentAll = false
  let timer = setTimeout(tooLate, limits.longestForGuessesMs)

  function finish(what?: string): void {
    clearTimeout(timer)
    heard.what ??= what
    heard.beyond = reader.beyond()
    socket.destroy()
    resolve(heard)
  }

  function tooLate(): void {
    const nth = heard.answers.length
    if (hasEnded) finish('the connection is not closed: its client has ended it')
    else finish(`no answer in time: to request ${nth}, ${first(requests[nth])}`)
  }

  /** All that is due has come: what else is there gets a moment, and then the end of the connection. */
  function waitForMore(): void {
    clearTimeout(timer)
    if (firstUnframed < 0) {
      finish()
      return
    }
    if (isPatient && !hasSentAll) sendRest()
    timer = setTimeout(() => {
      hasEnded = true
      socket.end()
      timer = setTimeout(tooLate, limits.longestForGuessesMs)
    }, limits.quietMs)
  }

  function sendRest(): void {
    hasSentAll = true
    for (const request of requests.slice(due)) socket.write(request)
  }

  function take(bytes: Buffer): void {
    const nowMs = performance.now()
    for (const answer of reader.take(bytes)) {
      const what = judge(answer, requests[heard.answers.length], nowMs - lastMs, heard.answers.length < due, limits)
      heard.answers.push(answer)
      lastMs = nowMs
      if (what === undefined && !answer.isLast) continue
      finish(what)
      return
    }
    if (reader.beyond() !== undefined) finish()
    else if (heard.answers.length > requests.length && firstUnframed < 0) finish('more answers than requests')
    else if (heard.answers.length >= due && !hasEnded) waitForMore()
  }

  socket.on('connect', () => {
    lastMs = performance.now()
    for (const request of requests.slice(0, due)) socket.write(request)
    if (!isPatient) sendRest()
    if (due === 0) waitForMore()
  })
  socket.on('data', (bytes: Buffer) => {
    try {
      take(bytes)
    } catch (error) {
      finish(`an answer is no HTTP: ${error instanceof Error ? error.message : error}`)
    }
  })
  socket.on('error', () => {
    // What the connection's end means is told by 'close'.
    heard.wasCut = true
  })
  socket.on('close', () => {
    const mayEnd = heard.answers.length >= due || (hasSentAll && firstUnframed >= 0)
    finish(mayEnd ? undefined : closedTooEarly(heard, reader, requests))
  })
  return promise
}

function judge(
  answer: HttpAnswer,
  request: Uint8Array | undefined,
  tookMs: number,
  isDue: boolean,
  limits: typeof usualLimits,
): string | undefined {
  const isGuess = answer.status === 401 || answer.body.includes('item-not-found')
  const what = judgeAnswer(answer)
  if (what !== undefined) return `${what} to ${first(request)}`
  if (isDue && tookMs > (isGuess ? limits.longestForGuessesMs : limits.longestMs))
    return `an answer is late: after ${Math.round(tookMs)} ms, to ${first(request)}`
  return undefined
}

/** A reset destroys what is on its way, the answer to the request before it as well: nobody honest sends on (B-014). */
function closedTooEarly(
  { answers, wasCut }: Heard,
  reader: AnswerReader,
  requests: readonly Uint8Array[],
): string | undefined {
  if (wasCut && requests.length > answers.length + 1) return undefined
  const how = wasCut ? 'reset' : 'closed'
  return `the connection is ${how} before an answer: ${reader.isAmidst() ? 'amidst one' : ''} to ${first(requests[answers.length])}`
}

function first(request: Uint8Array | undefined): string {
  return JSON.stringify(
    Buffer.from(request ?? [])
      .toString('latin1')
      .slice(0, 120),
  )
}
