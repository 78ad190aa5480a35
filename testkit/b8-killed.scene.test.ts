/**
 * B8 under `kill -9`: the relay dies at every step of an order, from the owner's consent to the next cartridge.
 *
 * Eight devices take each step at once, and the relay is killed as soon as the first of them has taken it on the disk: the others
 * are then anywhere in the middle. They tell again what was not acknowledged, and each of them has one order for each cartridge.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { killedAt, type Moment } from './killed-at.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import type { Reply } from './service.ts'
import { until } from './until.ts'
import { openWebhookReceiver } from './webhook-receiver.ts'

const street = await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.0/8'] })
after(() => street[Symbol.asyncDispose]())
const { service } = street

/** Two readings of one cartridge lie so far apart. */
const apartMs = 5_000

interface Device {
  id: string
  authorization: string
}

async function enrol(id: string): Promise<Device> {
  const { body } = await service.post('/v1/devices', { id })
  return { id, authorization: `Basic ${Buffer.from(`${id}:${Object(body).secret}`).toString('base64')}` }
}

function mustBeTaken(reply: Reply | undefined, device: Device): void {
  if (reply) assert.equal(reply.status, 200, `${device.id}: ${JSON.stringify(reply.body)}`)
}

/** Killed in the middle of it; then whoever had no answer does it again, as often as it takes. */
async function untilAllHave(devices: readonly Device[], moment: Moment, work: (device: Device) => Promise<Reply>) {
  const replies = await killedAt(street, moment, devices, work)
  for (const [at, device] of devices.entries()) mustBeTaken(replies[at], device)
  // A device that had its answer repeats it too: that does no harm.
  for (const device of devices) mustBeTaken(await work(device), device)
}

let readings = 0

/** What it reads is one event with one ID, however often it is told. */
async function read(devices: readonly Device[], value: number, moment: Moment): Promise<void> {
  const event = { id: `reading-${++readings}`, type: 'objects', at: new Date().toISOString() }
  const events = [{ ...event, values: { 'toner.black': value } }]
  await untilAllHave(devices, moment, ({ authorization }) =>
    service.post('/device/v1/events', { events }, { authorization }),
  )
}

async function passes(ms: number): Promise<void> {
  const untilAt = Date.now() + ms
  await until('time has passed', () => Date.now() >= untilAt)
}

async function orders(): Promise<{ orderId: string; device: string; life: number; state: string }[]> {
  return Object((await service.read('/v1/orders?limit=500')).body).items
}

test('B8 a relay that is killed at every step of an order: one for each cartridge, each with its reasons, none lost', async () => {
  await using receiver = await openWebhookReceiver()
  const devices = await Promise.all(Array.from({ length: 8 }, (_, at) => enrol(`killed-${at}`)))
  const low = { object: 'toner.black', op: '<=', value: 20 }
  const made = await service.post('/v1/subscriptions', {
    name: 'black',
    conditions: [low],
    webhook: { url: receiver.url },
  })
  receiver.trust(Object(made.body).webhook.secret)
  receiver.answerWith(undefined)

  const consent = ({ id }: Device) => service.call('PUT', `/v1/devices/${id}/consent`)
  await untilAllHave(devices, 'SELECT count(*) n FROM consent', consent)
  await read(devices, 10, 'SELECT count(*) n FROM reading')
  await passes(apartMs)
  await read(devices, 10, 'SELECT count(*) n FROM supply_order')

  // Its receiver holds each call, and never says that it has it.
  await until('a call is out', () => receiver.received.length > 0)
  await street.restartRelay('SIGKILL')
  receiver.answerWith(503)
  await until('as many were refused', async () => receiver.received.length >= devices.length)
  await street.restartRelay('SIGKILL')
  receiver.answerWith(204)
  await until('one is taken', async () => (await orders()).some(({ state }) => state === 'taken'), 60_000)
  await street.restartRelay('SIGKILL')
  const taken = (count: number) =>
    until(
      `${count} are taken`,
      async () => {
        const all = await orders()
        return all.length === count && all.every(({ state }) => state === 'taken') && all
      },
      120_000,
    )
  const first = await taken(devices.length)
  assert.deepEqual(new Set(first.map(({ device }) => device)), new Set(devices.map(({ id }) => id)))

  // A new cartridge, and the end of that.
  for (const value of [100, 100, 9, 9]) {
    await passes(apartMs)
    await read(devices, value, 'SELECT sum(until_at) n FROM reading')
  }
  const all = await taken(2 * devices.length)
  for (const { id } of devices) {
    const lives = all.filter(({ device }) => device === id).map(({ life }) => life)
    assert.deepEqual(lives.sort(), [1, 2], id)
  }
  // Delivered once or more, and never under another name.
  const ids = new Set(receiver.ofType('order.created').map(({ id }) => id))
  assert.deepEqual(ids, new Set(all.map(({ orderId }) => orderId)))
  for (const { body } of receiver.ofType('order.created'))
    assert.ok(Array.isArray(body['reasons']) && body['reasons'].length >= 2)
  assert.deepEqual(receiver.forged, [])
})
