/**
 * Supplies (B7, B8): levels and counters of devices over time, and what services ordered because of them: in the second registration
 * state, after the instruction, when a condition holds on evidence, once for each cartridge, and with the reasons kept.
 */
import { type Clock, inBackground, type Log, type Random } from '@fairlead/base'
import type { DeviceEvent, Json, Page, Reading, ReadingsQuery } from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import { every } from '../every.ts'
import type { Caller } from '../http/route.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { type Consents, createConsents } from './consents.ts'
import { createMandates, type Mandates } from './mandates.ts'
import { createOrders, type Orders } from './orders.ts'
import { createPolling, type PollingNeeds } from './polling.ts'
import { createReadings } from './readings.ts'
import { createServicesOf, type ServicesOf } from './services-of.ts'
import { createSubscriptions, type Subscriptions, type SubscriptionsNeeds } from './subscriptions.ts'
import { createWatching } from './watching.ts'

export interface Supplies extends Disposable {
  readonly subscriptions: Subscriptions
  readonly orders: Orders
  readonly consents: Consents
  /** What is performed for one device of that account. */
  servicesOf(account: string, device: string): Promise<ServicesOf>
  readonly mandates: Mandates
  /** By time. @throws {Failure} `unknown-device`; `invalid-request` for a cursor that was never given out */
  listReadings(caller: Caller, device: string, query: ReadingsQuery): Promise<Page<Reading>>
  /** In the transaction of the device's event: nothing of it is told as stored without what follows from it. */
  happened(tx: Transaction, device: string, event: DeviceEvent): Promise<void>
  /** In the transaction of the register process. */
  registered(tx: Transaction, device: string, values: Readonly<Record<string, Json>>): Promise<void>
  /** A request of the relay's own: no service waits for it. */
  isOwn(requestId: string): boolean
  /** The relay stops: devices are asked nothing more, which would hold it up. */
  rest(): void
}

export interface SuppliesNeeds
  extends Omit<PollingNeeds, 'watching'>,
    Pick<SubscriptionsNeeds, 'accountExists' | 'mustFindDevice'> {
  database: Database
  clock: Clock
  random: Random
  log: Log
  journal: Journal
  audit: TellAudit
  webhooks: Webhooks
  /** How long readings are kept. */
  keepMs: number
}

const forgetEveryMs = 3_600_000

export function openSupplies(needs: SuppliesNeeds): Supplies {
  const { database, clock, log, webhooks } = needs
  const readings = createReadings(database)
  const watching = createWatching({ ...needs, readings })
  const { lookSoon } = watching
  const polling = createPolling({ ...needs, watching })
  const forgetting = every(clock, forgetEveryMs, () =>
    inBackground(log, 'supplies.not-forgotten', () => readings.forgetOld(clock.wallNow() - needs.keepMs)),
  )

  return {
    subscriptions: createSubscriptions({ ...needs, lookSoon }),
    orders: createOrders({ database, webhooks }),
    consents: createConsents({ ...needs, lookSoon }),
    servicesOf: createServicesOf(database),
    mandates: createMandates(database),

    async listReadings(caller, device, query) {
      const { account } = needs.mustFindDevice(caller, device)
      return readings.list(account, device, query)
    },

    async happened(tx, device, event) {
      // A device's clock may be ahead; what it tells is not known before it is told.
      const at = Math.min(clock.wallNow(), Date.parse(event.at))
      if (event.type === 'objects') await watching.observe(tx, device, { values: event.values, at, source: 'event' })
      else if (event.type === 'printed') await watching.printed(tx, device, event.pages, at)
      else if (event.type === 'instruction') await lookSoon(tx, device)
    },

    async registered(tx, device, values) {
      if (Object.keys(values).length === 0) return
      await watching.observe(tx, device, { values, at: clock.wallNow(), source: 'register' })
    },

    isOwn: polling.isOwn,
    rest: polling.rest,
    [Symbol.dispose]() {
      polling[Symbol.dispose]()
      forgetting[Symbol.dispose]()
    },
  }
}
