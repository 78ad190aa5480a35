/**
 * How a device keeps itself reachable (US 9,176,696, Fig. 3), as a pure machine.
 *
 *     mode ON → (enrol, or be paired → claimed →) register → session → connection → … → survival timer → survival notification
 *                                               ↑                                          │ recognised: new connection
 *                                               └──────── not recognised, or no answer ────┘
 *     mode OFF → what was pushed is answered → the session is ended → nothing is sent any more
 */
import { ns, xml } from '@fairlead/protocol/xmpp'
import { createBoshSession, type SessionEffect, type SessionEnd, type SessionEvent } from './bosh-session.ts'
import { sessionWakeMs, stepSession } from './bosh-step.ts'
import { aloneMs, askedForMs, type Cause, causeOf, pauseAfter, reasonOf, stableMs } from './comeback.ts'
import { dropSession } from './drop-session.ts'
import { beginEnrolment, doubtsSecret, mayRegister, mustBePaired, stepEnrolment } from './enrolment.ts'
import { learnFrom } from './hold-limit.ts'
import type { Push } from './stanzas.ts'
import type { Standing, Uplink, UplinkEffect, UplinkEvent } from './uplink-state.ts'

type CallEvent = Extract<UplinkEvent, { call: number }>

/** Holds are asked for this long; below what most proxies and NATs cut (field note 1). */
const waitSeconds = 30
/** SIGTERM: what was pushed gets so long to be answered. */
const stopMs = 10_000

export function stepUplink(uplink: Uplink, event: UplinkEvent, nowMs: number, effects: UplinkEffect[]): void {
  if (isStopped(uplink)) return
  // A timer may fire a little early: asking again must not be mistaken for having asked.
  if (event.kind === 'time') uplink.wakeAtMs = undefined
  happen(uplink, event, nowMs, effects)
  drain(uplink, nowMs, effects)
  if (!isStopped(uplink)) askForWake(uplink, nowMs, effects)
}

/** Asked apart, since `phase` was narrowed before the step changed it. */
function isStopped(uplink: Uplink): boolean {
  return uplink.phase === 'stopped'
}

function happen(uplink: Uplink, event: UplinkEvent, nowMs: number, effects: UplinkEffect[]): void {
  switch (event.kind) {
    case 'start':
      if (uplink.on) activate(uplink, nowMs, effects)
      else rest(uplink, effects)
      break
    case 'switch':
      switchMode(uplink, event.on, nowMs, effects)
      break
    case 'stop':
      uplink.stopping = true
      uplink.stopByMs = nowMs + stopMs
      leave(uplink, nowMs, effects)
      break
    case 'handed':
      handed(uplink, event.code, nowMs, effects)
      break
    case 'forget':
      forget(uplink, nowMs, effects)
      break
    case 'work':
      uplink.running = event.running
      break
    case 'session':
      if (event.session === uplink.sessionNumber) inSession(uplink, event.event, nowMs, effects)
      break
    case 'time':
      passTime(uplink, nowMs, effects)
      break
    default:
      if (event.call === uplink.enrolling?.call) enrolAnswered(uplink, event, nowMs, effects)
      else if (event.call === uplink.registering) registerAnswered(uplink, event, nowMs, effects)
      else if (event.call === uplink.surviving) survivalAnswered(uplink, event, nowMs, effects)
  }
}

function switchMode(uplink: Uplink, on: boolean, nowMs: number, effects: UplinkEffect[]): void {
  if (on === uplink.on || uplink.stopping) return
  uplink.on = on
  // ON again before the old session is over: the new one takes over, and answers go over plain HTTP anyway.
  if (on) activate(uplink, nowMs, effects)
  else leave(uplink, nowMs, effects)
}

/** With its own secret if it has one that the relay takes. */
function activate(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  if (mayRegister(uplink)) {
    register(uplink, effects)
    return
  }
  dropSession(uplink, effects)
  if (mustBePaired(uplink)) {
    waitForPairing(uplink, 'unpaired', effects)
    return
  }
  const isWaiting = beginEnrolment(uplink, nowMs, effects)
  stand({ state: 'connecting', reason: isWaiting ? 'unclaimed' : 'starting' }, effects)
}

function waitForPairing(uplink: Uplink, reason: 'unpaired' | 'link-refused', effects: UplinkEffect[]): void {
  uplink.phase = 'unpaired'
  stand({ state: 'connecting', reason }, effects)
}

