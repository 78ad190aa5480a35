/** R-12: what a relay that has more to do than it can refuses, what it does all the same, and that it comes back by itself. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { renderBody } from '@fairlead/protocol/xmpp'
import { type HandDevice, joinByHand, openHandDevice } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { type Start, startProcess } from './process.ts'
import { readMetric } from './read-metric.ts'
import { starve } from './starve.ts'
import { until } from './until.ts'

interface Told {
  status: number
  retryAfter: string | null
}

const levelOf = (street: Neighbourhood) => readMetric(street.url, 'fairlead_overload_level')
const toldBy = ({ status, headers }: { status: number; headers: Headers }): Told => ({
  status,
  retryAfter: headers.get('retry-after'),
})

/** Opens a BOSH session as far as its first answer. */
async function greet({ url }: Neighbourhood): Promise<Told> {
  const attributes = { rid: 1, to: 'localhost', wait: '30', hold: '1', ver: '1.11', 'xmpp:version': '1.0' }
  const response = await fetch(`${url}/http-bind`, { method: 'POST', body: renderBody(attributes) })
  await response.text()
  return toldBy(response)
}

/** Opens a WebSocket as far as the answer to its upgrade. */
async function upgrade({ url }: Neighbourhood): Promise<Told> {
  const { host, hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  try {
    const head = ['GET /xmpp-websocket HTTP/1.1', `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket'].concat([
      ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: xmpp'],
    ])
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    const [data] = await once(socket, 'data')
    const [, status] = /^HTTP\/1\.1 (\d+)/.exec(String(data)) ?? []
    return { status: Number(status), retryAfter: /^retry-after: (.+)$/im.exec(String(data))?.[1] ?? null }
  } finally {
    socket.destroy()
  }
}

/** A second of log-ins is let in one by one: so it counts whether one of several is refused. */
const several = (run: () => Promise<Told>) => async (): Promise<Told> => {
  const told = await Promise.all(Array.from({ length: 5 }, run))
  return told.find(({ status }) => status === 503) ?? told[0] ?? assert.fail()
}

/** All that the outside may want, by the kind of work that it is; `lobby` is ONLINE. */
async function probesOf(street: Neighbourhood, lobby: HandDevice): Promise<Record<string, () => Promise<Told>>> {
  const { service, url } = street
  const { secret } = await street.enrol('porch')
  const authorization = `Basic ${Buffer.from(`porch:${secret}`).toString('base64')}`
  const register = () => fetch(`${url}/device/v1/register`, { method: 'POST', headers: { authorization }, body: '{}' })
  let made = 0
  const read = (path: string) => async () => toldBy(await service.read(path))
  return {
    'log-in: BOSH': several(() => greet(street)),
    'log-in: WebSocket': several(() => upgrade(street)),
    'log-in: register': several(async () => toldBy(await register())),
    'look: devices': read('/v1/devices'),
    'get: a device': read('/v1/devices/lobby'),
    'get: an object': async () => toldBy(await service.ask('lobby', { get: ['model'] })),
    'set: an object': async () => toldBy(await service.ask('lobby', { set: { location: 'x' } })),
    'manage: a new device': async () => toldBy(await service.post('/v1/devices', { id: `new-${++made}` })),
    'never: survival': async () => {
      const { status } = await lobby.call('/device/v1/survival', { sid: lobby.sid })
      return { status, retryAfter: null }
    },
    'never: health': read('/healthz'),
    'never: ready': read('/readyz'),
    'never: metrics': read('/metrics'),
  }
}

/** From which level on each is refused. */
const shedFrom: Record<string, number> = { 'log-in': 1, look: 1, get: 2, set: 3, manage: 4, never: 5 }
const kindOf = (probe: string) => probe.split(':')[0] ?? ''

/** Answers what it is asked at once, but for `serial`: that it answers when it is let to. */
async function openLobby(street: Neighbourhood) {
  const lobby = await joinByHand(street, 'lobby')
  const letGo = Promise.withResolvers<void>()
  lobby.serve(async ({ request: { get } }) => {
    if (get?.includes('serial')) await letGo.promise
    return { values: get ? { [get[0] ?? '']: 'x' } : {}, errors: {} }
  })
  const isOnline = async () => (await street.service.ask('lobby', { get: ['model'] })).status === 200
  await until('the lobby is online', isOnline)
  return { lobby, letGo: letGo.resolve }
}

test('R-12 a relay that is late sheds in a fixed order, answers and polls go through, and it is as before by itself', async () => {
  await using street = await openNeighbourhood({ relay: ['--overload-lag', '100', '--overload-log-ins', '1'] })
  const { lobby, letGo } = await openLobby(street)
  const probes = await probesOf(street, lobby)

  async function refusedNow(): Promise<string[]> {
    const told = await Promise.all(Object.entries(probes).map(async ([name, run]) => ({ name, ...(await run()) })))
    const refused = told.filter(({ status }) => status === 503)
    for (const { name, status } of told) assert.ok(status === 503 || status < 300, `${name}: ${status}`)
    for (const { name, retryAfter } of refused) assert.match(retryAfter ?? '', /^[1-9]\d?$/, name)
    return refused.map(({ name }) => name).sort()
  }

  assert.deepEqual(await refusedNow(), [], 'nothing is refused while all is well')
  const begun = street.service.ask('lobby', { get: ['serial'], timeoutSeconds: 120 })

  await using starvation = starve(street.relay())
  for (const [level, stopMs] of [150, 300, 600, 1200].entries()) {
    starvation.stopMs = stopMs
    const here = level + 1
    // A machine that is busy itself makes more of it at times.
    const refused = await until(
      `level ${here} from the first call to the last`,
      async () => {
        const before = await levelOf(street)
        const now = await refusedNow()
        return before === here && (await levelOf(street)) === here && now
      },
      60_000,
    )
    const expected = Object.keys(probes).filter((name) => (shedFrom[kindOf(name)] ?? 0) <= here)
    assert.deepEqual(refused, expected.sort(), `level ${here}`)
    if (here === 1) await letIn(street)
  }
  letGo()
  assert.equal((await begun).status, 200, 'what was begun is answered at the last level')

  starvation.stopMs = 0
  await until('it does all again', async () => (await levelOf(street)) === 0, 60_000)
  assert.deepEqual(await refusedNow(), [])
  const { stderr } = street.relay().output()
  // A machine that is busy itself may make it late before, or let it have rest between two levels.
  const told = [...stderr.matchAll(/"overload\.(began|ended)"/g)].map(([, what]) => what).join(' ')
  assert.match(told, /^began ended( began ended){0,3}$/, `each time once in\n${stderr}`)
  for (const work of ['log-in', 'look', 'get', 'set', 'manage'])
    assert.ok((await readMetric(street.url, `fairlead_shed_total{work="${work}"}`)) > 0, work)
})

/** Who is refused comes again, and gets in: else a fleet could not come back for as long as it lasts. */
async function letIn(street: Neighbourhood): Promise<void> {
  const { secret } = await street.enrol('cellar')
  const device = await until('one more logs in during the load', () =>
    openHandDevice({ relayUrl: street.url, id: 'cellar', secret }).catch((error) => {
      // What it was refused with is no BOSH body.
      if (error instanceof Error) return undefined
      throw error
    }),
  )
  await device.leave()
}

test('R-12 a relay that stood still for three seconds takes everybody who comes then', async () => {
  await using street = await openNeighbourhood()
  const { lobby } = await openLobby(street)
  street.relay().signal('SIGSTOP')
  const stopped = AbortSignal.timeout(3000)
  const waiting = Array.from({ length: 100 }, () => greet(street))
  const asked = street.service.ask('lobby', { get: ['model'] })
  await once(stopped, 'abort')
  street.relay().signal('SIGCONT')
  for (const { status } of await Promise.all(waiting)) assert.equal(status, 200)
  assert.equal((await asked).status, 200)
  await lobby.leave()
  for (const work of ['log-in', 'look', 'get', 'set', 'manage'])
    assert.equal(await readMetric(street.url, `fairlead_shed_total{work="${work}"}`), 0, work)
})

const small: Start = (command, args, options) => startProcess(command, ['--max-old-space-size=48', ...args], options)

test('R-12 a relay whose heap is nearly full takes no new devices and no GETs, answers those it has, and lives', async () => {
  await using street = await openNeighbourhood({ relay: ['--overload-log-ins', '1'], start: small })
  const { lobby, letGo } = await openLobby(street)
  const begun = street.service.ask('lobby', { get: ['serial'], timeoutSeconds: 120 })
  const { secret } = await street.enrol('porch')
  const outcomes: Promise<Told & { outcome: string | null }>[] = []

  // Large ones fill it with few devices, whose sessions stay when the requests are over.
  const objects = Array.from({ length: 100 }, (_, at) => `1.3.6.1.4.1.${at}${'.2147483647'.repeat(6)}`)

  /** One more device that answers nothing, and as many requests to it as may wait. */
  async function fill(id: string): Promise<void> {
    const { status, body } = await street.service.post('/v1/devices', { id })
    if (status !== 201) return
    const mute = await openHandDevice({ relayUrl: street.url, id, secret: Object(body).secret }).catch(() => undefined)
    mute?.serve(() => new Promise(() => {}))
    for (let asked = 0; asked < 40; asked++)
      outcomes.push(
        street.service
          .ask(id, { get: objects, timeoutSeconds: 20 })
          .then((reply) => ({ ...toldBy(reply), outcome: reply.outcome })),
      )
  }

  let filled = 0
  await until(
    'GETs are refused',
    async () => {
      await fill(`mute-${++filled}`)
      return (await levelOf(street)) >= 2
    },
    120_000,
  )
  const refused = await until('a GET is refused', async () => {
    const reply = await street.service.ask('lobby', { get: ['model'] })
    return reply.status === 503 && reply
  })
  assert.equal(refused.outcome, 'not-sent')
  const logIns = await Promise.all(Array.from({ length: 5 }, () => greet(street)))
  assert.ok(logIns.some(({ status }) => status === 503))
  assert.deepEqual(await lobby.call('/device/v1/survival', { sid: lobby.sid }), {
    status: 200,
    body: { recognized: true },
  })
  letGo()
  assert.equal((await begun).status, 200)

  for (const { status, outcome } of await Promise.all(outcomes)) {
    if (status === 503 || status === 409) assert.equal(outcome, 'not-sent')
    else assert.equal(status, 504)
  }
  await until('it does all again', async () => (await levelOf(street)) === 0, 60_000)
  assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200, 'by the session that it had')
  const late = await openHandDevice({ relayUrl: street.url, id: 'porch', secret })
  await late.leave()
})

test('R-12 --overload-heap says from which share on: a relay that needs more at its start begins to refuse at once', async () => {
  await using street = await openNeighbourhood({ relay: ['--overload-heap', '30'], start: small })
  await until('it refuses', async () => (await levelOf(street)) >= 1)
  const { status, headers, body } = await street.service.read('/v1/devices')
  assert.equal(status, 503)
  assert.equal(Object(body).code, 'unavailable')
  assert.match(headers.get('retry-after') ?? '', /^[1-9]\d?$/)
})
