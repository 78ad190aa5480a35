/** One session per device: which line stands, whether the device is ONLINE, and how a push gets to it. */
import type { Clock, Timer } from '@fairlead/base'
import type { Xml } from '@fairlead/protocol/xmpp'
import type { Line, LineEnd, Lines } from '../xmpp/carrier.ts'
import { createFlapGuard } from './flap-guard.ts'
import {
  isSuspect,
  newPresence,
  type OfflineReason,
  type Presence,
  type PresenceEffect,
  type PresenceEvent,
  step,
} from './presence-machine.ts'

/** Who uses the lines: told in the order things happen, always in the same turn. */
export interface LineListener {
  /** The line ended or gives way; `withdraw` still reaches it during this call. */
  lineEnded(device: string): void
  /** A line's connection has arrived: the device is here, or back. */
  connected(device: string): void
  offline(device: string, reason: OfflineReason): void
  written(device: string, token: number): void
  acknowledged(device: string, token: number): void
  answered(device: string, stanza: Xml): void
}

/** What people and services are told of a device's presence. */
export interface PresenceView {
  state: 'online' | 'offline'
  stateSinceAt: number
  reason: OfflineReason | undefined
  suspect: boolean
  lastSeenAt: number | undefined
  address: string | undefined
  transport: 'bosh' | 'websocket' | undefined
}

/** What is remembered of a change; the record writes it behind, in order. */
export interface PresenceChange extends PresenceView {
  device: string
  epoch: number
}

export interface Sessions extends Lines, Disposable {
  listen(listener: LineListener): void
  /** Pushes rendered XML on the device's line; without one, nothing happens and `lineEnded` has told so. */
  send(device: string, xml: string, token: number): void
  /** Takes a push back that has not left; one that has left is not affected. */
  withdraw(device: string, token: number): void
  /** A push left; nothing ends the session before `untilMs` of the clock unless the device shows life (A10). */
  pushed(device: string, untilMs: number): void
  /** An authenticated HTTP call of the device, outside its session (A6). */
  signOfLife(device: string): void
  /** May a session from before a crash go on? Not when the device has had a newer one since. */
  mayRestore(device: string, epoch: number): boolean
  isOnline(device: string): boolean
  /** The connection of its line stands; a device that opens a new session is ONLINE a moment longer than this is true. */
  isConnected(device: string): boolean
  /** Undefined: never heard of. */
  presenceOf(device: string): PresenceView | undefined
  /** The BOSH sid or stream id that stands now (A5). */
  lineIdOf(device: string): string | undefined
  /** Where a push goes: the resource of the line that stands now. */
  resourceOf(device: string): string | undefined
  /** Devices that were heard of since they were last remembered: each is told once. */
  takeUnsaved(): PresenceChange[]
  /** The relay stops: whoever leaves from now on leaves because of that. */
  drain(): void
  /** Removed or rotated: its sessions end now. */
  endOf(device: string, reason: 'removed' | 'rotated'): void
  counts(): { online: number; sessions: Record<'bosh' | 'websocket', number> }
}

export interface Remembered {
  epoch: number
  reason: OfflineReason | undefined
  stateSinceAt: number
  lastSeenAt: number | undefined
}

export interface SessionsNeeds {
  clock: Clock
  managementMs: number
  /** The last known epoch and presence from the record; undefined: never seen. */
  remembered(device: string): Remembered | undefined
  /** Remembered and told as an event, in this order; never awaited. */
  changed(change: PresenceChange): void
  /** Two holders of one credential (flap guard). */
  alarm(device: string, address: string): void
}

interface DeviceSession {
  presence: Presence
  line: Line | undefined
  stateSinceAt: number
  lastSeenAt: number | undefined
  /** As it is on disk, or on its way there. */
  savedSeenAt: number | undefined
  address: string | undefined
  transport: 'bosh' | 'websocket' | undefined
  /** The device said why it leaves, before it left. */
  leaving: OfflineReason | undefined
  timer: Timer | undefined
}

