/** What an IPP proxy wants to be told, and its asking for it: RFC 3995 (subscriptions), RFC 3996 (`ippget`), PWG 5100.18 (events). */
import type { Clock, Random } from '@fairlead/base'
import {
  attributesFrom,
  attributesOf,
  findAll,
  findOne,
  type IppAttributes,
  type IppGroup,
  type IppOperation,
  ipp,
} from '@fairlead/protocol/ipp'
import type { Database } from '../database/database.ts'
import type { OutputSubscriptionRow } from '../database/job-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Ask, Operation } from './asking.ts'
import { jobStates } from './job-attributes.ts'
import { type News, newsBetween, type ProxyEvent, proxyEvents, type Standing, type Told } from './proxy-news.ts'
import type { ProxyStore } from './proxy-store.ts'
import { IppRefusal } from './refusal.ts'
import { upSeconds } from './times.ts'

type SubscriptionOperation =
  | 'Create-Printer-Subscriptions'
  | 'Get-Notifications'
  | 'Renew-Subscription'
  | 'Cancel-Subscription'

export interface SubscriptionsNeeds {
  database: Database
  store: ProxyStore
  jobs: Pick<Jobs, 'openOf' | 'findNumber' | 'printing' | 'watch'>
  clock: Clock
  random: Random
}

/** An event that the proxy has not said to have. */
interface Untaken extends News {
  sequence: number
  upSeconds: number
}

/** Of a device. One more takes the place of that which nobody has asked for longest. */
const mostSubscriptions = 8
const mostUntaken = 1000
/** In seconds; 0 is "until I cancel it", as proxies ask (RFC 3995). */
export const leases = { usual: 86_400, most: 2_592_000 } as const
/** Stock clients wait for 60 seconds at most. */
const holdMs = 30_000
/** In seconds, since the waiting is done here. Stock proxies take 0 for "nothing was said", and pause for 30. */
const pauseSeconds = 1
/** That somebody has asked is written down this often. */
const askedEveryMs = 60_000

