/**
 * Devices with cartridges, owners who come and go, and services that order, around the rooms of a relay that may crash between
 * any two turns of its loop: what was on its disk then is what it comes back with. What happens, and when, follows from a seed.
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createHandClock, createSeededRandom, Failure } from '@fairlead/base'
import { type DeviceEvent, type Json, makeFactoryCode, type Order } from '@fairlead/protocol/contract'
import type { Caller } from '../../relay/http/route.ts'
import { type Fact, judgeOrders, type Subscribed } from './orders-judge.ts'
import { accounts as all, type OwnersRelay, openOwnersRelay } from './owners-relay.ts'

/** Few, so that who owns a device mostly has a service for it. */
const accounts = all.slice(0, 2)
const address = '198.51.100.2'
const patient = new AbortController().signal
const admin: Caller = { kind: 'admin' }
const low = { object: 'toner.black', op: '<=', value: 20, hysteresis: 10, forSeconds: 0 } as const

/** One device, as whoever stands beside it knows it. */
interface Thing {
  id: string
  code: string
  level: Json
  owner: string | undefined
  claimId: string | undefined
  facts: Fact[]
}

export interface OrdersPlayed {
  steps: string[]
  /** What must never be and was, in words; empty: all is well. */
  broken: string[]
  done: Map<string, number>
  orders: readonly Order[]
}

const weights: Readonly<Record<string, number>> = {
  'is claimed': 3,
  'is confirmed': 2,
  prints: 5,
  'is read again': 8,
  'reads something odd': 3,
  'has a new cartridge': 2,
  'receivers change': 2,
}

