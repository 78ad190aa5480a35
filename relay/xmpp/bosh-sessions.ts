/** Every BOSH session: requests in, each to its session, each answered once. Source: XEP-0124 1.11, XEP-0206 1.4. */
import {
  BodyError,
  type BoshBody,
  type BoshCondition,
  ns,
  readBody,
  readSid,
  renderBody,
  renderXml,
  xml,
} from '@fairlead/protocol/xmpp'
import { emptyBody } from './bosh-answers.ts'
import { BoshCarrier } from './bosh-carrier.ts'
import { agreeOn, createTermsPool } from './bosh-creation.ts'
import { statusOf } from './bosh-ending.ts'
import { busy, type Exchange, type HttpAnswer, type Origin, unavailable } from './bosh-exchange.ts'
import { createBoshGuard } from './bosh-guard.ts'
import type { BoshSessions, BoshSessionsNeeds, HereForOthers } from './bosh-needs.ts'
import { restoreSession } from './bosh-restored.ts'
import { createBoshSession, type Terms } from './bosh-state.ts'
import { createStrangers, mostPerStranger } from './bosh-strangers.ts'
import { createTarpit } from './bosh-tarpit.ts'
import { createTurns } from './bosh-turns.ts'
import type { LineEnd } from './carrier.ts'
import { createHibernation } from './hibernation.ts'
import { type KeptBosh, keyOf } from './kept-session.ts'

export type { BoshSessions, BoshSessionsNeeds, HereForOthers } from './bosh-needs.ts'

/** Of a turn of the event loop, milliseconds: a fleet at its log-ins must not be in the way of those that are here. */
const creationsMs = 10
const stepsMs = 20

const plainXml = 'text/xml; charset=utf-8'