const reasonOf: Record<LineEnd, OfflineReason> = {
  terminated: 'terminated',
  'connection-closed': 'connection-closed',
  inactivity: 'inactivity',
  'ended-by-us': 'connection-closed',
}

/** What a device says in the status of its unavailable presence when its session maintenance mode goes OFF (A1). */
const modeOffStatus = 'mode-off'

export function createSessions(needs: SessionsNeeds): Sessions {
  const { clock } = needs
  const limits = { managementMs: needs.managementMs }
  const devices = new Map<string, DeviceSession>()
  const epochs = new WeakMap<Line, number>()
  const guard = createFlapGuard()
  const online = new Set<string>()
  const lines = { bosh: 0, websocket: 0 }
  let listener: LineListener | undefined
  let draining = false

  function sessionOf(device: string): DeviceSession {
    const known = devices.get(device)
    if (known) return known
    const remembered = needs.remembered(device)
    const session: DeviceSession = {
      presence: newPresence(remembered?.epoch ?? 0, remembered?.reason ?? 'never-seen'),
      line: undefined,
      stateSinceAt: remembered?.stateSinceAt ?? clock.wallNow(),
      lastSeenAt: remembered?.lastSeenAt,
      savedSeenAt: remembered?.lastSeenAt,
      address: undefined,
      transport: undefined,
      leaving: undefined,
      timer: undefined,
    }
    devices.set(device, session)
    return session
  }

  function happen(device: string, session: DeviceSession, event: PresenceEvent): void {
    const effects: PresenceEffect[] = []
    step(session.presence, event, clock.now(), limits, effects)
    for (const effect of effects) carryOut(device, session, effect)
  }

  function carryOut(device: string, session: DeviceSession, effect: PresenceEffect): void {
    switch (effect.kind) {
      case 'online':
        turn(device, session)
        break
      case 'connected':
        listener?.connected(device)
        break
      case 'offline':
        listener?.offline(device, effect.reason)
        turn(device, session)
        break
      case 'replace':
      case 'expire':
        detach(device, session, effect.kind === 'replace' ? 'conflict' : 'connection-timeout')
        break
      case 'keep':
        session.line?.keepUntil(effect.untilMs)
        break
      case 'wake':
        session.timer?.cancel()
        session.timer = clock.at(effect.atMs, () => happen(device, session, { kind: 'time' }))
        break
    }
  }

  /** The state changed: it is remembered, and told to whoever listens. */
  function turn(device: string, session: DeviceSession): void {
    session.stateSinceAt = clock.wallNow()
    // It is ONLINE because it was heard: one moment, however often the clock is read.
    if (session.presence.online) session.lastSeenAt = session.stateSinceAt
    session.savedSeenAt = session.lastSeenAt
    if (session.presence.online) online.add(device)
    else online.delete(device)
    needs.changed({ device, epoch: session.presence.epoch, ...viewOf(session) })
  }

  function detach(
    device: string,
    session: DeviceSession,
    condition: 'conflict' | 'connection-timeout' | 'not-authorized',
  ): void {
    const line = session.line
    if (!line) return
    listener?.lineEnded(device)
    forget(session, line)
    line.end(condition)
  }

  function forget(session: DeviceSession, line: Line): void {
    lines[line.transport] -= 1
    session.line = undefined
  }

  /** The session of this line, if the line is the one that stands; a late word of an older one changes nothing. */
  function current(line: Line): DeviceSession | undefined {
    const session = devices.get(line.device)
    return session?.line === line ? session : undefined
  }

  return {
    listen(given) {
      listener = given
    },

    mayBind: (device) => devices.get(device)?.line === undefined || guard.mayReplace(device, clock.now()),

    bound(line) {
      const session = sessionOf(line.device)
      if (session.line && guard.replaced(line.device, line.address, clock.now())) needs.alarm(line.device, line.address)
      const epoch = session.presence.epoch + 1
      epochs.set(line, epoch)
      happen(line.device, session, { kind: 'bound', epoch })
      session.line = line
      session.leaving = undefined
      session.lastSeenAt = clock.wallNow()
      lines[line.transport] += 1
      return epoch
    },

    connected(line) {
      const session = current(line)
      if (!session) return
      // A WebSocket stream that was resumed comes from elsewhere.
      session.address = line.address
      session.transport = line.transport
      happen(line.device, session, { kind: 'connected', epoch: epochs.get(line) ?? 0 })
    },

    alive(line) {
      const session = current(line)
      if (!session) return
      session.lastSeenAt = clock.wallNow()
      happen(line.device, session, { kind: 'alive' })
    },

    leaving(line, status) {
      const session = current(line)
      if (session && status === modeOffStatus) session.leaving = 'mode-off'
    },

    written(line, token) {
      if (current(line)) listener?.written(line.device, token)
    },

    acknowledged(line, token) {
      if (current(line)) listener?.acknowledged(line.device, token)
    },

    answered(line, stanza) {
      listener?.answered(line.device, stanza)
    },

    ended(line, end) {
      const session = current(line)
      if (!session) return
      listener?.lineEnded(line.device)
      forget(session, line)
      const reason = session.leaving ?? (draining ? 'relay-restart' : reasonOf[end])
      happen(line.device, session, { kind: 'ended', epoch: epochs.get(line) ?? 0, reason })
    },

    send(device, xml, token) {
      devices.get(device)?.line?.send(xml, token)
    },

    withdraw(device, token) {
      devices.get(device)?.line?.withdraw(token)
    },

    pushed(device, untilMs) {
      const session = devices.get(device)
      if (session) happen(device, session, { kind: 'pushed', untilMs })
    },

    signOfLife(device) {
      const session = sessionOf(device)
      session.lastSeenAt = clock.wallNow()
      happen(device, session, { kind: 'alive' })
    },

    mayRestore(device, epoch) {
      const { presence } = sessionOf(device)
      return presence.line === undefined && presence.epoch <= epoch
    },

    isOnline: (device) => online.has(device),
    isConnected(device) {
      const presence = devices.get(device)?.presence
      return presence?.line !== undefined && presence.connected
    },
    presenceOf(device) {
      const session = devices.get(device)
      if (session) return viewOf(session)
      const remembered = needs.remembered(device)
      if (!remembered) return undefined
      const { reason, stateSinceAt, lastSeenAt } = remembered
      return { ...nowhere, reason, stateSinceAt, lastSeenAt }
    },
    lineIdOf: (device) => devices.get(device)?.line?.id,
    resourceOf: (device) => devices.get(device)?.line?.resource,

    takeUnsaved() {
      const unsaved: PresenceChange[] = []
      for (const [device, session] of devices) {
        if (session.lastSeenAt === session.savedSeenAt) continue
        session.savedSeenAt = session.lastSeenAt
        unsaved.push({ device, epoch: session.presence.epoch, ...viewOf(session) })
      }
      return unsaved
    },

    drain() {
      draining = true
    },

    endOf(device, reason) {
      const session = devices.get(device)
      if (!session) return
      const line = session.line
      const epoch = session.presence.line
      detach(device, session, 'not-authorized')
      if (line && epoch !== undefined)
        happen(device, session, { kind: 'ended', epoch, reason: reason === 'removed' ? 'removed' : 'terminated' })
      if (reason !== 'removed') return
      session.timer?.cancel()
      devices.delete(device)
    },

    counts: () => ({ online: online.size, sessions: { ...lines } }),
    [Symbol.dispose]() {
      for (const { timer } of devices.values()) timer?.cancel()
    },
  }
}

const nowhere = { state: 'offline', suspect: false, address: undefined, transport: undefined } as const

function viewOf(session: DeviceSession): PresenceView {
  const { presence } = session
  return {
    state: presence.online ? 'online' : 'offline',
    stateSinceAt: session.stateSinceAt,
    reason: presence.reason,
    suspect: isSuspect(presence),
    lastSeenAt: session.lastSeenAt,
    address: session.address,
    transport: presence.online ? session.transport : undefined,
  }
}
