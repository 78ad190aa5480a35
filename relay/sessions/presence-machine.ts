/** Is a device here? A pure machine per device: lines come and go, time passes, ONLINE and OFFLINE follow from evidence. */

/** Why a device is OFFLINE; the words of the contract. */
export type OfflineReason =
  | 'never-seen'
  | 'terminated'
  | 'connection-closed'
  | 'inactivity'
  | 'management-timeout'
  | 'mode-off'
  | 'replaced'
  | 'relay-restart'
  | 'removed'

export interface Presence {
  online: boolean
  /** It has said that it goes to sleep, and has not come back: that it is silent means nothing (H1). */
  asleep: boolean
  /** Of being OFFLINE, or of what its last session ended by. */
  reason: OfflineReason | undefined
  /** Grows with every bound line; whatever an older line still says changes nothing (`safety.md` 6.6). */
  epoch: number
  /** The epoch of the line that stands, bound but perhaps not yet connected. */
  line: number | undefined
  /** Its connection has arrived. */
  connected: boolean
  lastSignMs: number
  /** Time-out of the first push handed over since the last sign of life; nothing ends the session before it (A10). */
  pushUntilMs: number | undefined
  /** The management timer is set for then; it rings whether or not there was a sign of life since. */
  wakeMs: number | undefined
}

export type PresenceEvent =
  /** @param isOnline it comes from another node, where it is ONLINE: so it stays */
  | { kind: 'bound'; epoch: number; isOnline?: boolean }
  /** The line's connection stands (A4). */
  | { kind: 'connected'; epoch: number }
  /** Any authenticated call, frame or pong (A6), on the line or beside it. */
  | { kind: 'alive' }
  | { kind: 'pushed'; untilMs: number }
  | { kind: 'ended'; epoch: number; reason: OfflineReason }
  /** The device goes to sleep: its session ends, and it is not OFFLINE for that. */
  | { kind: 'slept' }
  /** The device has a newer session at another node: what is here gives way, and tells nobody of it. */
  | { kind: 'superseded'; epoch: number }
  /** What this node held is other nodes' now. */
  | { kind: 'abandoned' }
  | { kind: 'time' }

export type PresenceEffect =
  | { kind: 'online' }
  /** A line's connection has arrived, once a line: what is to be pushed may leave. */
  | { kind: 'connected' }
  | { kind: 'offline'; reason: OfflineReason }
  | { kind: 'asleep' }
  /** An older line gives way to a newer one. */
  | { kind: 'replace'; epoch: number }
  /** The line is not needed while the device sleeps. */
  | { kind: 'put-down'; epoch: number }
  /** The management timer ran out: the session is ended, so that there is never an OFFLINE device that is still pushed to. */
  | { kind: 'expire'; epoch: number }
  /** It was here, and is at another node now. */
  | { kind: 'moved' }
  | { kind: 'keep'; untilMs: number }
  | { kind: 'wake'; atMs: number }

export interface PresenceLimits {
  /** The management timer (A6), in milliseconds. */
  managementMs: number
}

export function newPresence(epoch: number, reason: OfflineReason, asleep = false): Presence {
  return {
    online: false,
    asleep,
    reason,
    epoch,
    line: undefined,
    connected: false,
    lastSignMs: 0,
    pushUntilMs: undefined,
    wakeMs: undefined,
  }
}