/** @param folder empty */
export async function playOrders(seed: number, folder: string, stepCount = 160): Promise<OrdersPlayed> {
  const chance = createSeededRandom(seed)
  const secrets = createSeededRandom(seed + 1)
  const clock = createHandClock()
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(chance.fraction() * items.length)] as Item
  const callerOf = (account: string): Caller => ({ kind: 'key', keyId: account, account, scopes: new Set() })
  const played: OrdersPlayed = { steps: [], broken: [], done: new Map(), orders: [] }
  const subscriptions: Subscribed[] = []
  /** What services have heard: the ID of each call, with its body. */
  const heard: { id: string; body: string }[] = []
  let receivers: 'take it' | 'refuse it' | 'are away' | 'take it and do not say so' = 'take it'
  let lives = 0
  let events = 0
  let relay = await open()

  const things: Thing[] = Array.from({ length: 2 }, (_, at) => ({
    ...{ id: `thing-${at}`, code: makeFactoryCode(Buffer.from(secrets.token(10), 'base64url')), level: 30 },
    ...{ owner: undefined, claimId: undefined, facts: [] },
  }))

  function open(): Promise<OwnersRelay> {
    const life = lives
    const path = join(folder, `life-${life}`)
    mkdirSync(path, { recursive: true })
    return openOwnersRelay({
      ...{ folder: path, clock, random: secrets },
      async send(_url, headers, body) {
        // A process that is dead says nothing.
        if (life !== lives || receivers === 'are away') return { error: 'Nobody is there.' }
        if (receivers === 'refuse it') return { status: 503 }
        heard.push({ id: headers['webhook-id'] ?? '', body })
        return receivers === 'take it' ? { status: 204 } : { error: 'There was no answer within 10 seconds.' }
      },
    })
  }

  /** SQLite writes in this very thread, so its files are whole between two turns: this is what a crash leaves. */
  async function crash(): Promise<void> {
    const [from, to] = [`life-${lives}`, `life-${lives + 1}`].map((name) => join(folder, name)) as [string, string]
    mkdirSync(to)
    for (const name of ['fairlead.db', 'fairlead.db-wal'])
      if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
    lives++
    const dead = relay
    relay = await open()
    await dead[Symbol.asyncDispose]()
  }

  async function turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    clock.pass(20)
  }

  /** Time goes on while it is done. Cut off by a crash, it is done again as whoever had no answer would. @returns undefined: refused */
  async function doing<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    const crashAt = chance.fraction() < 0.15 ? Math.floor(chance.fraction() * 12) : Number.POSITIVE_INFINITY
    let isDone = false
    const settled = work().then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    )
    void settled.finally(() => {
      isDone = true
    })
    for (let turns = 0; !isDone; turns++) {
      await turn()
      if (turns < crashAt || isDone) continue
      played.steps.push('(the relay crashes in the middle of it)')
      count('a crash in the middle')
      await crash()
      return await doing(work)
    }
    const outcome = await settled
    if ('result' in outcome) return outcome.result
    if (!(outcome.error instanceof Failure)) throw outcome.error
    return undefined
  }

  function count(name: string): void {
    played.done.set(name, (played.done.get(name) ?? 0) + 1)
  }

  const now = () => clock.wallNow()

  /** What a device tells has an ID of its own, however often it is told. */
  async function tell(
    thing: Thing,
    event: { type: 'objects'; values: Record<string, Json> } | { type: 'instruction' },
  ) {
    const claim = event.type === 'instruction' && thing.claimId !== undefined ? { claim: thing.claimId } : {}
    const told = { id: `e${++events}`, at: new Date(now()).toISOString(), ...event, ...claim } as DeviceEvent
    await doing(() => relay.devices.recordEvents(thing.id, [told]))
  }

  async function read(thing: Thing): Promise<void> {
    if (thing.owner === undefined) return
    thing.facts.push({ at: now(), is: 'read', value: thing.level })
    await tell(thing, { type: 'objects', values: { 'toner.black': thing.level } })
  }

  async function claim(thing: Thing, account: string): Promise<void> {
    const { id, code } = thing
    const enrol = () => relay.enrolment.enrol({ id, code }, { address, network: address }, 0, patient)
    await doing(enrol)
    await doing(() => relay.enrolment.claims.create(callerOf(account), { code }, address))
    const told = await doing(enrol)
    if (told?.registration !== 'second') return
    await doing(() => relay.devices.logIn.checkSecret(id, told.secret))
    Object.assign(thing, { owner: account, claimId: told.claim })
    thing.facts.push({ at: now(), is: 'claimed', account })
  }

  const press = async (thing: Thing) => {
    thing.facts.push({ at: now(), is: 'instructed' })
    await tell(thing, { type: 'instruction' })
  }

  async function subscribe(account: string): Promise<void> {
    const order = { name: `black of ${account}`, conditions: [low], webhook: { url: 'http://192.0.2.1/' } }
    await doing(() => relay.supplies.subscriptions.create(callerOf(account), order, address))
    // Whoever had no answer and did it again may have subscribed twice.
    const { items } = await relay.supplies.subscriptions.list(callerOf(account), { limit: 500 })
    for (const { subscriptionId: id } of items)
      if (!subscriptions.some((known) => known.id === id))
        subscriptions.push({ id, account, pauses: [], isPaused: false })
  }

  async function pause(subscribed: Subscribed, paused: boolean): Promise<void> {
    // Whoever has said so cannot know when it was taken, only that it is now.
    if (!paused) subscribed.pauses.push([subscribed.pausedAt ?? 0, now()])
    const { account, id } = subscribed
    await doing(() => relay.supplies.subscriptions.change(callerOf(account), id, { paused }, address))
    Object.assign(subscribed, { isPaused: paused, pausedAt: paused ? now() : undefined })
  }

  /** What waits to be told is due, and whoever had it in hand has had it for too long. */
  function hurryMessages(): void {
    using record = new DatabaseSync(join(folder, `life-${lives}`, 'fairlead.db'), { timeout: 5_000 })
    record.exec("UPDATE webhook_message SET next_at = 0, leased_until = 0 WHERE state = 'waiting'")
  }

  const ways: Record<string, (thing: Thing) => Promise<unknown>> = {
    async 'is claimed'(thing) {
      if (thing.owner === undefined) await claim(thing, pick(accounts))
    },
    async 'is confirmed'(thing) {
      if (thing.owner !== undefined) await press(thing)
    },
    async prints(thing) {
      const much = typeof thing.level === 'number' && thing.level > 30 ? 60 : 4
      if (typeof thing.level === 'number') thing.level = Math.max(0, thing.level - Math.floor(chance.fraction() * much))
      await read(thing)
    },
    async 'is read again'(thing) {
      clock.pass(Math.floor(chance.fraction() * 12_000))
      await read(thing)
    },
    async 'reads something odd'(thing) {
      const { level } = thing
      thing.level = pick<Json>(['unknown', 'some', 100, 3])
      await read(thing)
      thing.level = level
    },
    async 'has a new cartridge'(thing) {
      thing.level = 100
      await read(thing)
      clock.pass(6_000)
      await read(thing)
    },
    async 'is released'(thing) {
      const { id, owner } = thing
      if (owner === undefined) return
      await doing(() => relay.devices.release(callerOf(owner), id, {}))
      if (relay.devices.find(id)?.registration === 'second') return
      thing.owner = undefined
      thing.facts.push({ at: now(), is: 'released' })
    },
    async 'is subscribed to'() {
      if (subscriptions.length < 4) await subscribe(pick(accounts))
    },
    async 'is paused'() {
      const subscribed = pick(subscriptions)
      if (subscribed) await pause(subscribed, !subscribed.isPaused)
    },
    async 'receivers change'() {
      receivers = pick(['take it', 'refuse it', 'are away', 'take it and do not say so'])
    },
    async 'waits for minutes'() {
      clock.pass(Math.floor(chance.fraction() * 900_000))
      hurryMessages()
      for (let turns = 0; turns < 5; turns++) await turn()
    },
    async 'the relay crashes'() {
      await crash()
    },
  }
  /** What leads on comes oftener than what ends it. */
  const often = Object.keys(ways).flatMap((name) => Array<string>(weights[name] ?? 1).fill(name))

  async function readOrders(): Promise<Order[]> {
    return (await relay.supplies.orders.list(admin, { limit: 500 })).items
  }

  for (const account of accounts) await subscribe(account)
  for (let step = 0; step < stepCount; step++) {
    const thing = pick(things)
    const name = pick(often)
    played.steps.push(`${thing.id} ${name}`)
    await ways[name]?.(thing)
    count(name)
  }

  // A calm at the end: whoever owns a device gets what they wait for, and services hear of everything.
  receivers = 'take it'
  for (const subscribed of subscriptions) if (subscribed.isPaused) await pause(subscribed, false)
  for (const thing of things) {
    if (thing.owner === undefined) await claim(thing, pick(accounts))
    await press(thing)
    for (const level of [100, 100, 10, 10]) {
      thing.level = level
      clock.pass(10_000)
      await read(thing)
    }
  }
  for (let turns = 0; turns < 2_000 && (await readOrders()).some(({ state }) => state === 'waiting'); turns++) {
    if (turns % 50 === 0) hurryMessages()
    if (turns % 50 === 0) clock.pass(60_000)
    await turn()
  }
  played.orders = await readOrders()
  const histories = things.map(({ id, owner, facts }) => ({ id, owner, facts }))
  played.broken.push(...judgeOrders({ orders: played.orders, subscriptions, histories, heard }))
  await relay[Symbol.asyncDispose]()
  return played
}