export function subscriptionOperations(
  needs: SubscriptionsNeeds,
): Record<SubscriptionOperation & IppOperation, Operation> {
  const { database, store, jobs, clock, random } = needs

  async function standingOf(device: string, { jobs: known }: Told): Promise<Standing> {
    const [open, { version }, identify] = await Promise.all([
      jobs.openOf(device),
      jobs.printing(device),
      store.wantsIdentify(device),
    ])
    const gone = Object.keys(known)
      .map(Number)
      .filter((number) => !open.some(({ job }) => job.number === number))
    // Of those that are forgotten already nothing can be told.
    const ended = await Promise.all(gone.map((number) => jobs.findNumber(device, number)))
    return { jobs: [...open, ...ended.filter((held) => held !== undefined)], version, identify }
  }

  /** @returns what the proxy has not said to have, from `sequence` on; undefined: there is no such subscription (any more) */
  async function look(device: string, number: number, sequence: number): Promise<readonly Untaken[] | undefined> {
    const row = await store.findSubscription(device, number)
    if (!row || isOver(row)) return undefined
    const standing = await standingOf(device, JSON.parse(row.told))
    if (isAsTold(row, standing, sequence)) return untakenOf(row)
    return database.write(async (tx) => {
      const held = await store.holdSubscription(tx, device, number)
      return held && tell(tx, held, standing, sequence)
    })
  }

  function isAsTold(row: OutputSubscriptionRow, standing: Standing, sequence: number): boolean {
    const hasTaken = untakenOf(row).some((each) => each.sequence < sequence)
    if (hasTaken || clock.wallNow() - row.asked_at >= askedEveryMs) return false
    return JSON.stringify(newsBetween(JSON.parse(row.told), standing).told) === row.told
  }

  async function tell(tx: Transaction, row: OutputSubscriptionRow, standing: Standing, sequence: number) {
    const { news, told } = newsBetween(JSON.parse(row.told), standing)
    const wanted: readonly string[] = JSON.parse(row.events)
    const fresh = news.filter(({ event }) => wanted.includes(event))
    const known = untakenOf(row).filter((each) => each.sequence >= sequence)
    const at = upSeconds(clock.wallNow())
    const more = fresh.map((each, nth): Untaken => ({ ...each, sequence: row.sequence + nth + 1, upSeconds: at }))
    const untaken = [...known, ...more].slice(-mostUntaken)
    await store.changeSubscription(tx, row, {
      sequence: row.sequence + more.length,
      told: JSON.stringify(told),
      untaken: JSON.stringify(untaken),
      asked_at: clock.wallNow(),
    })
    return untaken
  }

  const isOver = ({ lease_until }: OutputSubscriptionRow) => lease_until !== null && lease_until <= clock.wallNow()

  function leaseUntil(seconds: number): number | null {
    return seconds === 0 ? null : clock.wallNow() + seconds * 1000
  }

  async function subscribe({ device }: Ask, asked: IppAttributes): Promise<IppAttributes> {
    const events = eventsOf(asked)
    const seconds = leaseOf(asked)
    const at = clock.wallNow()
    // Spread, so that a proxy that comes with an old number does not hear what another one asked for.
    const number = 1 + Math.floor(random.fraction() * (2 ** 31 - 2))
    const nothing: Told = { jobs: {}, version: (await jobs.printing(device)).version, identify: false }
    await database.write(async (tx) => {
      const others = await store.subscriptionsOf(tx, device)
      const old = others.slice(0, Math.max(0, others.length + 1 - mostSubscriptions))
      for (const row of others)
        if (old.includes(row) || isOver(row)) await store.removeSubscription(tx, device, row.number)
      await store.addSubscription(tx, {
        ...{ device, number, events: JSON.stringify(events), lease_until: leaseUntil(seconds), asked_at: at },
        ...{ sequence: 0, told: JSON.stringify(nothing), untaken: '[]' },
      })
    })
    return attributesFrom({
      'notify-subscription-id': ipp.integer(number),
      'notify-lease-duration': ipp.integer(seconds),
    })
  }

  function eventGroup(ask: Ask, number: number, each: Untaken): IppGroup {
    const { event, job, sequence } = each
    return {
      kind: 'event-notification',
      attributes: attributesFrom({
        'notify-charset': ipp.charset('utf-8'),
        'notify-natural-language': ipp.naturalLanguage('en'),
        'notify-subscription-id': ipp.integer(number),
        'notify-sequence-number': ipp.integer(sequence),
        'notify-subscribed-event': ipp.keyword(event),
        'notify-printer-uri': ipp.uri(ask.printerUri),
        'notify-text': ipp.text(textOf(each)),
        'printer-up-time': ipp.integer(each.upSeconds),
        ...(job && {
          'notify-job-id': ipp.integer(job.number),
          'job-id': ipp.integer(job.number),
          'job-state': ipp.enum(jobStates[job.state]),
          'job-state-reasons': ipp.keyword(...job.reasons),
        }),
      }),
    }
  }

  return {
    async 'Create-Printer-Subscriptions'(ask) {
      const asked = ask.groups.filter(({ kind }) => kind === 'subscription')
      if (asked.length === 0) throw bad('A subscription says in a group of its own what it is for.')
      if (asked.length > mostSubscriptions)
        throw new IppRefusal('client-error-too-many-subscriptions', `At most ${mostSubscriptions} at once.`)
      const groups: IppGroup[] = []
      for (const { attributes } of asked)
        groups.push({ kind: 'subscription', attributes: await subscribe(ask, attributes) })
      return { groups }
    },

    async 'Get-Notifications'(ask) {
      const { device, operation, givenUp } = ask
      const until = findOne(operation, 'notify-wait', 'boolean') ? clock.now() + holdMs : 0
      using watch = jobs.watch(device)
      let groups: IppGroup[] = []
      for (;;) {
        groups = await untakenGroups(ask)
        const leftMs = until - clock.now()
        if (groups.length > 0 || leftMs <= 0) break
        await watch.untilNews(leftMs, givenUp)
        // A relay that stops has no time to look again.
        if (givenUp.aborted) break
      }
      const told = {
        'notify-get-interval': ipp.integer(pauseSeconds),
        'printer-up-time': ipp.integer(upSeconds(clock.wallNow())),
      }
      return { operation: attributesFrom(told), groups }
    },

    async 'Renew-Subscription'({ device, operation, groups }) {
      const number = numberOf(operation)
      const seconds = leaseOf(attributesOf(groups, 'subscription'))
      const renewed = await database.write(async (tx) => {
        const row = await store.holdSubscription(tx, device, number)
        if (!row || isOver(row)) return false
        await store.changeSubscription(tx, row, { lease_until: leaseUntil(seconds), asked_at: clock.wallNow() })
        return true
      })
      if (!renewed) throw noSubscription(number)
      const attributes = attributesFrom({ 'notify-lease-duration': ipp.integer(seconds) })
      return { groups: [{ kind: 'subscription', attributes }] }
    },

    async 'Cancel-Subscription'({ device, operation }) {
      const number = numberOf(operation)
      if (!(await database.write((tx) => store.removeSubscription(tx, device, number)))) throw noSubscription(number)
      return {}
    },
  }

  /** @throws {IppRefusal} */
  async function untakenGroups(ask: Ask): Promise<IppGroup[]> {
    const numbers = findAll(ask.operation, 'notify-subscription-ids', 'integer') ?? []
    if (numbers.length === 0) throw bad('It names the subscriptions that it asks for.')
    const sequences = findAll(ask.operation, 'notify-sequence-numbers', 'integer') ?? []
    const groups: IppGroup[] = []
    for (const [nth, number] of numbers.slice(0, mostSubscriptions).entries()) {
      const untaken = await look(ask.device, number, sequences[nth] ?? 1)
      if (!untaken) throw noSubscription(number)
      groups.push(...(await eventGroups(ask, number, untaken)))
    }
    return groups
  }

  /** That somebody wants the device to show itself is read anew: it may have been done meanwhile. */
  async function eventGroups(ask: Ask, number: number, untaken: readonly Untaken[]): Promise<IppGroup[]> {
    const isOfPrinter = untaken.some(({ event }) => event === 'printer-state-changed')
    const reasons = isOfPrinter && (await store.wantsIdentify(ask.device)) ? ['identify-printer-requested'] : ['none']
    return untaken.map((each) => {
      const { kind, attributes } = eventGroup(ask, number, each)
      if (each.event !== 'printer-state-changed') return { kind, attributes }
      return { kind, attributes: new Map([...attributes, ['printer-state-reasons', ipp.keyword(...reasons)]]) }
    })
  }
}

