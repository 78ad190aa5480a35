/** One life of the relay: its real rooms, put together as `relay/relay.ts` does, on a simulated disk and network. */
import { type Clock, Failure, inBackground, type Log } from '@fairlead/base'
import { networkOf } from '../../relay/http/addresses.ts'
import { problems } from '../../relay/http/problem.ts'
import { createRequests, type Requests } from '../../relay/requests/requests.ts'
import { createSessions, type Remembered, type Sessions } from '../../relay/sessions/sessions.ts'
import { createTranslation } from '../../relay/translation/translation.ts'
import { type BoshSessions, createBoshSessions } from '../../relay/xmpp/bosh-sessions.ts'
import { isKeptBosh } from '../../relay/xmpp/kept-session.ts'
import { createSessionKeeper } from '../../relay/xmpp/session-keeper.ts'
import { openStream } from '../../relay/xmpp/stream.ts'
import type { AskCall, DeviceCall, FindCall } from './calls.ts'
import type { Chance } from './chance.ts'
import { credentialsOf, iterations } from './credentials.ts'
import { createDisk, type Kept } from './disk.ts'
import type { Facts } from './facts.ts'
import type { History } from './history.ts'
import type { Letter, Served } from './network.ts'
import { createRequestDisk, createSessionDisk, savePresence } from './request-disk.ts'
import { domain, type RelaySettings, secretOf } from './settings.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface RelayLifeNeeds {
  time: VirtualTime
  chance: Chance
  history: History
  facts: Facts
  settings: RelaySettings
  /** Which life this is. */
  life: number
  kept: Kept
  /** How long the next group of writes takes. */
  syncMs(): number
  isDiskFull(): boolean
  /** A device is ONLINE. */
  deviceCame(): void
  /** Asked at every effect: false when the relay dies here, or has died. */
  goesOn(): boolean
}

export interface RelayLife {
  readonly bosh: BoshSessions
  readonly sessions: Sessions
  readonly requests: Requests
  take(served: Served, letter: Letter): void
  lost(served: Served): void
  /** Gives a device another secret, or takes it away for good. */
  rotate(device: string): void
  remove(device: string): void
  /** No new work; what is in flight gets up to `graceMs`; then everybody is told (SIGTERM). */
  drain(graceMs: number, done: () => void): void
}

const fakeKey = new Uint8Array(32)

