/**
 * Decides whether what was told is true, from what was called, told and done, as Jepsen does; pure.
 *
 * A call is invoked and ends `ok` (answered), `fail` (not done: `not-sent`, `rejected`) or `info` (nobody knows: `unknown`,
 * `pending`, a lost connection). What devices did is known apart from it.
 */
import { isDeepStrictEqual } from 'node:util'
import { answerOf, answersOnce, type Wish } from './deed.ts'

export interface Told {
  status: number
  outcome: string | null
  code: string | undefined
  requestId: string
  replayed: boolean
  /** `{values}` or `{result}` of an answer. */
  answer: unknown
}

/** One HTTP call of a service; times in milliseconds of one clock. */
export interface Attempt {
  startedMs: number
  timeoutMs: number
  isAsync: boolean
  /** Undefined: it has not ended. */
  endedMs: number | undefined
  /** Undefined: the connection was lost, or the service hung up. */
  told: Told | undefined
  hungUp: boolean
}

export interface Execution {
  device: string
  token: string
  /** Grows with everything that its device does. */
  place: number
  /** Known where the device is ours down to the wire. */
  requestId?: string
}

/** What `GET /v1/requests/{requestId}` said at the end. */
export interface Receipt {
  requestId: string
  status: number
  outcome: string | undefined
  answer: unknown
}

/** Everything about one wish. */
export interface Deed extends Wish {
  /** Its device may be away for a while. */
  isDeferred: boolean
  /** Its Idempotency-Key: the calls after the first are repeats. */
  key: string | undefined
  attempts: Attempt[]
  executions: Execution[]
  receipts: Receipt[]
}

export type Rule =
  | 'done-twice'
  | 'done-after-all'
  | 'not-done'
  | 'not-answered'
  | 'overtaken'
  | 'other-answer'
  | 'late'
  | 'cut'
  | 'no-outcome'
  | 'lost-record'
  | 'other-replay'
  | 'broken-promise'
  | 'not-back'
  | 'not-off'
  | 'dead-but-online'
  | 'wrong-health'
  | 'damaged'
  | 'ended'
  | 'mistake'
  | 'grows'
  | 'two-owners'
  | 'other-tenant'
  | 'printed-otherwise'

export interface Lie {
  rule: Rule
  words: string
}

export interface Rules {
  /** A call may take so long beyond its own time-out. */
  lateMs: number
  /** The relay lives and is reached directly: it owes an answer to everybody who waits. */
  mayLoseCalls: boolean
  /** Sessions end at any moment: whoever's answer was under way then is told so. */
  mayLoseSessions: boolean
  /** Its disk took nothing and then it was killed: what was answered is `unknown` again until the device has repeated it, if it can. */
  mayForgetOutcomes: boolean
  /** Who had the request is gone or out of reach before it was written down: then `unknown` is all that anybody ever knows. */
  mayLoseUnknown?: boolean
  /**
   * `all`: what is to be stored first waits while nothing can be, and what is not goes on. `live`: what waits in memory, while its
   * device goes from one node to another.
   */
  mayOvertake?: 'all' | 'live'
  /** Whoever was asked sees neither the record nor the others: it does not know what the same key was told before. */
  mayKnowNothing?: boolean
  /** Whoever was asked stood still then, and nobody else can answer in its place: from and to, as far as it is over. */
  standstills?: readonly Standstill[]
}

export interface Standstill {
  fromMs: number
  toMs: number
}

type End = 'ok' | 'fail' | 'info'

const endings: Readonly<Record<string, End>> = { answered: 'ok', 'not-sent': 'fail', rejected: 'fail' }
const endOf = (outcome: string | null | undefined): End => endings[outcome ?? ''] ?? 'info'

/** Words of a device that refuses, from which it follows that it did nothing. */
const notDoneWords = /it has not been done/

export function checkDeed(deed: Deed, rules: Rules): Lie[] {
  const lies: Lie[] = []
  const lie = (rule: Rule, words: string) => void lies.push({ rule, words: `${words}\n${renderDeed(deed)}` })
  checkExecutions(deed, lie)
  checkAnswers(deed, lie)
  checkEnds(deed, rules, lie)
  const written = rules.mayLoseUnknown ? withoutLost(deed, rules) : deed
  checkReceipts(written, rules, lie)
  checkRepeats(written, rules, lie)
  return lies
}