/** Whoever has a secret, or a mode that is OFF, has no use for it. */
function handed(uplink: Uplink, code: string, nowMs: number, effects: UplinkEffect[]): void {
  if (uplink.phase !== 'unpaired') return
  uplink.handed = code
  activate(uplink, nowMs, effects)
}

function forget(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  if (uplink.means.hasCode || !uplink.means.hasSecret || uplink.stopping || !uplink.on) return
  uplink.means.hasSecret = false
  effects.push({ kind: 'forget-secret' })
  activate(uplink, nowMs, effects)
}

function enrolAnswered(uplink: Uplink, event: CallEvent, nowMs: number, effects: UplinkEffect[]): void {
  const after = stepEnrolment(uplink, event, nowMs, effects)
  if (after.next === 'register') register(uplink, effects)
  else if (after.next === 'move') move(uplink, after.uri, nowMs, effects)
  else if (after.next === 'come-back') comeBack(uplink, after.why, nowMs, effects)
  else if (after.next === 'wait-for-pairing') waitForPairing(uplink, 'link-refused', effects)
  else if (after.next === 'pause') pause(uplink, nowMs + after.ms)
  else beginEnrolment(uplink, nowMs, effects)
}

function pause(uplink: Uplink, untilMs: number): void {
  uplink.phase = 'waiting'
  uplink.retryAtMs = untilMs
}

/** S231: at every activation, before the session. */
function register(uplink: Uplink, effects: UplinkEffect[]): void {
  dropSession(uplink, effects)
  uplink.phase = 'registering'
  uplink.registering = ++uplink.lastCall
  effects.push({ kind: 'register', call: uplink.registering })
  stand({ state: 'connecting', reason: 'starting' }, effects)
}

function registerAnswered(uplink: Uplink, event: CallEvent, nowMs: number, effects: UplinkEffect[]): void {
  uplink.registering = undefined
  switch (event.kind) {
    case 'registered':
      uplink.domain = event.jid.slice(event.jid.indexOf('@') + 1)
      uplink.toldSurvivalSeconds = event.survivalTimeoutSeconds
      openSession(uplink, nowMs, effects)
      break
    case 'call-moved':
      move(uplink, event.uri, nowMs, effects)
      break
    case 'call-failed':
      failed(uplink, { reason: reasonOf(event.trouble), trouble: event.trouble }, nowMs, effects)
  }
}

/** S233. An old session may still stand at the relay; the new one wins. */
function openSession(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  settle(uplink, nowMs)
  dropSession(uplink, effects)
  uplink.phase = 'opening'
  uplink.sessionNumber++
  uplink.lastCut = undefined
  const learned = uplink.settings.learnedWaitSeconds
  uplink.session = createBoshSession({
    domain: uplink.domain ?? uplink.relayHost,
    waitSeconds: Math.min(waitSeconds, learned ?? waitSeconds),
    renewAfterMs: learned === null ? undefined : learned * 1000,
    fraction: uplink.fraction,
    nextExchange: () => ++uplink.lastExchange,
  })
  inSession(uplink, { kind: 'open' }, nowMs, effects)
}

/** One event for the session; what it asks for is carried out here or handed on. */
function inSession(uplink: Uplink, event: SessionEvent, nowMs: number, effects: UplinkEffect[]): void {
  const { session } = uplink
  if (!session) return
  const asked: SessionEffect[] = []
  stepSession(session, event, nowMs, asked)
  if (session.phase === 'bound') uplink.former = undefined
  for (const effect of asked) {
    switch (effect.kind) {
      case 'connected':
        connected(uplink, nowMs, effects)
        break
      case 'disconnected':
        if (uplink.phase === 'up')
          stand({ state: 'connecting', reason: 'unreachable', trouble: effect.trouble }, effects)
        break
      case 'push':
        pushed(uplink, effect, nowMs, effects)
        break
      case 'hold-cut':
      case 'hold-lived':
        learnFrom(uplink, session, effect, waitSeconds, effects)
        break
      case 'ended':
        sessionEnded(uplink, effect.end, nowMs, effects)
        break
      default:
        effects.push({ kind: 'session', session: uplink.sessionNumber, effect })
    }
  }
}

