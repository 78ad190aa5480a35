/**
 * B1 to B5 under `kill -9`: the relay, and the agent, die at every step from enrolment to instruction.
 *
 * Twelve devices take each step at once, and the relay is killed when some of them have had their answer, or the first change is
 * on the disk: the others are then anywhere in the middle. What was answered holds; what was not has happened whole or not at all; and everybody goes on.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import { openEventStream } from './event-stream.ts'
import { openFolder } from './folder.ts'
import { openHandDevice } from './hand-device.ts'
import { killedAt, type Moment } from './killed-at.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { startHouseFile } from './process.ts'
import { createService, type Reply, type Service } from './service.ts'
import { until } from './until.ts'

const street = await openNeighbourhood({
  relay: ['--max-failed-claims', '1000', '--max-failed-claims-of-network', '1000'],
})
after(() => street[Symbol.asyncDispose]())
const { url, service } = street

interface Device {
  id: string
  code: string
  /** All that it was ever told. */
  secrets: Set<string>
  claims: Set<string>
}

const newDevice = (id: string): Device => ({
  id,
  code: makeFactoryCode(randomBytes(10)),
  secrets: new Set(),
  claims: new Set(),
})

async function openOwner(account: string): Promise<Service> {
  return createService(url, Object((await service.post('/v1/keys', { account })).body).key)
}

await service.post('/v1/accounts', { id: 'others' })
const owners = [await openOwner('default'), await openOwner('others')] as const

async function enrol({ id, code, secrets, claims }: Device): Promise<Reply> {
  const reply = await service.post('/device/v1/enrol', { id, code })
  const { secret, claim } = Object(reply.body)
  if (reply.status === 200) {
    secrets.add(secret)
    claims.add(claim)
  }
  return reply
}

/** With the one secret that it has been told. */
function callAs({ id, secrets }: Device, path: string, body: object): Promise<Reply> {
  const [secret] = secrets
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  return service.post(path, body, { authorization })
}

/** Whose it is, as everybody sees it. @returns undefined: nobody's */
async function ownerOf(device: Device): Promise<Service | undefined> {
  const reads = await Promise.all(owners.map((owner) => owner.read(`/v1/devices/${device.id}`)))
  const having = owners.filter((_, at) => reads[at]?.status === 200)
  assert.ok(having.length <= 1, `${device.id} has two owners`)
  return having[0]
}

/** Claimed whole or not at all: what the device is told and what its owner sees are the same. */
async function mustBeWhole(device: Device): Promise<Service | undefined> {
  const owner = await ownerOf(device)
  const told = await enrol(device)
  assert.equal(told.status, owner ? 200 : 202, `${device.id}: ${JSON.stringify(told.body)}`)
  assert.ok(device.secrets.size <= 1 && device.claims.size <= 1, `${device.id} was told two secrets`)
  if (!owner) return undefined
  const [claimId] = device.claims
  const claim = await owner.read(`/v1/claims/${claimId}`)
  assert.deepEqual([claim.status, Object(claim.body).device], [200, device.id])
  const again = await Promise.all(owners.map((one) => one.post('/v1/claims', { code: device.code })))
  assert.deepEqual(
    again.map(({ status }) => status),
    [404, 404],
  )
  return owner
}

async function enrolUnderKills(devices: readonly Device[]): Promise<void> {
  for (const moment of ['SELECT count(*) n FROM target', 4])
    for (const reply of await killedAt(street, moment, devices, enrol)) if (reply) assert.equal(reply.status, 202)
  for (const device of devices) assert.equal((await enrol(device)).status, 202)
}

/** Both claim each of them. @returns whose it is then */
async function claimUnderKills(devices: readonly Device[], moment: Moment): Promise<Map<Device, Service>> {
  const owned = new Map<Device, Service>()
  const tries = devices.flatMap((device) => owners.map((owner) => ({ device, owner })))
  const replies = await killedAt(street, moment, tries, async ({ device, owner }) => {
    const reply = await owner.post('/v1/claims', { code: device.code })
    // It says nothing but that the other one was quicker.
    if (reply.status !== 201) throw new Error('not the one')
    return reply
  })
  const standing = await Promise.all(devices.map(mustBeWhole))
  for (const [at, device] of devices.entries()) {
    const owner = standing[at]
    if (!owner)
      assert.equal((await owners[0].post('/v1/claims', { code: device.code })).status, 201, 'the person goes on')
    owned.set(device, owner ?? owners[0])
  }
  for (const [at, { device, owner }] of tries.entries()) {
    if (!replies[at]) continue
    assert.equal(owned.get(device), owner, 'whoever was told that it is theirs has it')
    assert.ok(device.claims.has(Object(replies[at].body).claimId))
  }
  return owned
}

async function beToldUnderKills(devices: readonly Device[]): Promise<void> {
  for (const answered of [1, 4])
    for (const reply of await killedAt(street, answered, devices, enrol)) if (reply) assert.equal(reply.status, 200)
  await Promise.all(devices.map(mustBeWhole))
}