/** Without the calls that were told `unknown` and of which nothing was ever written down; not after an answer under the same key. */
function withoutLost(deed: Deed, { mayKnowNothing = false }: Rules): Deed {
  const isGone = (id: string) => deed.receipts.some(({ requestId, status }) => requestId === id && status === 404)
  const isAfterAnswer = (ms: number) =>
    deed.attempts.some(({ told, endedMs = ms }) => told?.outcome === 'answered' && endedMs < ms)
  const isLost = ({ told, startedMs }: Attempt) =>
    told?.outcome === 'unknown' && isGone(told.requestId) && (mayKnowNothing || !isAfterAnswer(startedMs))
  return { ...deed, attempts: deed.attempts.filter((attempt) => !isLost(attempt)) }
}

type Tell = (rule: Rule, words: string) => void

function checkExecutions({ kind, attempts, executions, receipts, token }: Deed, lie: Tell): void {
  if (kind !== 'get' && executions.length > 1) lie('done-twice', `${token} was done ${executions.length} times.`)
  if (executions.length === 0) return
  // A repeat that is refused says nothing of the first one.
  const ends = attempts.map(({ told }) =>
    told?.outcome === 'pending'
      ? receipts.find(({ requestId }) => requestId === told.requestId)?.outcome
      : told?.outcome,
  )
  if (ends.every((outcome) => endOf(outcome) === 'fail')) lie('done-after-all', `${token} was said not to be done.`)
  const failed = [...attempts.flatMap(({ told }) => told ?? []), ...receipts].filter(
    ({ outcome }) => endOf(outcome) === 'fail',
  )
  const done = failed.find(({ requestId }) => executions.some((execution) => execution.requestId === requestId))
  if (done) lie('done-after-all', `${token}: ${done.requestId} was said not to be done.`)
}

function checkAnswers(deed: Deed, lie: Tell): void {
  const { attempts, executions, receipts, token } = deed
  const answered = [
    ...attempts.flatMap(({ told }) => (told?.outcome === 'answered' ? [told] : [])),
    ...receipts.filter(({ outcome }) => outcome === 'answered').map((receipt) => ({ ...receipt, code: undefined })),
  ]
  for (const { requestId, code, answer } of answered) {
    if (code === 'device-refused') {
      if (notDoneWords.test(String(answer)) && executions.length > 0)
        lie('done-after-all', `${token}: the device said that it did not do it.`)
      continue
    }
    // Its agent did not wait for the device any longer than the service would.
    if (deed.kind === 'get' && isDeepStrictEqual(answer, { values: {} })) continue
    // A receipt of a refusal has no answer.
    if (answer === undefined) continue
    checkAnswer(deed, requestId, answer, lie)
  }
}

function checkAnswer(deed: Deed, requestId: string, answer: unknown, lie: Tell): void {
  const { executions, token } = deed
  // One that is ours down to the wire says which request it answers: equal ones are told apart (A11).
  const ours = executions.filter((execution) => execution.requestId !== undefined)
  if (!executions.some(({ device }) => device === deed.device)) lie('not-done', `${token} was answered by nobody.`)
  else if (ours.length > 0 && !ours.some((execution) => execution.requestId === requestId))
    lie('not-done', `${token}: ${requestId} was never at the device.`)
  if (!isDeepStrictEqual(answer, answerOf(deed, ours.length > 0 ? requestId : undefined)))
    lie('other-answer', `${token}: not what its device answers.`)
}