/** S236, S237. */
function connected(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  if (uplink.phase === 'opening') uplink.phase = 'up'
  if (uplink.phase !== 'up') return
  uplink.upSinceMs ??= nowMs
  if (uplink.survivalAtMs === undefined) restartSurvivalTimer(uplink, nowMs)
  stand({ state: 'online' }, effects)
}

function restartSurvivalTimer(uplink: Uplink, nowMs: number): void {
  const seconds = uplink.settings.survivalTimeoutSeconds ?? uplink.toldSurvivalSeconds
  uplink.survivalAtMs = seconds === 0 ? undefined : nowMs + seconds * 1000
}

function pushed(uplink: Uplink, push: Push, nowMs: number, effects: UplinkEffect[]): void {
  // Only a push or a survival notification restarts the timer; an empty answer does not (A5).
  if (uplink.phase === 'up') restartSurvivalTimer(uplink, nowMs)
  // Counted here already: the end of the session waits for it, however soon that is asked for.
  uplink.running++
  effects.push({ kind: 'push', requestId: push.requestId, text: push.text })
}

/** The survival timer ran out (S239 to S246). */
function survivalDue(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  restartSurvivalTimer(uplink, nowMs)
  switch (uplink.settings.survivalMode) {
    case 'survival':
      if (uplink.surviving !== undefined || uplink.session?.sid === undefined) return
      uplink.surviving = ++uplink.lastCall
      effects.push({
        kind: 'survive',
        call: uplink.surviving,
        sid: uplink.session.sid,
        timeoutMs: uplink.settings.survivalAnswerTimeoutSeconds * 1000,
      })
      return
    case 'connection':
      inSession(uplink, { kind: 'renew' }, nowMs, effects)
      break
    case 'session':
      openSession(uplink, nowMs, effects)
      break
    case 'nothing':
      break
  }
}

function survivalAnswered(uplink: Uplink, event: CallEvent, nowMs: number, effects: UplinkEffect[]): void {
  uplink.surviving = undefined
  if (event.kind === 'survived' && event.recognized) {
    inSession(uplink, { kind: 'renew' }, nowMs, effects)
    return
  }
  const trouble = event.kind === 'call-failed' ? { trouble: event.trouble } : {}
  const reason = event.kind === 'call-failed' ? reasonOf(event.trouble) : 'session-lost'
  // Without the right to speak a new session is no way out: that needs a person, and time.
  if (reason === 'unauthorized' || reason === 'insecure-transport') {
    comeBack(uplink, { reason, ...trouble }, nowMs, effects)
    return
  }
  stand({ state: 'connecting', reason, ...trouble }, effects)
  openSession(uplink, nowMs, effects)
}

function sessionEnded(uplink: Uplink, end: SessionEnd, nowMs: number, effects: UplinkEffect[]): void {
  uplink.session = undefined
  if (uplink.phase === 'draining' || uplink.phase === 'closing') endFormer(uplink, nowMs, effects)
  else if (end.why === 'moved') move(uplink, end.uri, nowMs, effects)
  else failed(uplink, causeOf(end), nowMs, effects)
}

/** Follows the relay to another address of the same machine, and only to a safer one. */
function move(uplink: Uplink, uri: string, nowMs: number, effects: UplinkEffect[]): void {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  const isOurs = url?.protocol === 'https:' && url.hostname === uplink.relayHost && uplink.attempt < 3
  if (!isOurs) {
    comeBack(uplink, { reason: 'refused', condition: 'see-other-uri' }, nowMs, effects)
    return
  }
  uplink.attempt++
  effects.push({ kind: 'relay-moved', uri: addressOf(url) })
  activate(uplink, nowMs, effects)
}

/** Of the relay: what it names is one of its calls, and behind a proxy it may live below a path. */
function addressOf({ origin, pathname }: URL): string {
  const [, below = ''] = /^(.*)\/(?:http-bind|device\/v1\/\w+)$/.exec(pathname) ?? []
  return origin + below
}

/** After a session that lasted, the next trouble is a new one. */
function settle(uplink: Uplink, nowMs: number): void {
  const upMs = uplink.upSinceMs === undefined ? 0 : nowMs - uplink.upSinceMs
  if (upMs >= stableMs) uplink.attempt = 0
  if (upMs >= aloneMs) uplink.replacements = 0
}

