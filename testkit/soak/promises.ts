/** What is acknowledged for good: devices, keys, registrations and events of devices; made without pause, and looked for at the end. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '@fairlead/base'
import { openEventStream } from '../event-stream.ts'
import { createService } from '../service.ts'
import type { Promised } from './history.ts'

export interface PromisesNeeds {
  run: string
  relayUrl: string
  key: string
  /** Tells events and registers. */
  device: string
  secret: string
  random: Random
  pauseMs: number
  /** What was acknowledged may be unknown for so long at a node that could not hear or read of it. Default: no longer. */
  knownWithinMs?: number
}

export interface Promises {
  readonly counts: { made: number; refused: number }
  stop(): Promise<void>
  /** Looks for each of them at the relay that runs now. What ended is looked for once, and so are events, which are kept for a time only. */
  find(): Promise<Promised[]>
}

/** Who shows wrong keys without end is made to wait for it: that is right, and would take for ever here. */
const mostWrongKeys = 5

interface Made {
  devices: Set<string>
  removed: Set<string>
  keys: Map<string, string>
  revoked: Set<string>
  events: Set<string>
  /** The last one that was acknowledged, and those that came after it and were not. */
  firmware: string[]
}

export function startPromises(needs: PromisesNeeds): Promises {
  const { relayUrl, random } = needs
  const service = createService(relayUrl, needs.key)
  const counts = { made: 0, refused: 0 }
  const made: Made = {
    devices: new Set(),
    removed: new Set(),
    keys: new Map(),
    revoked: new Set(),
    events: new Set(),
    firmware: [],
  }
  const basic = `Basic ${Buffer.from(`${needs.device}:${needs.secret}`).toString('base64')}`
  const tell = (path: string, body: object) => service.post(`/device/v1/${path}`, body, { authorization: basic })
  let number = 0

  const makers: (() => Promise<boolean>)[] = [
    async () => {
      const id = `${needs.run}-extra-${++number}`
      const { status } = await service.post('/v1/devices', { id })
      if (status === 201) made.devices.add(id)
      return status === 201
    },
    async () => {
      const [id] = made.devices
      if (id === undefined) return true
      // Whether it is gone is not known until the answer is there.
      made.devices.delete(id)
      const { status } = await service.call('DELETE', `/v1/devices/${id}`)
      if (status === 204) made.removed.add(id)
      return status === 204
    },
    async () => {
      const { status, body } = await service.post('/v1/keys', { account: 'default' })
      if (status === 201) made.keys.set(Object(body).keyId, Object(body).key)
      return status === 201
    },
    async () => {
      const [first] = made.keys
      if (!first) return true
      const [keyId, key] = first
      made.keys.delete(keyId)
      const { status } = await service.call('DELETE', `/v1/keys/${keyId}`)
      if (status === 204) made.revoked.add(key)
      return status === 204
    },
    async () => {
      const id = `${needs.run}-event-${++number}`
      const { status } = await tell('events', { events: [{ id, type: 'approach', at: new Date().toISOString() }] })
      if (status === 200) made.events.add(id)
      return status === 200
    },
    async () => {
      const firmware = `${needs.run}-firmware-${++number}`
      made.firmware.push(firmware)
      const { status } = await tell('register', { capabilities: { firmware } })
      if (status === 200) made.firmware = [firmware]
      return status === 200
    },
  ]

  const stopping = new AbortController()
  async function makeOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      const make = makers[Math.floor(random.fraction() * makers.length)]
      // Without an answer nothing was promised.
      const isMade = await make?.().catch(() => false)
      counts[isMade ? 'made' : 'refused']++
      await pause(random.fraction() * needs.pauseMs)
    }
  }
  const making = makeOn()

  /** What is there, and goes on being made, changed and removed while it is looked for. */
  async function findStanding(): Promise<Promised[]> {
    const found: Promised[] = []
    const isThere = async (id: string) => (await service.read(`/v1/devices/${id}`)).status === 200
    for (const name of made.devices) {
      const kept = await comesTrue(() => isThere(name))
      if (made.devices.has(name)) found.push({ what: 'the device', name, kept })
    }
    for (const [name, key] of made.keys) {
      const kept = await comesTrue(async () => (await statusWith(relayUrl, key)) === 200)
      if (made.keys.has(name)) found.push({ what: 'the key', name, kept })
    }
    if (made.firmware.length === 0) return found
    const name = String(made.firmware[0])
    return [...found, { what: 'the registration', name, kept: await comesTrue(hasFirmware) }]
  }

  async function hasFirmware(): Promise<boolean> {
    const before = made.firmware
    const { body } = await service.read(`/v1/devices/${needs.device}`)
    const { firmware } = Object(Object(body).capabilities)
    return before.includes(firmware) || made.firmware.includes(firmware)
  }

  async function comesTrue(look: () => Promise<boolean>): Promise<boolean> {
    for (const sinceMs = performance.now(); ; await pause(100)) {
      if (await look()) return true
      if (performance.now() - sinceMs >= (needs.knownWithinMs ?? 0)) return false
    }
  }

  return {
    counts,
    async stop() {
      stopping.abort()
      await making
    },
    async find() {
      const found = await findStanding()
      const look = async (path: string) => (await service.read(path)).status
      for (const name of made.removed)
        found.push({ what: 'the end of the device', name, kept: (await look(`/v1/devices/${name}`)) === 404 })
      for (const key of [...made.revoked].slice(-mostWrongKeys))
        found.push({
          what: 'the end of the key',
          name: key.slice(0, 11),
          kept: await comesTrue(async () => (await statusWith(relayUrl, key)) === 401),
        })
      // What is told from now on comes after the last one that is read.
      const told = [...made.events]
      const events = await readEventIds(needs, told, `${needs.run}-last-${++number}`)
      for (const name of told) found.push({ what: 'the event', name, kept: events.has(name) })
      // What is over stays over; it would only grow in number.
      for (const name of told) made.events.delete(name)
      for (const done of [made.removed, made.revoked]) done.clear()
      return found
    },
  }
}

async function statusWith(relayUrl: string, key: string): Promise<number> {
  return (await createService(relayUrl, key).read('/v1/devices?limit=1')).status
}

/** All of the device's own events that the relay keeps, up to one that is told now; an ID that comes twice is not one. */
async function readEventIds(needs: PromisesNeeds, expected: readonly string[], last: string): Promise<Set<string>> {
  if (expected.length === 0) return new Set()
  const basic = `Basic ${Buffer.from(`${needs.device}:${needs.secret}`).toString('base64')}`
  const events = [{ id: last, type: 'approach', at: new Date().toISOString() }]
  await createService(needs.relayUrl, needs.key).post('/device/v1/events', { events }, { authorization: basic })
  const query = `type=device.event&device=${needs.device}`
  await using stream = await openEventStream({ relayUrl: needs.relayUrl, key: needs.key, query, lastEventId: '0' })
  const [once, twice] = [new Set<string>(), new Set<string>()]
  for (;;) {
    const id: string = Object((await stream.next('device.event')).data['event']).id
    if (id === last) return once.difference(twice)
    ;(once.has(id) ? twice : once).add(id)
  }
}
