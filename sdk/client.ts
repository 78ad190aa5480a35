/** The API for services as functions: typed from the contract, on any JavaScript that has `fetch`. */
import type {
  Account,
  AccountChange,
  AuditAction,
  AuditEntry,
  Claim,
  ClaimPage,
  CommandAnswered,
  Consent,
  CreatedKey,
  CreatedSubscription,
  Device,
  DeviceAccess,
  DeviceChange,
  DeviceCounts,
  DeviceWords,
  EnrolledDevice,
  FactoryList,
  FactoryListed,
  Json,
  Key,
  Mandate,
  NewAccount,
  NewClaim,
  NewDevice,
  NewKey,
  NewPairing,
  NewSubscriptionInput,
  ObjectsAnswered,
  Order,
  OrderState,
  Ownership,
  Page,
  Pairing,
  Reading,
  RequestPending,
  RequestView,
  ServiceRequestInput,
  Subscription,
  WebhookSecret,
  WebhookTry,
} from '@fairlead/protocol/contract'
import { type AuditExport, exportAudit } from './audit.ts'
import { call, type Relay } from './call.ts'
import { type EventsOptions, events, type RelayEvent } from './events.ts'
import { createJobs } from './jobs.ts'
import { createPeople } from './people.ts'
import { createPrograms } from './programs.ts'
import { createWalkUps } from './walk-ups.ts'
import { seenByNames } from './witnesses.ts'

export interface DeviceFilter {
  account?: string
  /** `*` stands for anything. */
  id?: string
  serial?: string
  /** `*` stands for anything. */
  model?: string
  tag?: string | readonly string[]
  capability?: string | readonly string[]
  state?: 'online' | 'offline' | 'asleep'
  /** What a device told of an object: `toner.black<20`. */
  where?: string | readonly string[]
  /** Words to look for in ID, model, serial number and tags. */
  q?: string
  limit?: number
  cursor?: string
}

export interface AuditFilter {
  account?: string
  device?: string
  /** A kind, or a kind and an ID: `admin`, `key:abcd1234`. */
  actor?: string
  action?: AuditAction
  /** ISO 8601: not before this moment. */
  from?: string
  /** ISO 8601: before this moment. */
  to?: string
  limit?: number
  cursor?: string
}

export interface RequestOptions {
  /** 1 to 300; the relay's default is 30. */
  timeoutSeconds?: number
  /** Longer than 0: an offline device gets it when it comes back, up to a week later. */
  deliverWithinSeconds?: number
  /** The same key and request is done once, however often it is sent. SET and command only. */
  idempotencyKey?: string
  /** Answer at once with `pending`; ask for the outcome by ID. */
  async?: boolean
  signal?: AbortSignal
}

export interface ReadingsFilter {
  object?: string
  /** ISO 8601. */
  from?: string
  to?: string
  /** Of those that begin within one such span only the last one. */
  everySeconds?: number
  limit?: number
  cursor?: string
}

export interface MandatesFilter {
  account?: string
  device?: string
  /** true: only devices that something is missing for. */
  missing?: boolean
  limit?: number
  cursor?: string
}

export interface OrdersFilter {
  device?: string
  /** Its ID. */
  subscription?: string
  state?: OrderState
  limit?: number
  cursor?: string
}

export type Client = ReturnType<typeof createClient>

/**
 * @example
 * const relay = createClient({ url: 'https://relay.example', key: process.env.FAIRLEAD_KEY })
 * const { values } = await relay.get('mfp-1', ['toner.black'])
 */