/** A secret that is not taken may be one of a device that was given away: its code tells. */
function failed(uplink: Uplink, why: Cause, nowMs: number, effects: UplinkEffect[]): void {
  if (doubtsSecret(uplink, why.reason)) activate(uplink, nowMs, effects)
  else comeBack(uplink, why, nowMs, effects)
}

function comeBack(uplink: Uplink, why: Cause, nowMs: number, effects: UplinkEffect[]): void {
  settle(uplink, nowMs)
  dropSession(uplink, effects)
  const attempt = why.reason === 'replaced' ? uplink.replacements++ : uplink.attempt++
  const pauseMs = Math.max(pauseAfter(why.reason, attempt, uplink.fraction()), askedForMs(why.trouble))
  pause(uplink, nowMs + pauseMs)
  stand({ state: 'offline', retryInMs: pauseMs, ...why }, effects)
}

/** Mode OFF, or the agent's end: first what was pushed, then the farewell. */
function leave(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  uplink.survivalAtMs = undefined
  uplink.surviving = undefined
  // Asked for is enough: the relay may have bound it in place of another, and take the device for ONLINE, before it shows that.
  if (uplink.session?.phase === 'binding' || uplink.session?.phase === 'bound') {
    uplink.phase = 'draining'
    uplink.session.resting = true
    return
  }
  if (uplink.phase === 'draining' || uplink.phase === 'closing') return
  dropSession(uplink, effects)
  endFormer(uplink, nowMs, effects)
}

/** Nothing stands here any more. What may stand at the relay would be ONLINE there until it is missed: it is told as well. */
function endFormer(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  const { former } = uplink
  if (!former) {
    rest(uplink, effects)
    return
  }
  uplink.former = undefined
  uplink.session = former
  uplink.sessionNumber++
  uplink.phase = former.phase === 'closing' ? 'closing' : 'draining'
  former.resting = true
  inSession(uplink, { kind: 'resume' }, nowMs, effects)
}

/** Once nothing is left to answer, closes the session; once that is done and the agent is to end, says so. */
function drain(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  const isLate = uplink.stopByMs !== undefined && nowMs >= uplink.stopByMs
  const isDone = () => uplink.running === 0 && uplink.session?.phase !== 'binding'
  // A session that cannot be bound in time may leave the one before it to be closed.
  while (uplink.phase === 'draining' && (isLate || isDone())) {
    uplink.phase = 'closing'
    // The status tells the relay which of its reasons of OFFLINE this is.
    const status = uplink.on ? [] : [xml('status', ns.client, {}, 'mode-off')]
    const farewell = xml('presence', ns.client, { type: 'unavailable' }, ...status)
    inSession(uplink, { kind: 'close', farewell }, nowMs, effects)
  }
  if (!uplink.stopping || uplink.phase !== 'idle') return
  if (uplink.running > 0 && !isLate) return
  uplink.phase = 'stopped'
  effects.push({ kind: 'stopped' })
}

function rest(uplink: Uplink, effects: UplinkEffect[]): void {
  uplink.phase = 'idle'
  uplink.upSinceMs = undefined
  stand(uplink.on ? { state: 'stopped' } : { state: 'off' }, effects)
}

function passTime(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  inSession(uplink, { kind: 'time' }, nowMs, effects)
  if (uplink.retryAtMs !== undefined && nowMs >= uplink.retryAtMs) {
    uplink.retryAtMs = undefined
    activate(uplink, nowMs, effects)
  }
  if (uplink.survivalAtMs !== undefined && nowMs >= uplink.survivalAtMs && uplink.phase === 'up')
    survivalDue(uplink, nowMs, effects)
}

function stand(standing: Standing, effects: UplinkEffect[]): void {
  effects.push({ kind: 'standing', standing })
}

function askForWake(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): void {
  const session = uplink.session ? sessionWakeMs(uplink.session) : undefined
  // Once it is over, the end waits for the session's farewell, not for this.
  const stopByMs = uplink.stopByMs !== undefined && uplink.stopByMs > nowMs ? uplink.stopByMs : undefined
  const moments = [session, uplink.retryAtMs, uplink.survivalAtMs, stopByMs]
  const due = moments.filter((moment) => moment !== undefined)
  const atMs = due.length === 0 ? undefined : Math.min(...due)
  if (atMs !== undefined && atMs !== uplink.wakeAtMs) effects.push({ kind: 'wake', atMs })
  uplink.wakeAtMs = atMs
}
