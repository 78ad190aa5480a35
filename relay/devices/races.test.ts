/** Two nodes on one record change the same device at the same moment: what each is told is true, and nothing is left half done. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { temporaryFolder, usePostgres } from '../database/for-tests.ts'
import { acme, openWorld } from './for-tests.ts'

usePostgres()

const rounds = 25

/** Both at once. @returns what became of each: its value, or the code of its refusal; anything else is thrown */
async function race<One, Other>(one: () => Promise<One>, other: () => Promise<Other>) {
  const settled = await Promise.allSettled([one(), other()])
  return settled.map((result) => {
    if (result.status === 'fulfilled') return 'done'
    if (result.reason instanceof Failure) return result.reason.code
    throw result.reason
  })
}

async function openTwo() {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const here = opening.use(await openWorld(folder.path))
  const there = opening.use(await openWorld(folder.path))
  const opened = opening.move()
  return { here, there, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** The other node learns of a device as it does at its start. */
async function openTwoWith(ids: readonly string[]) {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const here = opening.use(await openWorld(folder.path))
  for (const id of ids) await here.devices.enrol(acme, { id })
  const there = opening.use(await openWorld(folder.path))
  const opened = opening.move()
  return { here, there, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const ids = Array.from({ length: rounds }, (_, round) => `d${round}`)

test('an ID is given once', async () => {
  await using two = await openTwo()
  for (const id of ids) {
    const enrol = (world: typeof two.here) => () => world.devices.enrol(acme, { id })
    assert.deepEqual((await race(enrol(two.here), enrol(two.there))).sort(), ['done', 'id-taken'])
  }
  const keys = await two.here.database.read.selectFrom('device_credential').select('device').execute()
  assert.equal(keys.length, rounds)
})

test('two rotations follow each other, and one secret is good in the end', async () => {
  await using two = await openTwoWith(['a'])
  const { here, there } = two
  for (let round = 0; round < rounds; round++) {
    const rotate = (world: typeof here) => () => world.devices.rotate(acme, 'a', { overlapSeconds: 0 })
    const fates = await race(rotate(here), rotate(there))
    assert.deepEqual(fates, ['done', 'done'], `round ${round}`)
  }
  const rows = await here.database.read.selectFrom('device_credential').select('version').execute()
  assert.deepEqual(
    rows.map(({ version }) => version),
    [1 + 2 * rounds],
  )
  const newest = Math.max(here.devices.logIn.newest('a')?.version ?? 0, there.devices.logIn.newest('a')?.version ?? 0)
  assert.equal(newest, 1 + 2 * rounds)
})

test('a device that is removed while it tells, registers or is rotated leaves nothing behind', async () => {
  await using two = await openTwoWith(ids)
  const { here, there } = two
  const at = new Date(here.clock.wallNow()).toISOString()
  const doings = [
    (id: string) => there.devices.recordEvents(id, [{ id: 'e', type: 'objects', at, values: { location: 'here' } }]),
    (id: string) => there.devices.register(id, { capabilities: { model: 'M' }, objects: { name: 'n' } }),
    (id: string) => there.devices.rotate(acme, id, { overlapSeconds: 60 }),
  ]
  for (const [round, id] of ids.entries()) {
    const doing = doings[round % doings.length]
    const [removed, told] = await race(
      () => here.devices.remove(acme, id),
      async () => doing?.(id),
    )
    assert.equal(removed, 'done')
    assert.match(told ?? '', /^(done|unauthorized|unknown-device)$/)
  }
  const { read } = here.database
  for (const table of ['device', 'device_credential', 'device_object', 'device_event'] as const)
    assert.deepEqual(await read.selectFrom(table).selectAll().execute(), [], table)
})

test('the presence with the largest epoch stays, whoever writes it first', async () => {
  await using two = await openTwoWith(['a'])
  const presence = { device: 'a', state: 'online', transport: 'bosh', address: undefined, reason: undefined } as const
  const save = ({ devices }: typeof two.here, epoch: number) =>
    devices.savePresence({ ...presence, epoch, stateSinceAt: epoch, lastSeenAt: epoch }, { type: 'device.online' })
  for (let epoch = 1; epoch < 50; epoch += 2) {
    const [older, newer] = await Promise.all([save(two.here, epoch), save(two.there, epoch + 1)])
    assert.equal(newer, true)
    const [row] = await two.here.devices.loadPresences()
    assert.deepEqual([row?.epoch, row?.lastSeenAt], [epoch + 1, epoch + 1], `the older one was written: ${older}`)
  }
})

test('what a device tells at two nodes at once is kept, the newest of each object', async () => {
  await using two = await openTwoWith(['a'])
  const tell = ({ devices }: typeof two.here, names: readonly string[], value: number) =>
    devices.register('a', { objects: Object.fromEntries(names.map((name) => [name, value])) })
  const names = ['name', 'location', 'contact', 'pages', 'status']
  for (let round = 1; round <= rounds; round++) {
    two.there.clock.pass(10)
    await Promise.all([tell(two.here, names, -round), tell(two.there, names.toReversed(), round)])
  }
  const rows = await two.here.database.read.selectFrom('device_object').select(['name', 'value']).execute()
  assert.equal(rows.length, names.length)
  assert.deepEqual(new Set(rows.map(({ value }) => value)), new Set([`${rounds}`]))
})
