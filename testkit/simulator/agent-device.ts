/** Our own agent: its real uplink machine, its real way with requests, on a simulated driver, disk and network. */
import { type Clock, type Log, silentLog } from '@fairlead/base'
import { readXml, renderBody, renderXml, type Xml } from '@fairlead/protocol/xmpp'
import type { Driver } from '../../agent/drivers/driver.ts'
import type { SurvivalMode } from '../../agent/memory/device-record.ts'
import { createCourier } from '../../agent/requests/courier.ts'
import { createRequests } from '../../agent/requests/requests.ts'
import type { SessionEvent } from '../../agent/uplink/bosh-session.ts'
import type { HttpOutcome } from '../../agent/uplink/http-client.ts'
import type { Trouble } from '../../agent/uplink/trouble.ts'
import { stepUplink } from '../../agent/uplink/uplink-machine.ts'
import {
  createUplinkState,
  type SessionIo,
  type UplinkEffect,
  type UplinkEvent,
} from '../../agent/uplink/uplink-state.ts'
import { createAgentJournal, type JournalRows } from './agent-journal.ts'
import { beginTalk, type ScramTalk } from './credentials.ts'
import {
  type Answer,
  type DeviceNeeds,
  executeWish,
  letterOf,
  postFor,
  readWish,
  type SimulatedDevice,
  type Wish,
  workMsOf,
} from './device.ts'
import type { Outcome } from './network.ts'
import { domain } from './settings.ts'

const emptyText = renderBody({})
const empty = readXml(emptyText)
const registerMs = 20_000
/** A try may take so long before it has failed. */
const tryMs = 30_000

interface Pushed {
  requestId: string
  wish: Wish
}

/** Nobody asked for it: that is found out by its ID. */
const nothing: Pushed = { requestId: '', wish: { tag: '', kind: 'get', timeoutMs: 30_000 } }

/** What its storage keeps over a power cut. */
interface Kept {
  on: boolean
  version: number
  learnedWaitSeconds: number | null
  survivalMode: SurvivalMode
}

/** One life of the agent's process. */
interface Life {
  end(isCrash: boolean): void
  switchMode(on: boolean): void
  readonly isUp: boolean
  readonly isIdle: boolean
  readonly retryAtMs: number
}

export function createAgentDevice(needs: DeviceNeeds): SimulatedDevice {
  const { time, id, path } = needs
  const rows: JournalRows = new Map()
  const kept: Kept = {
    on: true,
    version: 1,
    learnedWaitSeconds: null,
    // As its owner has set it: most leave it as it is (A5).
    survivalMode: needs.chance.pick(['survival', 'survival', 'survival', 'connection', 'session', 'nothing']),
  }
  let life: Life | undefined

  function powerOn(): void {
    if (!life) life = startAgent(needs, kept, rows)
  }

  function powerOff(isCrash: boolean): void {
    life?.end(isCrash)
    life = undefined
  }

  return {
    id,
    path,
    get wantsOnline() {
      return life !== undefined && kept.on
    },
    get isUp() {
      return life?.isUp === true
    },
    get isIdle() {
      return life?.isIdle === true
    },
    get nextTryMs() {
      return life?.retryAtMs ?? time.nowMs
    },
    powerOn,
    powerOff,
    switchMode(on) {
      kept.on = on
      life?.switchMode(on)
    },
    setSecret(version) {
      // It is read at the start.
      kept.version = version
      powerOff(true)
      powerOn()
    },
  }
}