/** Source: A4, A5, A6, A10, H1 of the requirements; `safety.md` 6.6. */
export function step(
  presence: Presence,
  event: PresenceEvent,
  nowMs: number,
  limits: PresenceLimits,
  effects: PresenceEffect[],
): void {
  switch (event.kind) {
    case 'bound':
      if (presence.line !== undefined) effects.push({ kind: 'replace', epoch: presence.line })
      presence.epoch = event.epoch
      presence.line = event.epoch
      presence.connected = false
      if (event.isOnline) {
        presence.online = true
        presence.asleep = false
        presence.reason = undefined
      }
      heard(presence, nowMs, limits, effects)
      break
    case 'connected':
      if (presence.line === event.epoch) connect(presence, nowMs, limits, effects)
      break
    case 'alive':
      heard(presence, nowMs, limits, effects)
      break
    case 'pushed':
      if (presence.line === undefined || presence.pushUntilMs !== undefined) break
      presence.pushUntilMs = event.untilMs
      effects.push({ kind: 'keep', untilMs: event.untilMs })
      break
    case 'ended':
      if (presence.line === event.epoch) leave(presence, event.reason, effects)
      break
    case 'slept':
      fallAsleep(presence, effects)
      break
    case 'superseded':
      if (event.epoch > presence.epoch) giveWay(presence, event.epoch, effects)
      break
    case 'abandoned':
      giveWay(presence, presence.epoch, effects)
      break
    case 'time':
      watch(presence, nowMs, limits, effects)
      break
  }
}

/** True while a push waits for a sign of life. */
export function isSuspect(presence: Presence): boolean {
  return presence.online && presence.pushUntilMs !== undefined
}

function connect(presence: Presence, nowMs: number, limits: PresenceLimits, effects: PresenceEffect[]): void {
  // One that goes on is no new sign of life: a push may have left in this very turn, and keeps its session (A10).
  if (presence.connected) return
  const wasOffline = !presence.online
  presence.online = true
  presence.asleep = false
  presence.reason = undefined
  heard(presence, nowMs, limits, effects)
  presence.connected = true
  if (wasOffline) effects.push({ kind: 'online' })
  effects.push({ kind: 'connected' })
}

function heard(presence: Presence, nowMs: number, limits: PresenceLimits, effects: PresenceEffect[]): void {
  presence.lastSignMs = nowMs
  // Whoever is heard is kept no longer for the push that it had: from here on its silence counts.
  if (presence.pushUntilMs !== undefined) effects.push({ kind: 'keep', untilMs: nowMs })
  presence.pushUntilMs = undefined
  // The timer starts with the connection (A4).
  if (!presence.online) return
  const untilMs = nowMs + limits.managementMs
  // It may be set for later: for the time-out of a push that is answered by now.
  if ((presence.wakeMs ?? Number.POSITIVE_INFINITY) <= untilMs) return
  presence.wakeMs = untilMs
  effects.push({ kind: 'wake', atMs: untilMs })
}

/** The timer is not moved at every sign of life: it looks, when it rings, whether there was one. */
function watch(presence: Presence, nowMs: number, limits: PresenceLimits, effects: PresenceEffect[]): void {
  presence.wakeMs = undefined
  if (!presence.online || presence.line === undefined) return
  const untilMs = Math.max(presence.lastSignMs + limits.managementMs, presence.pushUntilMs ?? 0)
  if (nowMs < untilMs) {
    presence.wakeMs = untilMs
    effects.push({ kind: 'wake', atMs: untilMs })
    return
  }
  effects.push({ kind: 'expire', epoch: presence.line })
  leave(presence, 'management-timeout', effects)
}

function giveWay(presence: Presence, epoch: number, effects: PresenceEffect[]): void {
  const { line } = presence
  presence.epoch = epoch
  presence.line = undefined
  presence.pushUntilMs = undefined
  presence.connected = false
  presence.online = false
  presence.asleep = false
  presence.reason = 'replaced'
  if (line === undefined) return
  effects.push({ kind: 'replace', epoch: line })
  effects.push({ kind: 'moved' })
}

/** A line that is bound and never gets its connection ends without waking anybody: it is asleep still. */
function fallAsleep(presence: Presence, effects: PresenceEffect[]): void {
  const { line } = presence
  presence.line = undefined
  presence.pushUntilMs = undefined
  presence.connected = false
  presence.online = false
  presence.asleep = true
  if (line !== undefined) effects.push({ kind: 'put-down', epoch: line })
  effects.push({ kind: 'asleep' })
}

function leave(presence: Presence, reason: OfflineReason, effects: PresenceEffect[]): void {
  presence.line = undefined
  presence.pushUntilMs = undefined
  const changes = presence.online
  presence.online = false
  presence.reason = reason
  if (changes) effects.push({ kind: 'offline', reason })
}