export async function startRelay(needs: RelayLifeNeeds): Promise<RelayLife> {
  const { time, chance, history, facts, settings, kept, goesOn } = needs
  const clock: Clock = {
    now: () => time.nowMs,
    wallNow: () => 1_700_000_000_000 + time.nowMs,
    at: (atMs, run) =>
      time.at(atMs, () => {
        if (goesOn()) run()
      }),
  }
  const log: Log = {
    info() {},
    warn: (event) => history.tell('relay', 'warns', event),
    error: (event, _, error) => facts.relayFailed(event, error),
  }
  const common = { clock, random: chance, log }
  const disk = createDisk({
    kept,
    after: (delayMs, run) => {
      if (goesOn())
        time.after(delayMs, () => {
          if (goesOn()) run()
        })
    },
    syncMs: needs.syncMs,
    isFull: needs.isDiskFull,
    synced(writes) {
      history.tell('disk', 'synced', writes)
      goesOn()
    },
  })
  const store = createRequestDisk(disk)

  // Whoever was ONLINE when the last life ended has no session any more: that is written before anybody connects.
  const known = new Map(kept.devices)
  /** Their removal is on its way to disk: nobody logs in on them any more. */
  const leaving = new Set<string>()
  const letIn = (device: string) => (leaving.has(device) ? undefined : known.get(device))
  for (const presence of [...kept.presences.values()]) {
    if (presence.state !== 'online') continue
    const offline = { ...presence, state: 'offline', reason: 'relay-restart', stateSinceAt: clock.wallNow() } as const
    await savePresence(disk, offline, () => facts.presenceTold(presence.device, 'offline', presence.epoch))
  }
  const remembered = new Map<string, Remembered>()
  for (const [device, presence] of kept.presences) remembered.set(device, { ...presence })
  const sessionDisk = createSessionDisk(disk)
  const { sessions: standing, aliveAt } = await sessionDisk.load()
  for (const { device, epoch } of standing) {
    const presence = remembered.get(device)
    if (presence) presence.epoch = Math.max(presence.epoch, epoch)
  }

  const sessions = createSessions({
    clock,
    managementMs: settings.managementSeconds * 1000,
    remembered: (device) => remembered.get(device),
    changed({ suspect, ...presence }) {
      // Of one that is removed nothing more is told.
      if (!goesOn() || !known.has(presence.device)) return
      const { device, state, epoch } = presence
      if (state === 'online') {
        needs.deviceCame()
        facts.cameOnline(device, sessions.lineIdOf(device) ?? '')
      }
      history.tell('relay', `says ${device} is ${state}`, presence.reason ?? epoch)
      inBackground(log, 'devices.presence-lost', () =>
        savePresence(disk, presence, () => facts.presenceTold(device, state, epoch)).catch((error) => {
          facts.presenceLost(device)
          throw error
        }),
      )
    },
    alarm: (device) => history.tell('relay', 'raises an alarm', device),
  })
  const requests = createRequests({
    maxOpenChars: 100_000_000,
    clock,
    log,
    domain,
    requestTimeoutSeconds: settings.requestTimeoutSeconds,
    maxInFlightPerKey: settings.maxInFlightPerKey,
    store,
    audit: { accepted() {}, finished() {}, stray() {} },
    sessions: {
      ...sessions,
      send(device, xml, token) {
        if (goesOn()) facts.handed(device, idOf(xml), token)
        sessions.send(device, xml, token)
      },
    },
    translation: createTranslation([]),
    understandingOf: () => ({ model: undefined, features: [] }),
    async finished({ requestId, outcome }, remember) {
      time.stir()
      if (goesOn()) facts.finished(requestId, outcome)
      if (!remember) return
      try {
        await disk.write(async (tx) => void (await remember(tx)))
      } catch (error) {
        facts.notRemembered(requestId)
        throw error
      }
    },
  })
  await requests.recover()
  await requests.forgetOld().catch(() => {})

  const logIn = {
    findCredentials: async (device: string) => {
      const entry = letIn(device)
      return entry ? [credentialsOf(device, secretOf(device, entry.version))] : []
    },
    checkSecret: async (device: string, secret: string) => isSecret(device, secret),
    basisOf: letIn,
    versionOf: (device: string) => letIn(device)?.version,
    loggedIn() {},
  }
  const streamNeeds = {
    ...common,
    ...{ domain, version: '0', anonymous: false, insecureTransport: false, fakeKey, iterations, logIn },
    lines: sessions,
  }
  const keeper = createSessionKeeper({ clock, log, store: sessionDisk })
  const bosh = createBoshSessions({
    ...common,
    domain,
    options: {
      waitSeconds: settings.waitSeconds,
      inactivitySeconds: settings.inactivitySeconds,
      maxBodyBytes: 65_536,
    },
    networkOf,
    keeper,
    kept: { sessions: standing.filter(isKeptBosh), downMs: clock.wallNow() - aliveAt },
    reclaim: ({ device, basis, epoch }) =>
      letIn(device)?.version === basis ? sessions.reclaim(device, epoch) : undefined,
    openStream(carrier, watch, restored) {
      const bound = (device: string) => {
        if (goesOn()) facts.bound(device, carrier.id)
      }
      const watching = {
        bound() {
          watch.bound()
          bound(stream.device ?? '')
        },
      }
      const stream = openStream(streamNeeds, carrier, watching, restored)
      if (restored) bound(restored.device)
      const ended = stream.ended.bind(stream)
      stream.ended = (end, unsent, unknown) => {
        if (goesOn()) facts.sessionEnded(carrier.id, end)
        ended(end, unsent, unknown)
      }
      return stream
    },
  })
  let isDraining = false

  function isSecret(device: string, secret: string): boolean {
    const entry = letIn(device)
    return entry !== undefined && secretOf(device, entry.version) === secret
  }

  function knowsSession(device: string, sid: string): boolean {
    return sessions.lineIdOf(device) === sid || bosh.isHibernating(device, sid)
  }

  function reply(served: Served, status: number, body = ''): void {
    served.answer({ status, contentType: 'application/json', body })
  }

  async function fromDevice(served: Served, letter: Letter, call: DeviceCall): Promise<void> {
    const { device } = call
    if (!isSecret(device, call.secret)) return reply(served, 401)
    facts.presence.heard(device, true)
    sessions.signOfLife(device)
    switch (letter.to) {
      case 'register':
        await disk.write(async () => {})
        return reply(
          served,
          200,
          JSON.stringify({ jid: `${device}@${domain}`, survivalTimeoutSeconds: settings.survivalSeconds }),
        )
      case 'survival':
        return reply(served, 200, JSON.stringify({ recognized: knowsSession(device, call.sid ?? '') }))
      default: {
        const taken = await requests.answer(device, call.requestId ?? '', call.response ?? {})
        if (goesOn()) facts.confirmed(call.requestId ?? '')
        return reply(served, taken === 'late' ? 202 : 200, '{}')
      }
    }
  }

  async function ask(served: Served, { tag, call, ...asked }: AskCall): Promise<void> {
    const requestId = chance.token(9)
    facts.asked(requestId, tag, call, asked)
    try {
      if (isDraining) throw new Failure('unavailable', 'The relay stops.')
      if (known.get(asked.device)?.account !== asked.account) throw new Failure('unknown-device', 'No such device.')
      const { account } = asked
      const told = await requests.ask({ ...asked, requestId, account })
      if (!goesOn()) return
      facts.replied(call, requestId, told)
      reply(served, 200, `${told.verdict?.outcome ?? 'pending'} ${told.requestId}`)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (!goesOn()) return
      facts.refused(call, requestId, error.code)
      reply(served, problems[error.code].status, error.code)
    }
  }

  async function find(served: Served, { requestId, account }: FindCall): Promise<void> {
    try {
      const view = await requests.find(requestId, account)
      if (!goesOn()) return
      facts.viewed(requestId, account, view)
      reply(served, 200, view.outcome)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (!goesOn()) return
      facts.viewed(requestId, account, error)
      reply(served, 404, error.code)
    }
  }

  async function serve(served: Served, letter: Letter): Promise<void> {
    try {
      if (letter.to === 'ask') await ask(served, letter.given as AskCall)
      else if (letter.to === 'find') await find(served, letter.given as FindCall)
      else await fromDevice(served, letter, letter.given as DeviceCall)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      reply(served, problems[error.code].status, error.code)
    }
  }

  return {
    bosh,
    sessions,
    requests,
    take(served, letter) {
      if (letter.to === 'bosh') bosh.take(served, Buffer.from(letter.body))
      else inBackground(log, 'door.failed', () => serve(served, letter))
    },
    lost: (served) => bosh.lost(served),
    rotate(device) {
      const entry = known.get(device)
      if (!entry) return
      const next = { ...entry, version: entry.version + 1 }
      inBackground(log, 'devices.not-rotated', async () => {
        await disk.write(async (tx) => void tx.acts.push(() => kept.devices.set(device, next)))
        known.set(device, next)
        facts.rotated(device, next.version)
        sessions.endOf(device, 'rotated')
      })
    },
    remove(device) {
      if (!letIn(device)) return
      leaving.add(device)
      inBackground(log, 'devices.not-removed', async () => {
        try {
          await disk.write(async (tx) => {
            tx.acts.push(() => {
              kept.devices.delete(device)
              kept.presences.delete(device)
              facts.removed(device)
            })
          })
          known.delete(device)
          sessions.endOf(device, 'removed')
          remembered.delete(device)
          requests.removed(device)
        } finally {
          leaving.delete(device)
        }
      })
    },
    drain(graceMs, done) {
      isDraining = true
      const untilMs = clock.now() + graceMs
      const stop = () => {
        if (requests.inFlight() > 0 && clock.now() < untilMs) return void clock.at(clock.now() + 20, stop)
        sessions.drain()
        bosh.drain()
        inBackground(log, 'sessions.not-kept', () => keeper.close())
        done()
      }
      stop()
    },
  }
}

function idOf(xml: string): string {
  return /\sid='([^']*)'/.exec(xml)?.[1] ?? ''
}
