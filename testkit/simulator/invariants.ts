/** What must hold in every simulated hour (`I1` to `I18`), each a function that says how it was broken. */
import type { RequestRow } from '../../relay/database/tables.ts'
import type { Broken, RequestFacts } from './request-facts.ts'

type Request = Readonly<RequestFacts>

/** I1: one call gets one reply. */
export function repliedOnce({ id, replies }: Request): Broken | undefined {
  return replies > 1 ? broken('I1', `the call of ${id} was replied to ${replies} times`) : undefined
}

/** I1: a request that was answered is not answered, or given up, once more. */
export function answeredOnce({ id, outcome, isForgotten }: Request, next: string): Broken | undefined {
  // What could not be stored is stored when its device says it again.
  if (isForgotten && outcome === next) return undefined
  const isChange = outcome === undefined || (outcome === 'unknown' && next !== 'not-sent') || outcome === 'rejected'
  return isChange ? undefined : broken('I1', `${id} ended as ${outcome}, and then as ${next}`)
}

/** I1: what services were told stays so; only unknown may become known. */
export function truthStays(
  { id, told, isForgotten }: Request,
  outcome: string,
  value: string | undefined,
): Broken | undefined {
  if (!told || isForgotten || told.outcome === 'unknown' || (told.outcome === outcome && told.value === value))
    return undefined
  return broken('I1', `${id} was told as ${told.outcome} (${told.value}), and then as ${outcome} (${value})`)
}

/** I2: whatever happens on the way, a request is done at most once, also when it was asked for again with its key. */
export function executedOnce({ id, tag, executions }: Request, ofTag: number): Broken | undefined {
  if (executions.length <= 1 && ofTag <= 1) return undefined
  return broken('I2', `${id} (${tag}) was executed ${Math.max(executions.length, ofTag)} times`)
}

/** I2: a push leaves in one response of one session, and never in another. */
export function pushedOnce({ id, pushes }: Request): Broken | undefined {
  return pushes.length > 1 ? broken('I2', `${id} left in ${pushes.length} responses`) : undefined
}

/** I3: who was told that nothing was sent may ask again. */
export function notSentIsNotExecuted({ id, told, refusal, executions }: Request): Broken | undefined {
  const isDenied = told?.outcome === 'not-sent' || refusal !== undefined
  return isDenied && executions.length > 0
    ? broken('I3', `${id} was told as ${refusal ?? 'not-sent'}, and ${executions[0]?.device} executed it`)
    : undefined
}

/** I3: unknown is what has left; what was still here is told as not sent. */
export function unknownHasLeft(request: Request, outcome: string, life: number): Broken | undefined {
  const { id, pushes } = request
  if (outcome !== 'unknown' || request.life !== life || pushes.length > 0) return undefined
  return broken('I3', `${id} ended as unknown, and had never left`)
}

/** I4: an answer is what the addressed device said to this very request. */
export function answerIsTheDevices({ id, device, told, executions }: Request): Broken | undefined {
  if (told?.outcome !== 'answered' || told.value === undefined) return undefined
  const isTrue = executions.some((execution) => execution.device === device && execution.value === told.value)
  return isTrue ? undefined : broken('I4', `${id} for ${device} was answered with ${told.value}, which it never said`)
}

/** I5: pushes leave for a device in the order in which the relay accepted them. */
export function inOrder({ id, token, device }: Request, lastToken: number): Broken | undefined {
  return token < lastToken
    ? broken('I5', `${id} left for ${device} after a request that was accepted later`)
    : undefined
}

/** I6: every accepted request ends by its time-out and a second, unless the relay dies before. */
export function terminates(request: Request, nowMs: number, life: number): Broken | undefined {
  const { id, outcome, refusal, endsByMs } = request
  if (outcome !== undefined || refusal !== undefined || nowMs <= endsByMs || request.life !== life) return undefined
  return broken('I6', `${id} should have ended ${Math.round(nowMs - endsByMs)} ms ago, and has not`)
}

/** I7: one session at most is bound for a device. */
export function oneOwner(device: string, sessions: number): Broken | undefined {
  return sessions > 1 ? broken('I7', `${sessions} sessions are bound for ${device} at once`) : undefined
}

/** I8: what was acknowledged as stored is on disk after a crash, with the outcome that was told. */
export function storedSurvives(request: Request, row: RequestRow | undefined): Broken | undefined {
  const { id, isPromised, isKeyed, told, refusal, isForgotten } = request
  if (refusal !== undefined || isForgotten) return undefined
  const isStored = isPromised || (isKeyed && told !== undefined)
  if (!isStored) return undefined
  if (!row) return broken('I8', `${id} was acknowledged as stored, and is gone after a crash`)
  if (request.isConfirmed && row.outcome !== 'answered')
    return broken('I8', `the answer of ${id} was confirmed to its device, and is ${row.outcome} on disk after a crash`)
  if (!told || told.outcome === row.outcome || (told.outcome === 'unknown' && row.outcome === 'answered'))
    return undefined
  return broken('I8', `${id} was told as ${told.outcome}, and is ${row.outcome} on disk after a crash`)
}

/** I8: what was promised can be asked for. @param isRefused the disk takes nothing, and what became of it is not told before it is there */
export function promisedIsKnown(
  { id, isPromised, askedMs }: Request,
  nowMs: number,
  isRefused: boolean,
): Broken | undefined {
  const isKept = isPromised && !isRefused && nowMs - askedMs < 24 * 3_600_000
  return isKept ? broken('I8', `${id} was promised, and the relay knows nothing of it`) : undefined
}

/** I9: nobody is shown a request of another tenant. */
export function tenantsApart({ id, account }: Request, asker: string, isShown: boolean): Broken | undefined {
  return isShown && asker !== account ? broken('I9', `${id} of ${account} was shown to ${asker}`) : undefined
}