export function createBoshSessions(needs: BoshSessionsNeeds): BoshSessions {
  const { clock, log, options } = needs
  const guard = createBoshGuard(clock, needs.networkOf)
  const strangers = createStrangers<BoshCarrier>({
    limits: options.strangers,
    now: clock.now,
    dismiss: (carrier) => carrier.end('connection-timeout', 'Too many are logging in at once.'),
  })
  /** By the hash of the sid: how long a look-up takes tells nothing about a sid that is near (S-A1). */
  const sessions = new Map<string, BoshCarrier>()
  /** Whose session answers, for every exchange that is open. */
  const owners = new Map<Exchange, BoshCarrier>()
  const tarpit = createTarpit(clock)
  const creations = createTurns(clock.now, creationsMs)
  const steps = createTurns(clock.now, stepsMs)
  const shared = createTermsPool()
  const hibernation = createHibernation({
    kept: needs.kept,
    clock,
    lastsMs: ({ state: { terms } }: KeptBosh) => terms.inactivityMs,
    forget: (session) => needs.keeper?.ended(session),
  })
  let isDraining = false
  let isLeaving = false
  let lastWarningMs = Number.NEGATIVE_INFINITY

  const newSid = needs.newSid ?? (() => needs.random.token(24))
  const mayAct = needs.mayAct ?? (() => true)

  const carrierNeeds = {
    clock,
    log,
    openStream: needs.openStream,
    answer,
    loggedIn: release,
    changed: (carrier: BoshCarrier) => needs.keeper?.changed(carrier),
    ended,
    outOfWindow,
  }

  /** B-165: whatever is wrong with us, nobody is left waiting, and no other session suffers. */
  function safely(exchange: Exchange, work: () => void) {
    try {
      work()
    } catch (error) {
      log.error('bosh.failed', 'A BOSH request failed.', error)
      refuse(exchange, 'internal-server-error')
    }
  }

  function take(exchange: Exchange, bytes: Uint8Array | undefined) {
    if (bytes === undefined) return refuse(exchange, 'bad-request')
    if (!mayAct()) return exchange.answer(unavailable)
    if (bytes.length > mostPerStranger && !mayBeLong(bytes, exchange)) return
    let body: BoshBody
    try {
      body = readBody(bytes, { maxBytes: options.maxBodyBytes })
    } catch (error) {
      if (error instanceof BodyError) return takeMalformed(exchange, error, bytes)
      throw error
    }
    if (body.sid === undefined) return takeCreation(exchange, body, bytes.length)
    const carrier = findSession(body.sid) ?? wake(body.sid)
    if (!carrier) return takeUnknown(exchange, body.sid, bytes)
    takeFor(carrier, body, exchange, bytes.length)
  }

  /** Who has logged in is served at once, a log-in in its turn. */
  function takeFor(carrier: BoshCarrier, body: BoshBody, exchange: Exchange, bytes: number) {
    if (isElsewhere(carrier, exchange)) return
    if (carrier.isLoggedIn) return pass(carrier, body, exchange, bytes)
    const takeNow = () =>
      safely(exchange, () =>
        // It may have ended while this one waited.
        findSession(carrier.id) === carrier ? pass(carrier, body, exchange, bytes) : tellUnknown(exchange),
      )
    if (!steps.run(takeNow)) refuse(exchange, 'internal-server-error', carrier.isLegacy)
  }

  /** So much is read for who is logged in only: reading it costs more than sending it (S-D3). False: it is answered. */
  function mayBeLong(bytes: Uint8Array, exchange: Exchange): boolean {
    const sid = readSid(bytes)
    const carrier = sid === undefined ? undefined : (findSession(sid) ?? wake(sid))
    if (carrier?.isLoggedIn) return true
    if (sid !== undefined && !carrier) takeUnknown(exchange, sid, bytes)
    else refuse(exchange, 'policy-violation')
    return false
  }

  function pass(carrier: BoshCarrier, body: BoshBody, exchange: Exchange, bytes: number) {
    if (!carrier.isLoggedIn && !strangers.charge(carrier, bytes)) {
      carrier.end('policy-violation')
      return refuse(exchange, 'policy-violation', carrier.isLegacy, carrier.contentType)
    }
    owners.set(exchange, carrier)
    carrier.take(body, exchange)
    // Its connection was gone before we came to it: nobody will say so again.
    if (exchange.isGone) lost(exchange)
  }

  function takeCreation(exchange: Exchange, body: BoshBody, bytes: number) {
    if (isLeaving) return exchange.answer(unavailable)
    if (isDraining) return refuse(exchange, 'system-shutdown')
    if (isToMove(exchange)) return seeOther(exchange)
    const comeBackIn = needs.turnAway?.()
    if (comeBackIn !== undefined) return exchange.answer(busy(comeBackIn))
    const terms = agreeOn(body, needs.domain, options)
    if (typeof terms === 'string') return refuse(exchange, terms, body.ver === undefined)
    const origin = exchange.origin()
    // Whoever is on this machine has better ways to do harm, and its tests and tools come and go.
    const mayCreate = origin.loopback || guard.mayCreate(origin.address)
    if (bytes > mostPerStranger || !mayCreate) return refuse(exchange, 'policy-violation', terms.legacy)

    const create = () => safely(exchange, () => createSession(exchange, body, terms, origin, bytes))
    const tellFull = () => refuse(exchange, 'internal-server-error', terms.legacy)
    const admit = () => {
      if (!strangers.admit(bytes, create)) tellFull()
    }
    if (!creations.run(() => safely(exchange, admit))) tellFull()
  }

  function createSession(exchange: Exchange, body: BoshBody, terms: Terms, origin: Origin, bytes: number) {
    if (exchange.isGone) return
    if (isDraining) return refuse(exchange, 'system-shutdown')
    const sid = newSid()
    const carrier = new BoshCarrier(carrierNeeds, createBoshSession(sid, shared(terms), body.rid, clock.now()), origin)
    sessions.set(keyOf(sid), carrier)
    strangers.enter(carrier)
    pass(carrier, body, exchange, bytes)
  }

  /** Goes on with a session from before a crash. */
  function wake(sid: string): BoshCarrier | undefined {
    if (hibernation.size === 0 || isDraining) return undefined
    const kept = hibernation.take(sid)
    if (!kept) return undefined
    const epoch = needs.reclaim ? needs.reclaim(kept) : kept.epoch
    if (epoch === undefined) {
      needs.keeper?.ended(kept)
      return undefined
    }
    return goOnWith(sid, { ...kept, epoch })
  }

  function goOnWith(sid: string, kept: KeptBosh): BoshCarrier {
    const session = restoreSession(sid, { ...kept.state, terms: shared(kept.state.terms) }, clock.now())
    const carrier = new BoshCarrier(carrierNeeds, session, kept.origin, kept)
    sessions.set(kept.key, carrier)
    log.info('bosh.restored', 'A session goes on where it stood.', { device: kept.device })
    return carrier
  }

  const here: HereForOthers = {
    resume(sid, kept, exchange, bytes) {
      if (isDraining || !(needs.isGood?.(kept) ?? true)) {
        needs.keeper?.ended(kept)
        return false
      }
      safely(exchange, () => {
        goOnWith(sid, kept)
        take(exchange, bytes)
      })
      return true
    },
    unknown: tellUnknown,
    takeHere(exchange, bytes) {
      const sid = readSid(bytes)
      if (sid === undefined || !findSession(sid)) return false
      safely(exchange, () => take(exchange, bytes))
      return true
    },
    lostHere: lost,
  }

  /** B-013: nobody knows what a session that is not there agreed on. */
  function takeUnknown(exchange: Exchange, sid: string, bytes: Uint8Array) {
    if (!exchange.passedBy && elsewhere?.takes(sid, exchange, bytes)) return
    tellUnknown(exchange)
  }

  function tellUnknown(exchange: Exchange) {
    if (isDraining) return refuse(exchange, 'system-shutdown')
    if (isToMove(exchange)) return seeOther(exchange)
    refuse(exchange, 'item-not-found')
  }

  /** B-041: answered in the session's manner if it can be told, and nothing of the session is touched. */
  function takeMalformed(exchange: Exchange, error: BodyError, bytes: Uint8Array) {
    const { sid } = error
    const carrier = sid === undefined ? undefined : findSession(sid)
    if (!carrier && sid !== undefined && !exchange.passedBy && elsewhere?.takes(sid, exchange, bytes)) return
    if (!carrier) return refuse(exchange, error.condition)
    if (isElsewhere(carrier, exchange)) return
    refuse(exchange, error.condition, carrier.isLegacy, carrier.contentType)
  }

  /** B-200: a secure session is not spoken with in the clear or by another's certificate, nor harmed by who tries. */
  function isElsewhere(carrier: BoshCarrier, exchange: Exchange): boolean {
    if (!carrier.isOverTls || isSameOrigin(carrier, exchange.origin())) return false
    exchange.cut()
    return true
  }

  function isToMove(exchange: Exchange): boolean {
    return needs.publicHttpsUrl !== undefined && !exchange.origin().secure
  }

  function seeOther(exchange: Exchange) {
    const uri = renderXml(xml('uri', ns.body, {}, `${needs.publicHttpsUrl?.replace(/\/$/, '')}/http-bind`))
    refuse(exchange, 'see-other-uri', false, plainXml, uri)
  }

  /** Without a session: what is refused before one exists, or that none was found. */
  function refuse(
    exchange: Exchange,
    condition: BoshCondition,
    isLegacy = false,
    contentType = plainXml,
    payload = '',
  ) {
    needs.rejected?.(condition)
    const body = renderBody({ type: 'terminate', condition }, payload)
    answer(exchange, {
      status: statusOf(condition, isLegacy),
      contentType,
      body,
      notFound: condition === 'item-not-found',
    })
  }

  function answer(exchange: Exchange, ready: HttpAnswer) {
    if (ready.notFound && guard.isGuessing(exchange.origin().address) && !tarpit.isFull)
      return tarpit.hold(exchange, ready)
    exchange.answer(ready)
  }

  function lost(exchange: Exchange) {
    tarpit.forget(exchange)
    const carrier = owners.get(exchange)
    owners.delete(exchange)
    if (carrier) carrier.lost(exchange)
    else elsewhere?.lost(exchange)
  }

  function release(carrier: BoshCarrier) {
    strangers.release(carrier)
  }

  function ended(carrier: BoshCarrier, end: LineEnd, condition: BoshCondition | undefined) {
    const key = keyOf(carrier.id)
    sessions.delete(key)
    if (carrier.bound) needs.keeper?.ended({ ...carrier.bound, key })
    strangers.release(carrier)
    if (end === 'connection-closed' && condition !== undefined) needs.rejected?.(condition)
    const isOurs = condition === 'system-shutdown' || condition === 'internal-server-error'
    if (!carrier.isLoggedIn && !isOurs) guard.abandoned(carrier.address)
  }

  /** S-D6: at most one line a second, however many try. */
  function outOfWindow(carrier: BoshCarrier, distance: number) {
    if (clock.now() - lastWarningMs < 1000) return
    lastWarningMs = clock.now()
    log.warn('bosh.out-of-window', 'A rid was out of its window.', { distance, address: carrier.address })
  }

  function findSession(sid: string): BoshCarrier | undefined {
    return sessions.get(keyOf(sid))
  }

  function drain() {
    isDraining = true
    creations.flush()
    steps.flush()
    strangers.flush()
    for (const carrier of [...sessions.values()]) carrier.end('system-shutdown')
  }

  const elsewhere = needs.elsewhere?.(here)

  return {
    take: (exchange, bytes) => safely(exchange, () => take(exchange, bytes)),
    lost,
    isHibernating: hibernation.knows,
    get sessions() {
      return sessions.size
    },
    get open() {
      return owners.size
    },
    get waiting() {
      return strangers.waiting
    },
    get slowed() {
      return tarpit.size
    },
    drain,
    abandon() {
      for (const [key, carrier] of [...sessions]) {
        sessions.delete(key)
        strangers.release(carrier)
        carrier.abandon(unavailable)
      }
    },
    depart() {
      isLeaving = true
      return [...sessions].flatMap(([key, carrier]) => {
        const { device } = carrier.bound ?? {}
        if (device === undefined) return []
        return {
          device,
          suspend: () => carrier.toKeep(),
          leave() {
            sessions.delete(key)
            // Its client asks again, and whoever it asks goes on with it.
            carrier.abandon({ status: 200, contentType: carrier.contentType, body: emptyBody })
          },
        }
      })
    },
    close() {
      drain()
      hibernation.close()
      tarpit.close()
    },
  }
}

function isSameOrigin({ certificate }: BoshCarrier, origin: Origin): boolean {
  if (!origin.secure) return false
  // B-201. A session that was made without one may be gone on with by who has one.
  return certificate === undefined || certificate.fingerprint === origin.certificate?.fingerprint
}
