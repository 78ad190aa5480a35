/** One session per device: which line stands, whether the device is ONLINE, and how a push gets to it. */
import type { Line, LineEnd } from '../xmpp/carrier.ts'
import { type DeviceSession, newSession, viewOf, viewOfRemembered } from './device-session.ts'
import { createFlapGuard } from './flap-guard.ts'
import { type OfflineReason, type PresenceEffect, type PresenceEvent, step } from './presence-machine.ts'
import type { LineListener, PresenceChange, Sessions, SessionsNeeds } from './shape.ts'

export type { LineListener, PresenceChange, PresenceView, Remembered, Sessions, SessionsNeeds } from './shape.ts'

const reasonOf: Record<LineEnd, OfflineReason> = {
  terminated: 'terminated',
  'connection-closed': 'connection-closed',
  inactivity: 'inactivity',
  'ended-by-us': 'connection-closed',
}

const conditionOf = { replace: 'conflict', 'put-down': 'reset', expire: 'connection-timeout' } as const

/** What a device says in the status of its unavailable presence when its session maintenance mode goes OFF (A1). */
const modeOffStatus = 'mode-off'

export function createSessions(needs: SessionsNeeds): Sessions {
  const { clock } = needs
  const limits = { managementMs: needs.managementMs }
  const devices = new Map<string, DeviceSession>()
  const epochs = new WeakMap<Line, number>()
  const guard = createFlapGuard()
  const online = new Set<string>()
  /** Devices that are ONLINE at another node, and are about to be here. */
  const arriving = new Map<string, number>()
  const lines = { bosh: 0, websocket: 0 }
  let listener: LineListener | undefined
  let draining = false

  function sessionOf(device: string): DeviceSession {
    const known = devices.get(device)
    if (known) return known
    const remembered = needs.remembered(device)
    const session = newSession(remembered, clock.wallNow())
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
      case 'asleep':
        online.delete(device)
        listener?.offline(device, undefined)
        session.stateSinceAt = clock.wallNow()
        break
      case 'moved':
        online.delete(device)
        listener?.moved(device)
        break
      case 'replace':
      case 'put-down':
      case 'expire':
        detach(device, session, conditionOf[effect.kind])
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
    condition: 'conflict' | 'connection-timeout' | 'not-authorized' | 'reset',
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
    needs.held?.(line.device, false)
  }

  function arrive(device: string, session: DeviceSession): void {
    online.add(device)
    const { stateSinceAt, elsewhere } = needs.remembered(device) ?? {}
    session.stateSinceAt = stateSinceAt ?? clock.wallNow()
    session.address = elsewhere?.address
    session.transport = elsewhere?.transport
  }

  function leave(device: string): void {
    const session = devices.get(device)
    if (!session?.line) return
    listener?.lineEnded(device)
    // Not ended: the device goes on with it elsewhere.
    forget(session, session.line)
    session.isElsewhere = true
    happen(device, session, { kind: 'abandoned' })
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

    claim(device, address) {
      const session = sessionOf(device)
      if (session.line && !guard.mayReplace(device, clock.now())) return 'conflict'
      return needs.claim?.(device, address) ?? { epoch: session.presence.epoch + 1 }
    },

    bound(line, epoch) {
      const session = sessionOf(line.device)
      if (session.line && guard.replaced(line.device, line.address, clock.now())) needs.alarm(line.device, line.address)
      // The claims of two lines may come in any order.
      if (epoch <= session.presence.epoch) return line.end('conflict')
      epochs.set(line, epoch)
      const isOnline = arriving.get(line.device) === epoch
      arriving.delete(line.device)
      happen(line.device, session, { kind: 'bound', epoch, isOnline })
      if (isOnline) arrive(line.device, session)
      session.line = line
      needs.held?.(line.device, true)
      session.leaving = undefined
      session.isElsewhere = false
      session.isHeld = false
      session.lastSeenAt = clock.wallNow()
      lines[line.transport] += 1
      listener?.bound(line.device)
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

    reclaim(device, epoch) {
      const { presence } = sessionOf(device)
      return presence.line === undefined && presence.epoch <= epoch ? presence.epoch + 1 : undefined
    },

    arrives: (device, epoch) => void arriving.set(device, epoch),

    isHere: (device) => devices.get(device)?.line !== undefined,

    superseded(device, epoch) {
      const session = devices.get(device)
      if (!session || epoch <= session.presence.epoch) return
      session.isElsewhere = true
      happen(device, session, { kind: 'superseded', epoch })
    },

    giveWay(device) {
      const nowMs = clock.now()
      const isHere = devices.get(device)?.line !== undefined
      return { mayReplace: !isHere || guard.mayReplace(device, nowMs), seen: guard.seenOf(device) }
    },

    replacing(device, address, seen) {
      guard.learn(device, seen)
      if (guard.replaced(device, address, clock.now())) needs.alarm(device, address)
    },

    hold(device) {
      const session = devices.get(device)
      if (!session?.line) return
      session.isHeld = true
      listener?.lineEnded(device)
      listener?.held(device)
    },

    leave,

    abandon() {
      for (const device of devices.keys()) leave(device)
    },

    isOnline: (device) => online.has(device),
    isSettled: (device) => online.has(device) && devices.get(device)?.isHeld !== true,
    isConnected(device) {
      const session = devices.get(device)
      return session?.presence.line !== undefined && session.presence.connected && !session.isHeld
    },
    presenceOf(device) {
      const session = devices.get(device)
      const remembered = needs.remembered(device)
      const isHere = session?.line !== undefined || (remembered?.epoch ?? 0) <= (session?.presence.epoch ?? -1)
      if (session && isHere && !(session.isElsewhere && remembered)) return viewOf(session)
      return remembered && viewOfRemembered(remembered)
    },
    witnessed(device) {
      const session = devices.get(device)
      // Without an address it has had no connection here: that it is OFFLINE is hearsay.
      if (!session || session.isElsewhere || session.address === undefined) return undefined
      return { device, epoch: session.presence.epoch, ...viewOf(session) }
    },
    epochOf: (device) => devices.get(device)?.presence.epoch ?? 0,
    lineIdOf: (device) => devices.get(device)?.line?.id,
    resourceOf: (device) => devices.get(device)?.line?.resource,

    takeUnsaved() {
      const unsaved: PresenceChange[] = []
      for (const [device, session] of devices) {
        if (session.lastSeenAt === session.savedSeenAt) continue
        session.savedSeenAt = session.lastSeenAt
        // It is at another node, which has the word about it: from here it would be called OFFLINE.
        if (session.isElsewhere) continue
        unsaved.push({ device, epoch: session.presence.epoch, ...viewOf(session) })
      }
      return unsaved
    },

    drain() {
      draining = true
    },

    sleep(device, epoch) {
      const session = sessionOf(device)
      const { presence } = session
      // Its last session was elsewhere, and is over: from now on the word is here.
      if (presence.line === undefined) presence.epoch = Math.max(presence.epoch, epoch)
      session.isElsewhere = false
      session.lastSeenAt = clock.wallNow()
      session.savedSeenAt = session.lastSeenAt
      happen(device, session, { kind: 'slept' })
      return { device, epoch: presence.epoch, ...viewOf(session) }
    },

    sleptElsewhere(device) {
      const session = devices.get(device)
      if (session && !session.line) session.isElsewhere = true
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