export function createClient(relay: Relay) {
  const segment = (id: string) => encodeURIComponent(id)

  async function request<Answer = ObjectsAnswered | CommandAnswered>(
    device: string,
    body: ServiceRequestInput,
    options: RequestOptions = {},
  ): Promise<Answer | RequestPending> {
    const { idempotencyKey, async: isAsync, signal, ...times } = options
    const { body: answer } = await call<Answer | RequestPending>(relay, {
      method: 'POST',
      path: `/v1/devices/${segment(device)}/requests`,
      body: { ...body, ...times },
      headers: {
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(isAsync && { prefer: 'respond-async' }),
      },
      signal,
    })
    return answer
  }

  async function read<Body>(path: string, query: Record<string, string | number | readonly string[] | undefined> = {}) {
    return (await call<Body>(relay, { path, query })).body
  }

  async function post<Body>(path: string, body: unknown) {
    return (await call<Body>(relay, { method: 'POST', path, body })).body
  }

  async function remove(path: string): Promise<void> {
    await call(relay, { method: 'DELETE', path })
  }

  return {
    /** Any request; the answer of a deferred or asynchronous one is `{outcome: 'pending'}`. */
    request,

    /** Reads objects by friendly name or OID. @throws {RelayError} with the outcome */
    async get(
      device: string,
      objects: readonly string[],
      options?: Omit<RequestOptions, 'idempotencyKey' | 'async' | 'deliverWithinSeconds'>,
    ) {
      return (await request<ObjectsAnswered>(device, { get: [...objects] }, options)) as ObjectsAnswered
    },
    /** Sets objects; `values` of the answer is what now holds at the device. */
    set(device: string, values: Record<string, Json>, options?: RequestOptions) {
      return request<ObjectsAnswered>(device, { set: values }, options)
    },
    command(device: string, command: string, args: Record<string, Json> = {}, options?: RequestOptions) {
      return request<CommandAnswered>(device, { command, arguments: args }, options)
    },
    /** What became of a request. */
    findRequest: (requestId: string) => read<RequestView>(`/v1/requests/${segment(requestId)}`),

    devices: {
      list: (filter: DeviceFilter = {}) => read<Page<Device>>('/v1/devices', { ...filter }),
      /** All of them, page by page. */
      async *all(filter: DeviceFilter = {}): AsyncGenerator<Device, void, undefined> {
        let cursor: string | null | undefined = filter.cursor
        do {
          const page: Page<Device> = await read('/v1/devices', { limit: 500, ...filter, ...(cursor && { cursor }) })
          yield* page.items
          cursor = page.nextCursor
        } while (cursor)
      },
      /** How many there are in each state. */
      count: (filter: Omit<DeviceFilter, 'state' | 'limit' | 'cursor'> = {}) =>
        read<DeviceCounts>('/v1/device-counts', { ...filter }),
      /** What a search can be completed with. */
      words: () => read<DeviceWords>('/v1/device-words'),
      find: (id: string) => read<Device>(`/v1/devices/${segment(id)}`),
      add: (device: NewDevice) => post<EnrolledDevice>('/v1/devices', device),
      /** What is left out stays. */
      change: async (id: string, body: DeviceChange) =>
        (await call<Device>(relay, { method: 'PATCH', path: `/v1/devices/${segment(id)}`, body })).body,
      remove: (id: string) => remove(`/v1/devices/${segment(id)}`),
      /** Who may do what on it, with names for who manages users and keys. */
      access: (id: string) => read<DeviceAccess>(`/v1/devices/${segment(id)}/access`),
      ownership: (id: string) => read<Ownership>(`/v1/devices/${segment(id)}/ownership`),
      /** @param to for 7 days only this account may have it */
      release: (id: string, to?: string) =>
        post<Ownership>(`/v1/devices/${segment(id)}/release`, to === undefined ? {} : { to }),
      /** Somebody has reset it where it stands: it stays yours. */
      refuseReset: (id: string) => remove(`/v1/devices/${segment(id)}/reset`),
      rotate: (id: string, overlapSeconds = 0) =>
        post<{ secret: string }>(`/v1/devices/${segment(id)}/rotate`, { overlapSeconds }),
      /** Levels and counters over time. */
      readings: (id: string, filter: ReadingsFilter = {}) =>
        read<Page<Reading>>(`/v1/devices/${segment(id)}/readings`, { ...filter }),
      /** Lets services be performed for a device that was not claimed by its code. */
      async consent(id: string) {
        return (await call<Consent>(relay, { method: 'PUT', path: `/v1/devices/${segment(id)}/consent` })).body
      },
      withdrawConsent: (id: string) => remove(`/v1/devices/${segment(id)}/consent`),
    },

    /** What services are told of by a signed webhook (B8). */
    subscriptions: {
      add: (subscription: NewSubscriptionInput) => post<CreatedSubscription>('/v1/subscriptions', subscription),
      list: (page: { limit?: number; cursor?: string } = {}) => read<Page<Subscription>>('/v1/subscriptions', page),
      find: (id: string) => read<Subscription>(`/v1/subscriptions/${segment(id)}`),
      async pause(id: string, paused = true) {
        const path = `/v1/subscriptions/${segment(id)}`
        return (await call<Subscription>(relay, { method: 'PATCH', path, body: { paused } })).body
      },
      remove: (id: string) => remove(`/v1/subscriptions/${segment(id)}`),
      /** A new signing secret. */
      rotate: (id: string) => post<WebhookSecret>(`/v1/subscriptions/${segment(id)}/rotate`, {}),
      /** Sends a signed ping. */
      test: (id: string) => post<WebhookTry>(`/v1/subscriptions/${segment(id)}/test`, {}),
    },

    /** For which devices services are performed, and what is missing for the others. */
    mandates: {
      list: ({ missing, ...filter }: MandatesFilter = {}) =>
        read<Page<Mandate>>('/v1/mandates', { ...filter, ...(missing !== undefined && { missing: String(missing) }) }),
    },

    /** What was ordered, and why. */
    orders: {
      list: (filter: OrdersFilter = {}) => read<Page<Order>>('/v1/orders', { ...filter }),
      find: (orderId: string) => read<Order>(`/v1/orders/${segment(orderId)}`),
    },

    accounts: {
      add: (account: NewAccount) => post<Account>('/v1/accounts', account),
      list: (page: { limit?: number; cursor?: string } = {}) => read<Page<Account>>('/v1/accounts', page),
      change: async (id: string, body: AccountChange) =>
        (await call<Account>(relay, { method: 'PATCH', path: `/v1/accounts/${segment(id)}`, body })).body,
    },

    keys: {
      add: (key: NewKey) => post<CreatedKey>('/v1/keys', key),
      list: (page: { limit?: number; cursor?: string } = {}) => read<Page<Key>>('/v1/keys', page),
      remove: (keyId: string) => remove(`/v1/keys/${segment(keyId)}`),
    },

    ...createPeople(relay),
    ...createJobs(relay),
    ...createPrograms(relay),
    ...createWalkUps(relay),

    claims: {
      /** By the code on its label. @throws {RelayError} `no-match`, `too-many-requests` */
      add: (claim: NewClaim) => post<Claim>('/v1/claims', claim),
      find: (claimId: string) => read<Claim>(`/v1/claims/${segment(claimId)}`),
      /** Where nobody can reach the panel: the device prints a page with a word on it. */
      printPage: (claimId: string) => post<ClaimPage>(`/v1/claims/${segment(claimId)}/page`, {}),
      /** The word on that page. @throws {RelayError} `no-match`, with `triesLeft` in its problem */
      typeWord: (claimId: string, word: string) => post<Claim>(`/v1/claims/${segment(claimId)}/word`, { word }),
    },

    pairings: {
      /** By the PIN that it shows, on its network. @throws {RelayError} `no-match`, `too-many-requests` */
      add: (pairing: NewPairing) => post<Pairing>('/v1/pairings', pairing),
      /** For `add`: where this terminal is seen besides, within a second. */
      seen: () => seenByNames(relay),
      find: (pairingId: string) => read<Pairing>(`/v1/pairings/${segment(pairingId)}`),
    },

    /** Who did what, newest first. */
    audit: {
      list: (filter: AuditFilter = {}) => read<Page<AuditEntry>>('/v1/audit', { ...filter }),
      /** All of it, oldest first, to be kept and checked elsewhere. */
      export: (): Promise<AuditExport> => exportAudit(relay),
    },

    /** The maker's list: which devices may come with which codes. */
    addToFactoryList: (list: FactoryList) => post<FactoryListed>('/v1/factory-list', list),

    events: (options?: EventsOptions): AsyncGenerator<RelayEvent, void, undefined> => events(relay, options),
  }
}