const untakenOf = ({ untaken }: OutputSubscriptionRow): readonly Untaken[] => JSON.parse(untaken)

/** @throws {IppRefusal} */
function eventsOf(asked: IppAttributes): readonly ProxyEvent[] {
  const method = findOne(asked, 'notify-pull-method', 'keyword')
  if (method !== 'ippget')
    throw new IppRefusal(
      'client-error-ignored-all-subscriptions',
      'Events are to be asked for: notify-pull-method is ippget.',
    )
  const wanted = findAll(asked, 'notify-events', 'keyword') ?? ['job-completed']
  const events = proxyEvents.filter((event) => wanted.includes(event))
  if (events.length === 0)
    throw new IppRefusal(
      'client-error-ignored-all-subscriptions',
      `There is none of these events here, but ${proxyEvents.join(', ')}.`,
    )
  return events
}

function leaseOf(asked: IppAttributes): number {
  const seconds = findOne(asked, 'notify-lease-duration', 'integer') ?? leases.usual
  return seconds < 0 ? leases.usual : Math.min(seconds, leases.most)
}

/** @throws {IppRefusal} */
function numberOf(operation: IppAttributes): number {
  const number = findOne(operation, 'notify-subscription-id', 'integer')
  if (number === undefined) throw bad('It names the subscription.')
  return number
}

function textOf({ event, job }: News): string {
  const subject = job === undefined ? 'The printer' : `Job ${job.number}`
  return `${subject}: ${event}${job === undefined ? '' : `, ${job.state}`}.`
}

const bad = (message: string) => new IppRefusal('client-error-bad-request', message)
const noSubscription = (number: number) =>
  new IppRefusal('client-error-not-found', `There is no subscription ${number} (any more): make a new one.`)