function checkEnds({ attempts, token }: Deed, rules: Rules, lie: Tell): void {
  const { lateMs, mayLoseCalls, mayLoseSessions, standstills = [] } = rules
  for (const { startedMs, endedMs, timeoutMs, told, hungUp } of attempts) {
    if (endedMs === undefined) lie('late', `${token} has not ended.`)
    else if (endedMs - startedMs - stoodStill(standstills, startedMs, endedMs) > timeoutMs + lateMs)
      lie('late', `${token} took ${Math.round(endedMs - startedMs)} ms, with ${timeoutMs} ms to wait.`)
    if (told === undefined && endedMs !== undefined && !hungUp && !mayLoseCalls)
      lie('cut', `${token}: the connection was lost, and nothing had happened to the relay.`)
    if (told?.code === 'connection-lost' && !mayLoseSessions)
      lie('not-answered', `${token}: it was pushed, and its session ended before it was answered.`)
    if (told && told.outcome === null) lie('no-outcome', `${token}: ${told.status} without Fairlead-Outcome.`)
  }
}

function stoodStill(standstills: readonly Standstill[], startedMs: number, endedMs: number): number {
  const within = ({ fromMs, toMs }: Standstill) => Math.max(0, Math.min(toMs, endedMs) - Math.max(fromMs, startedMs))
  return standstills.reduce((sum, standstill) => sum + within(standstill), 0)
}

/** What is on disk, by what was said: a keyed, an asynchronous or a deferred request. */
function checkReceipts(
  { attempts, receipts, token, device, key }: Deed,
  { mayForgetOutcomes, mayLoseUnknown = false }: Rules,
  lie: Tell,
): void {
  const mayBeForgotten = mayForgetOutcomes && answersOnce(device)
  for (const { told, isAsync } of attempts) {
    if (!told || endOf(told.outcome) === 'fail') continue
    if (key === undefined && !isAsync && told.outcome !== 'pending') continue
    const receipt = receipts.find(({ requestId }) => requestId === told.requestId)
    if (!receipt) continue
    if (receipt.status !== 200) lie('lost-record', `${token}: ${told.requestId} is ${receipt.status} now.`)
    else if (receipt.outcome === 'pending') lie('no-outcome', `${token}: ${told.requestId} has no outcome.`)
    else if (told.outcome === 'answered' && receipt.outcome !== 'answered' && !mayBeForgotten)
      lie('lost-record', `${token}: ${told.requestId} was answered, and is ${receipt.outcome} now.`)
    else if (told.outcome === 'unknown' && endOf(receipt.outcome) === 'fail' && !mayLoseUnknown)
      lie('lost-record', `${token}: ${told.requestId} had left, and is ${receipt.outcome} now.`)
  }
}

function checkRepeats({ attempts, token, key }: Deed, rules: Rules, lie: Tell): void {
  if (key === undefined) return
  for (const { told: first, endedMs = Number.POSITIVE_INFINITY } of attempts) {
    if (first?.outcome !== 'answered' && first?.outcome !== 'unknown') continue
    for (const { told: again } of attempts.filter(({ startedMs }) => startedMs > endedMs)) {
      // What is refused at the door speaks of this call alone.
      if (!again || again.status === 503) continue
      if (again.code === 'in-progress' && mayStillRun(first, rules)) continue
      if (!isSameAs(first, again, rules.mayForgetOutcomes))
        lie(
          'other-replay',
          `${token}: told ${first.outcome} (${first.requestId}), then ${again.outcome} (${again.requestId}).`,
        )
    }
  }
}

/** Who told `unknown` has lost sight of it: where it is, it may go on. */
const mayStillRun = ({ outcome }: Told, { mayForgetOutcomes, mayLoseUnknown = false }: Rules) =>
  mayForgetOutcomes || (mayLoseUnknown && outcome === 'unknown')

function isSameAs(first: Told, again: Told, mayForgetOutcomes: boolean): boolean {
  if (again.requestId !== first.requestId || !again.replayed) return false
  const isForgotten = mayForgetOutcomes && again.outcome === 'unknown'
  if (first.outcome === 'answered' && again.outcome !== 'answered' && !isForgotten) return false
  return first.outcome !== again.outcome || isDeepStrictEqual(again.answer, first.answer)
}

/** What was acknowledged for good: `kept` is what was found of it at the end. */
export interface Promised {
  what: string
  name: string
  kept: boolean
}

export function checkPromises(promises: readonly Promised[]): Lie[] {
  return promises
    .filter(({ kept }) => !kept)
    .map(({ what, name }) => ({ rule: 'broken-promise', words: `${what} ${name} was acknowledged and is not there.` }))
}