function startAgent(needs: DeviceNeeds, kept: Kept, rows: JournalRows): Life {
  const { chance, history, id, path, time } = needs
  const { version } = kept
  let isOver = false
  const clock: Clock = {
    now: () => time.nowMs,
    wallNow: () => 1_700_000_000_000 + time.nowMs,
    at: (atMs, run) =>
      time.at(atMs, () => {
        if (!isOver) run()
      }),
  }
  const log: Log = { ...silentLog, error: (event, _, error) => needs.facts.deviceFailed(id, event, error) }
  const uplink = createUplinkState({
    relayHost: domain,
    on: kept.on,
    settings: {
      survivalMode: kept.survivalMode,
      survivalTimeoutSeconds: null,
      survivalAnswerTimeoutSeconds: 10,
      learnedWaitSeconds: kept.learnedWaitSeconds,
    },
    fraction: chance.fraction,
  })
  const exchanges = new Map<number, { abort(): void }>()
  /** What of a push is known when it is executed: a change may wait for its turn, and has a tag of its own. */
  const wishes = new Map<string, Pushed>()
  /** What is read is read at once; many may ask for the same. */
  let pushed: Pushed | undefined
  const events: UplinkEvent[] = []
  let triedAtMs = time.nowMs
  let timer: { cancel(): void } | undefined
  let talk: ScramTalk | undefined

  const courier = createCourier({
    clock,
    log,
    random: chance,
    call: (where, body, timeoutMs) =>
      new Promise((resolve) => {
        const requestId = decodeURIComponent(where.slice(where.lastIndexOf('/') + 1))
        const letter = letterOf('response', id, version, { requestId, response: body as Answer })
        call(letter, timeoutMs, (outcome) => resolve(httpOutcome(outcome, timeoutMs)))
      }),
  })
  const requests = createRequests({
    driver: createDriver(),
    journal: createAgentJournal(rows, clock.wallNow),
    courier,
    clock,
    log,
    onWork: (running) => happen({ kind: 'work', running }),
  })

  function call(
    letter: ReturnType<typeof letterOf>,
    timeoutMs: number,
    done: (outcome: Outcome | undefined) => void,
  ): void {
    if (isOver) return
    postFor(needs, letter, timeoutMs, (outcome) => {
      if (!isOver) done(outcome)
    })
  }

  function createDriver(): Pick<Driver, 'get' | 'set' | 'command'> {
    function work({ requestId, wish }: Pushed = nothing): Promise<Answer> {
      const answer = executeWish(needs, requestId, wish)
      return new Promise(
        (resolve) => void clock.at(clock.now() + workMsOf(needs, wish.timeoutMs), () => resolve(answer)),
      )
    }
    return {
      get: () => work(pushed) as ReturnType<Driver['get']>,
      set: (values) => work(wishes.get(Object.keys(values)[0] ?? '')) as ReturnType<Driver['set']>,
      command: async (_, args) => ((await work(wishes.get(String(args['tag'])))) as { result: string }).result,
    }
  }

  /** As `agent/uplink/uplink.ts` runs it. */
  function happen(event: UplinkEvent): void {
    if (isOver || events.push(event) > 1) return
    for (let next = events[0]; next && !isOver; events.shift(), next = events[0]) {
      const effects: UplinkEffect[] = []
      stepUplink(uplink, next, time.nowMs, effects)
      for (const effect of effects) carryOut(effect)
    }
  }

  function carryOut(effect: UplinkEffect) {
    switch (effect.kind) {
      case 'register':
        triedAtMs = time.nowMs
        return call(letterOf('register', id, version, {}), registerMs, (outcome) => registered(effect.call, outcome))
      case 'survive':
        return call(letterOf('survival', id, version, { sid: effect.sid }), effect.timeoutMs, (outcome) =>
          survived(effect.call, effect.timeoutMs, outcome),
        )
      case 'session':
        return inSession(effect.session, effect.effect)
      case 'push': {
        const wish = readWish(effect.text)
        pushed = { requestId: effect.requestId, wish }
        wishes.set(wish.tag, pushed)
        return requests.receive(effect.requestId, effect.text)
      }
      case 'standing':
        return history.tell(path.name, 'stands', effect.standing.state)
      case 'learned':
        kept.learnedWaitSeconds = effect.waitSeconds
        return history.tell(path.name, 'learns', effect.waitSeconds)
      case 'wake':
        timer?.cancel()
        timer = clock.at(effect.atMs, () => happen({ kind: 'time' }))
        return
      case 'relay-moved':
      case 'stopped':
        return
    }
  }

  function registered(callId: number, outcome: Outcome | undefined) {
    if (outcome?.kind === 'answer' && outcome.status === 200)
      return happen({ kind: 'registered', call: callId, ...JSON.parse(outcome.body) })
    happen({ kind: 'call-failed', call: callId, trouble: troubleOf(outcome, registerMs) })
  }

  function survived(callId: number, timeoutMs: number, outcome: Outcome | undefined) {
    if (outcome?.kind === 'answer' && outcome.status === 200)
      return happen({ kind: 'survived', call: callId, recognized: JSON.parse(outcome.body).recognized })
    happen({ kind: 'call-failed', call: callId, trouble: troubleOf(outcome, timeoutMs) })
  }

  function inSession(session: number, effect: SessionIo) {
    const tell = (event: SessionEvent) => happen({ kind: 'session', session, event })
    switch (effect.kind) {
      case 'post':
        return post(effect, tell)
      case 'abort':
        exchanges.get(effect.exchange)?.abort()
        if (exchanges.delete(effect.exchange))
          time.after(0, () => tell({ kind: 'failed', exchange: effect.exchange, trouble: { kind: 'cut' } }))
        return
      case 'sasl-start':
        talk = beginTalk(chance, id, `${id}-secret-${version}`, effect.mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256')
        return tell({ kind: 'sasl', says: { text: decode(talk.first), mechanism: effect.mechanism } })
      case 'sasl-hear':
        time.after(3, () => tell({ kind: 'sasl', says: hear(effect.what, effect.text) }))
    }
  }

  function hear(what: 'challenge' | 'success', text: string): Extract<SessionEvent, { kind: 'sasl' }>['says'] {
    const given = Buffer.from(text).toString('base64')
    if (what === 'success') return talk?.isFromRelay(given) ? 'verified' : 'refused'
    const answer = talk?.answer(given)
    return answer === undefined ? 'refused' : { text: decode(answer) }
  }

  function post(effect: Extract<SessionIo, { kind: 'post' }>, tell: (event: SessionEvent) => void): void {
    const { exchange, body, timeoutMs } = effect
    const sid = body.attributes.get('sid')
    const rid = Number(body.attributes.get('rid'))
    const isProof = body.children.some((child) => typeof child !== 'string' && child.attributes.get('id') === 'proof')
    const letter = { to: 'bosh' as const, body: renderXml(body), sid, rid, iq: isProof ? 'proof' : undefined }
    const done = (outcome: Outcome | undefined) => {
      if (isOver || !exchanges.delete(exchange)) return
      if (outcome?.kind === 'answer' && outcome.status === 200)
        tell({ kind: 'answer', exchange, body: parse(outcome.body) })
      else tell({ kind: 'failed', exchange, trouble: troubleOf(outcome, timeoutMs) })
    }
    exchanges.set(
      exchange,
      postFor(needs, letter, timeoutMs, done, () => isOver || tell({ kind: 'sent', exchange })),
    )
  }

  requests.resume()
  happen({ kind: 'start' })
  return {
    get isUp() {
      return uplink.phase === 'up'
    },
    get isIdle() {
      return uplink.running === 0
    },
    get retryAtMs() {
      return uplink.retryAtMs ?? (uplink.phase === 'up' ? time.nowMs : triedAtMs + tryMs)
    },
    switchMode: (on) => happen({ kind: 'switch', on }),
    end(isCrash) {
      isOver = true
      timer?.cancel()
      if (isCrash) for (const exchange of exchanges.values()) exchange.abort()
    },
  }
}

const decode = (text: string) => Buffer.from(text, 'base64').toString()

function parse(text: string): Xml {
  return text === emptyText ? empty : readXml(text)
}

function troubleOf(outcome: Outcome | undefined, timeoutMs: number): Trouble {
  if (!outcome) return { kind: 'timeout', seconds: timeoutMs / 1000 }
  if (outcome.kind === 'refused') return { kind: 'refused', host: domain }
  return outcome.kind === 'cut' ? { kind: 'cut' } : { kind: 'status', status: outcome.status, code: undefined }
}

function httpOutcome(outcome: Outcome | undefined, timeoutMs: number): HttpOutcome {
  if (outcome?.kind !== 'answer') return { trouble: troubleOf(outcome, timeoutMs) }
  return { status: outcome.status, headers: {}, body: Buffer.from(outcome.body) }
}