/** I10: what the relay holds in memory is bounded by what is really open. */
export function memoryBounded(counts: { name: string; is: number; atMost: number }): Broken | undefined {
  return counts.is > counts.atMost
    ? broken('I10', `the relay holds ${counts.is} ${counts.name}; ${counts.atMost} can be right`)
    : undefined
}

/** I11: when the faults have stopped, who wants to be ONLINE is, within a minute of its own next try. */
export function isBack(device: string, isOnline: boolean, isConnected: boolean): Broken | undefined {
  if (isOnline && isConnected) return undefined
  const how = isConnected ? 'the relay takes it for OFFLINE' : 'it has no session'
  return broken('I11', `${device} is not back a minute after the last fault: ${how}`)
}

/** I12: a client that keeps the rules of XEP-0124 is not thrown out. */
export function keepsSession(sid: string, end: string, isExcused: boolean, words: string): Broken | undefined {
  return isExcused
    ? undefined
    : broken('I12', `session ${sid.slice(0, 6)} was ended (${end}) without a reason: ${words}`)
}

/** I12: nor is it told that it misses a response which it has had: jbosh ends its session then. */
export function reportIsTrue(client: string, rid: string, ageMs: number): Broken | undefined {
  // A network that is late by more than this may still make it so.
  return ageMs >= 1000
    ? undefined
    : broken('I12', `${client} was told that it misses the response to ${rid}, which had just left`)
}

/** I13: no request waits longer than its session agreed, while its connection lives. */
export function answeredInTime(rid: number, ageMs: number, longestMs: number): Broken | undefined {
  return ageMs > longestMs ? broken('I13', `rid ${rid} has waited ${Math.round(ageMs)} ms for its answer`) : undefined
}

/** I13: and it gets one answer. */
export function answerOnce(what: string): Broken {
  return broken('I13', `${what} was answered twice`)
}

/** I14: every IQ that asks is answered once (RFC 6120 §8.2.3). */
export function iqAnsweredOnce(id: string, times: number, answers: number): Broken | undefined {
  return answers === times ? undefined : broken('I14', `the IQ ${id} was asked ${times} and answered ${answers} times`)
}

interface Presence {
  state: string
  epoch: number
}

/** I15: ONLINE and OFFLINE alternate, and epochs grow. */
export function presenceAlternates(device: string, before: Presence | undefined, now: Presence): Broken | undefined {
  if (!before) return undefined
  const isRight =
    before.state !== now.state && (now.state === 'offline' ? now.epoch >= before.epoch : now.epoch > before.epoch)
  return isRight
    ? undefined
    : broken('I15', `${device} was told ${before.state} (${before.epoch}), then ${now.state} (${now.epoch})`)
}

/** I15: whose connection the relay holds is ONLINE (A4). */
export function holdsIsOnline(device: string, isOnline: boolean): Broken | undefined {
  return isOnline ? undefined : broken('I15', `${device} is OFFLINE, while its connection is held`)
}

/** I15: nor is anybody ONLINE before that: not by its log-in, and not at bind (A4). */
export function onlineIsConnected(device: string, isConnected: boolean): Broken | undefined {
  return isConnected ? undefined : broken('I15', `${device} is ONLINE, and no connection of its session has arrived`)
}

/** Work of the relay that a full disk may make fail, and nothing else may. */
const ofTheDisk = new Set([
  'requests.outcome-lost',
  'requests.event-lost',
  'requests.late-answer-lost',
  'devices.presence-lost',
  'sessions.not-kept',
  'devices.not-rotated',
  'devices.not-removed',
])

/** I16: nothing fails in the relay that should not. */
export function nothingBreaks(event: string, error: unknown, isDiskTroubled: boolean): Broken | undefined {
  if (isDiskTroubled && ofTheDisk.has(event)) return undefined
  return broken('I16', `the relay logged ${event}: ${error instanceof Error ? error.message : String(error)}`)
}

/** I16: nor does anything wake itself without end. */
export function goesOn(eventsInOneMoment: number): Broken | undefined {
  return eventsInOneMoment > 10_000 ? broken('I16', 'time stands still: something wakes itself without end') : undefined
}

/** What is told to be so late may still be on its way from a timer. */
const timerMs = 1000

/** I17: a device that shows no sign of life is OFFLINE when its management timer is over (A6). */
export function silentIsOffline(device: string, isOnline: boolean, overMs: number): Broken | undefined {
  if (!isOnline || overMs <= timerMs) return undefined
  return broken('I17', `${device} is ONLINE, and its management timer was over ${Math.round(overMs)} ms ago`)
}

/** I17: nor does a session outlive the inactivity that it agreed on: its device has left visibly (A6). */
export function idleEnds(sid: string, device: string, overMs: number): Broken | undefined {
  if (overMs <= timerMs) return undefined
  return broken(
    'I17',
    `session ${sid.slice(0, 6)} of ${device} should have ended of inactivity ${Math.round(overMs)} ms ago`,
  )
}

/** I18: a device whose mode is OFF neither registers nor asks whether its session is known (A1). */
export function offIsSilent(device: string, isOff: boolean, sent: string): Broken | undefined {
  return isOff ? broken('I18', `${device} sent a ${sent} while its mode was OFF`) : undefined
}

/** I18: and is OFFLINE for that reason a second after it was switched OFF, with a session and a network that stand. */
export function offIsTold(device: string, state: string, reason: string | undefined): Broken | undefined {
  if (state === 'offline' && reason === 'mode-off') return undefined
  return broken('I18', `${device} was switched OFF a second ago, and is told ${state} (${reason ?? 'no reason'})`)
}

function broken(invariant: string, words: string): Broken {
  return { invariant, words }
}