async function useUnderKills(devices: readonly Device[]): Promise<void> {
  const register = (device: Device) => callAs(device, '/device/v1/register', {})
  for (const moment of ['SELECT count(used_at) n FROM device_credential', 4]) {
    const replies = await killedAt(street, moment, devices, register)
    for (const [at, device] of devices.entries()) {
      const { status } = await enrol(device)
      if (replies[at]) assert.deepEqual([replies[at].status, status], [200, 404], 'used, so the code is dead')
      else assert.ok([200, 404].includes(status), `${device.id}: ${status}`)
    }
  }
  for (const device of devices) {
    assert.equal((await register(device)).status, 200, 'the secret is good')
    assert.equal((await enrol(device)).status, 404)
  }
}

async function confirm(device: Device): Promise<Reply> {
  const [claim] = device.claims
  const events = [{ id: 'pressed', type: 'instruction', at: new Date().toISOString(), claim }]
  return await callAs(device, '/device/v1/events', { events })
}

async function confirmUnderKills(devices: readonly Device[]): Promise<void> {
  for (const moment of ['SELECT count(instructed_at) n FROM claim', 4]) {
    const replies = await killedAt(street, moment, devices, confirm)
    for (const [at, { claims }] of devices.entries()) {
      const [claim] = claims
      const { state } = Object((await service.read(`/v1/claims/${claim}`)).body)
      if (replies[at]) assert.deepEqual([replies[at].status, state], [200, 'instructed'])
      else assert.ok(['second', 'instructed'].includes(state), state)
    }
  }
  for (const device of devices) assert.equal((await confirm(device)).status, 200, 'sent again it does no harm')
}

/** Each of them once, however often the relay has died in the middle. */
async function claimChangesSince(lastEventId: string): Promise<string[]> {
  await service.call('DELETE', '/v1/devices/first')
  await using stream = await openEventStream({ relayUrl: url, key: street.adminKey, lastEventId })
  const changes: string[] = []
  for (let event = await stream.next(); event.type !== 'device.removed'; event = await stream.next()) {
    const { device, claimId, state } = event.data
    if (event.type === 'claim.changed') changes.push(`${device} ${claimId} ${state}`)
  }
  return changes.sort()
}

test('S-R1 S-R5 B1 to B5 a relay that is killed at every step leaves no half claim: one owner, one secret, and all go on', async () => {
  await using before = await openEventStream({ relayUrl: url, key: street.adminKey })
  await street.enrol('first')
  const { id: lastEventId } = await before.next()

  const devices = Array.from({ length: 12 }, (_, at) => newDevice(`killed-${at}`))
  await enrolUnderKills(devices)
  const owned = new Map([
    ...(await claimUnderKills(devices.slice(0, 4), 'SELECT count(*) n FROM device')),
    ...(await claimUnderKills(devices.slice(4, 8), 'SELECT count(*) n FROM claim')),
    ...(await claimUnderKills(devices.slice(8), 2)),
  ])
  await beToldUnderKills(devices)
  await useUnderKills(devices)
  await confirmUnderKills(devices)

  for (const [device, owner] of owned) {
    assert.equal(await ownerOf(device), owner)
    const [secret = ''] = device.secrets
    assert.deepEqual([device.secrets.size, device.claims.size], [1, 1], 'never another secret')
    await using hand = await openHandDevice({ relayUrl: url, id: device.id, secret })
    hand.serve(() => ({ values: { model: device.id }, errors: {} }))
    await until(
      'it is online',
      async () => Object((await owner.read(`/v1/devices/${device.id}`)).body).state === 'online',
    )
    assert.equal((await owner.ask(device.id, { get: ['model'] })).outcome, 'answered')
    await hand.leave()
  }
  const wanted = devices.flatMap(({ id, claims: [claim] }) => [`${id} ${claim} second`, `${id} ${claim} instructed`])
  assert.deepEqual(await claimChangesSince(lastEventId), wanted.sort())
})

test('B1 B6 an agent that is killed while it is claimed, when it has been, or at its first session comes back as the same owner’s', async () => {
  await using folder = await openFolder()
  const [owner] = owners
  for (const moment of ['as the claim is sent', 'when it is answered', 'at the first session']) {
    const device = newDevice(`agent-${moment.replaceAll(' ', '-')}`)
    const data = `${folder.path}/${device.id}`
    const options = ['--relay', url, '--id', device.id, '--code', device.code, '--driver', 'virtual', '--data', data]
    await using agent = await startHouseFile('cli/main.ts', ['agent', ...options])
    await agent.nextEvent('device.offline')
    const claiming = owner.post('/v1/claims', { code: device.code })
    if (moment !== 'as the claim is sent') await claiming
    if (moment === 'at the first session') await agent.nextEvent('device.online')
    await agent.stop('SIGKILL')
    const { status, body } = await claiming
    assert.equal(status, 201)

    await using again = await startHouseFile('cli/main.ts', ['agent', '--data', data])
    await again.nextEvent('device.online')
    assert.equal((await owner.ask(device.id, { get: ['model'] })).outcome, 'answered')
    assert.equal((await enrol(device)).status, 404, 'its one secret has been used')
    assert.equal(await ownerOf(device), owner)
    assert.equal(Object((await owner.read(`/v1/claims/${Object(body).claimId}`)).body).state, 'second')
    await again.stop()
  }
})
