/** What the relay remembers about devices; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { DeviceRow, NewDeviceRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { StoredPresence } from './presence.ts'

export type DeviceStore = ReturnType<typeof createDeviceStore>

export interface StoredObject {
  name: string
  /** JSON. */
  value: string
  atMs: number
}

const presenceColumns = [
  ...(['id', 'account', 'state', 'state_since_at', 'reason', 'last_seen_at'] as const),
  ...(['address', 'transport', 'epoch', 'node'] as const),
] as const

/** As JSON: a filter is no longer than 256 characters, and what it finds should not be much longer. */
const longestCompared = 1_024

function presenceOf(row: Pick<DeviceRow, (typeof presenceColumns)[number]>): StoredPresence {
  return {
    device: row.id,
    account: row.account,
    state: row.state as StoredPresence['state'],
    stateSinceAt: row.state_since_at,
    reason: (row.reason ?? undefined) as StoredPresence['reason'],
    lastSeenAt: row.last_seen_at ?? undefined,
    address: row.address ?? undefined,
    transport: (row.transport ?? undefined) as StoredPresence['transport'],
    epoch: row.epoch,
    node: row.node,
  }
}

export function createDeviceStore({ read, write }: Database) {
  return {
    /** Row by row: all of them at once would be the largest thing a relay ever holds. */
    all() {
      return read
        .selectFrom('device')
        .select(['id', 'account', 'model', 'serial', 'tags', 'registration', 'capabilities', 'release_at_device'])
        .orderBy('id')
        .stream()
    },

    /** @returns false when the ID is taken */
    async add(tx: Transaction, row: NewDeviceRow): Promise<boolean> {
      const added = await tx.sql
        .insertInto('device')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    find(id: string): Promise<DeviceRow | undefined> {
      return read.selectFrom('device').selectAll().where('id', '=', id).executeTakeFirst()
    },

    /** Those whose owners have not objected to their reset in time. */
    async resetsDue(nowMs: number): Promise<string[]> {
      const due = await read.selectFrom('device').select('id').where('reset_due_at', '<=', nowMs).execute()
      return due.map(({ id }) => id)
    },

    /** Nobody else changes or removes it until the commit: what is decided by what it says stays right. */
    findToChange(tx: Transaction, id: string): Promise<DeviceRow | undefined> {
      return tx.sql.selectFrom('device').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
    },

    async save(tx: Transaction, id: string, told: Partial<DeviceRow>): Promise<void> {
      await tx.sql.updateTable('device').set(told).where('id', '=', id).execute()
    },

    /** With its keys, objects and events. @returns false when it was gone already */
    async remove(tx: Transaction, id: string): Promise<boolean> {
      const removed = await tx.sql.deleteFrom('device').where('id', '=', id).executeTakeFirst()
      return removed.numDeletedRows === 1n
    },

    details(ids: readonly string[]) {
      return read.selectFrom('device').select(['id', 'capabilities', 'created_at']).where('id', 'in', ids).execute()
    },

    objects(ids: readonly string[]) {
      return read.selectFrom('device_object').selectAll().where('device', 'in', ids).orderBy('name').execute()
    },

    /** How many requests are kept until these devices come back; those of which there are none are left out. */
    async waiting(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
      const counts = await read
        .selectFrom('request')
        .select(({ fn }) => ['device', fn.countAll<number>().as('count')])
        .where('device', 'in', ids)
        .where('outcome', '=', 'pending')
        .where('sent_at', 'is', null)
        .where('deliver_until', 'is not', null)
        .groupBy('device')
        .execute()
      return new Map(counts.map(({ device, count }) => [device, Number(count)]))
    },

    /** When an IPP proxy of these devices was heard of last. */
    async proxies(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
      const heard = await read
        .selectFrom('output_device')
        .select(({ fn }) => ['device', fn.max<number>('heard_at').as('at')])
        .where('device', 'in', ids)
        .groupBy('device')
        .execute()
      return new Map(heard.map(({ device, at }) => [device, Number(at)]))
    },

    /** What these devices have told of one object, where it can be compared: no lists, and no text without end. */
    valuesOf(ids: readonly string[], name: string) {
      return read
        .selectFrom('device_object')
        .select(['device', 'value'])
        .where('device', 'in', ids)
        .where('name', '=', name)
        .where(({ fn }) => fn<number>('length', ['value']), '<=', longestCompared)
        .execute()
    },

    async objectNames(ids: readonly string[], most: number): Promise<string[]> {
      const names = await read
        .selectFrom('device_object')
        .select('name')
        .distinct()
        .where('device', 'in', ids)
        .orderBy('name')
        .limit(most)
        .execute()
      return names.map(({ name }) => name)
    },

    /** What is known from a later moment stays. */
    async saveObject(tx: Transaction, device: string, { name, value, atMs }: StoredObject): Promise<void> {
      await tx.sql
        .insertInto('device_object')
        .values({ device, name, value, at: atMs })
        .onConflict((conflict) =>
          conflict.columns(['device', 'name']).doUpdateSet({ value, at: atMs }).where('device_object.at', '<=', atMs),
        )
        .execute()
    },

    /** Keeps the `max` newest. */
    async trimObjects(tx: Transaction, device: string, max: number): Promise<void> {
      await tx.sql
        .deleteFrom('device_object')
        .where('device', '=', device)
        .where('name', 'in', (query) =>
          query
            .selectFrom('device_object')
            .select('name')
            .where('device', '=', device)
            .orderBy('at', 'desc')
            .orderBy('name')
            .limit(1_000_000)
            .offset(max),
        )
        .execute()
    },

    /** @returns false when that event is stored already */
    async addEvent(tx: Transaction, device: string, id: string, atMs: number): Promise<boolean> {
      const added = await tx.sql
        .insertInto('device_event')
        .values({ device, id, at: atMs })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    async forgetEvents(tx: Transaction, device: string, beforeMs: number): Promise<void> {
      await tx.sql.deleteFrom('device_event').where('device', '=', device).where('at', '<', beforeMs).execute()
    },

    async presences(): Promise<StoredPresence[]> {
      const rows = await read.selectFrom('device').select(presenceColumns).execute()
      return rows.map(presenceOf)
    },

    /** Those that were ONLINE at this node when it was heard of last, and whose session no other node may go on with. */
    async strandedAt(node: number): Promise<StoredPresence[]> {
      const rows = await read
        .selectFrom('device')
        .select(presenceColumns)
        .where('state', '=', 'online')
        .where('node', '=', node)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('session')
                .select('session.device')
                .whereRef('session.device', '=', 'device.id')
                .whereRef('session.epoch', '=', 'device.epoch')
                .where('session.handed_over', '=', 1)
                .where('session.node', '=', 0),
            ),
          ),
        )
        .execute()
      return rows.map(presenceOf)
    },

    /** Everything that is kept of them in memory. */
    async some(ids: readonly string[]) {
      const rows = await read
        .selectFrom('device')
        .select([...presenceColumns, 'model', 'serial', 'tags', 'registration', 'capabilities', 'release_at_device'])
        .where('id', 'in', ids)
        .execute()
      return rows.map((row) => ({ row, presence: presenceOf(row) }))
    },

    /** When a device that has no session was heard of. */
    async saveSeen(device: string, at: number): Promise<void> {
      await write((tx) =>
        tx.sql
          .updateTable('device')
          .set({ last_seen_at: at })
          .where('id', '=', device)
          .where((is) => is.or([is('last_seen_at', 'is', null), is('last_seen_at', '<', at)]))
          .execute(),
      )
    },

    /** @returns false: it was not ONLINE in that session any more */
    async endPresence(
      tx: Transaction,
      { device, epoch }: StoredPresence,
      reason: string,
      at: number,
    ): Promise<boolean> {
      const ended = await tx.sql
        .updateTable('device')
        .set({ state: 'offline', state_since_at: at, reason, address: null, transport: null, node: 0 })
        .where('id', '=', device)
        .where('epoch', '=', epoch)
        .where('state', '=', 'online')
        .executeTakeFirst()
      return ended.numUpdatedRows === 1n
    },

    /** @returns false when the device is gone, or a later session has written */
    async savePresence(tx: Transaction, presence: Omit<StoredPresence, 'account'>): Promise<boolean> {
      const saved = await tx.sql
        .updateTable('device')
        .set({
          state: presence.state,
          state_since_at: presence.stateSinceAt,
          reason: presence.reason ?? null,
          last_seen_at: presence.lastSeenAt ?? null,
          address: presence.address ?? null,
          transport: presence.transport ?? null,
          epoch: presence.epoch,
          node: presence.node ?? 0,
        })
        .where('id', '=', presence.device)
        .where('epoch', '<=', presence.epoch)
        .executeTakeFirst()
      return saved.numUpdatedRows === 1n
    },
  }
}