/** I9: what another organisation asked for, a key was told by `GET /v1/requests/{requestId}` with this status. */
export function checkTenant(requestId: string, status: number): Lie[] {
  if (status !== 200) return []
  return [{ rule: 'other-tenant', words: `${requestId} was told to another organisation.` }]
}

/** How long after a moment a device was ONLINE again; undefined: never. */
export interface Return {
  device: string
  afterMs: number | undefined
}

export function checkReturns(returns: readonly Return[], withinMs: number): Lie[] {
  return returns
    .filter(({ afterMs = Number.POSITIVE_INFINITY }) => afterMs > withinMs)
    .map(({ device, afterMs }) => ({
      rule: 'not-back',
      words: `${device} was ${afterMs === undefined ? 'never' : `only after ${Math.round(afterMs)} ms`} ONLINE again.`,
    }))
}

/** For how long the relay called a device ONLINE after it was dead or cut off. */
export function checkDead(device: string, onlineForMs: number, promisedMs: number): Lie[] {
  if (onlineForMs <= promisedMs) return []
  const words = `${device} was gone and was called ONLINE for ${Math.round(onlineForMs)} ms, promised were ${promisedMs}.`
  return [{ rule: 'dead-but-online', words }]
}

/** What a call was told, and how soon. */
export interface Refusal {
  code: string | undefined
  outcome: string | null
  afterMs: number
}

/** A8: of a device that is OFFLINE that is told at once, and nothing was sent. */
export function checkRefusal(device: string, { code, outcome, afterMs }: Refusal, withinMs: number): Lie[] {
  if (code !== 'device-offline' || outcome !== 'not-sent')
    return [{ rule: 'no-outcome', words: `${device} is OFFLINE, and a call was told ${code} (${outcome}).` }]
  if (afterMs <= withinMs) return []
  return [{ rule: 'late', words: `${device} is OFFLINE, and that was told after ${Math.round(afterMs)} ms.` }]
}

/** What the relay told of a device whose mode was switched OFF, when it last was asked. */
export interface Farewell {
  state: string
  reason: string | null
  /** Since it was switched OFF. */
  afterMs: number
}

/** A1: it is OFFLINE for that reason, and soon. */
export function checkFarewell(device: string, { state, reason, afterMs }: Farewell, withinMs: number): Lie[] {
  if (state === 'offline' && reason === 'mode-off' && afterMs <= withinMs) return []
  const words = `${device} was switched OFF, and ${Math.round(afterMs)} ms later it was told ${state} (${reason}).`
  return [{ rule: 'not-off', words }]
}

/** A1: what a device whose mode is OFF sent all the same. */
export function checkSilence(device: string, sent: readonly string[]): Lie[] {
  return sent.map((path) => ({ rule: 'not-off', words: `${device} called ${path} while its mode was OFF.` }))
}

/** The deed as a history, one event a line. */
export function renderDeed({ token, device, kind, key, attempts, executions, receipts }: Deed): string {
  const calls = attempts.flatMap(({ startedMs, endedMs, timeoutMs, isAsync, told, hungUp }) => {
    const how = [`${timeoutMs} ms`, ...(isAsync ? ['async'] : []), ...(key === undefined ? [] : [`key ${key}`])].join(
      ', ',
    )
    const words = told
      ? [told.status, told.outcome, told.code, told.requestId, told.replayed && 'replayed', JSON.stringify(told.answer)]
      : [hungUp ? 'hung up' : 'connection lost']
    const end = [endOf(told?.outcome).padEnd(6), ...words.filter(Boolean)].join(' ')
    return [
      { atMs: startedMs, text: `invoke ${kind} ${token} at ${device} (${how})` },
      ...(endedMs === undefined ? [] : [{ atMs: endedMs, text: end }]),
    ]
  })
  const lines = calls
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, text }) => `  ${atMs.toFixed(0).padStart(8)} ${text}`)
  const done = executions.map((each) => `           done   at ${each.device} ${each.requestId ?? ''}`)
  const found = receipts.map((each) => `           found  ${each.requestId} ${each.status} ${each.outcome ?? ''}`)
  return [...lines, ...done, ...found].join('\n')
}
