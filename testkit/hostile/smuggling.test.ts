/** No request is smuggled past a proxy: what hides in another one is never done, and everybody gets their own answer (S-W1). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { openHaproxy } from '../haproxy.ts'
import { openNeighbourhood } from '../neighbourhood.ts'
import { openNginx } from '../nginx.ts'
import { until } from '../until.ts'
import { type Payload, smugglingPayloads } from './smuggling.ts'

/** How somebody comes to the relay. */
interface Way {
  url: string
  authority?: string | undefined
  /** What the proxy says it has served: `METHOD TARGET STATUS`. */
  served?(): string[] | Promise<string[]>
}

const scene = new AsyncDisposableStack()
const street = scene.use(await openNeighbourhood({ relay: ['--trusted-proxies', '127.0.0.1/32'] }))
const ways = new Map<string, Way>([['directly', { url: street.url }]])
const names = ['one', 'two', 'three']

before(async () => {
  ways.set('through nginx', scene.use(await openNginx(street.url, { setUp: 'as-deployed' })))
  ways.set('through HAProxy', scene.use(await openHaproxy(street.url)))
  for (const name of names) await street.enrol(name)
})
after(() => scene.disposeAsync())

/** Nothing more comes after so long in silence: the payloads are small, and so are the answers. */
const silenceMs = 300

/** Says it all at once. @returns what came back until the end, or until there is silence */
async function say(way: Way, bytes: string): Promise<string> {
  const { hostname, port } = new URL(way.url)
  const socket =
    way.authority === undefined
      ? connect(Number(port), hostname)
      : connectTls({ port: Number(port), host: hostname, ca: way.authority, servername: 'localhost' })
  let heard = ''
  // A reset is an answer, too.
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1')
  })
  await once(socket, way.authority === undefined ? 'connect' : 'secureConnect')
  socket.setTimeout(silenceMs, () => socket.destroy())
  socket.write(bytes, 'latin1')
  await once(socket, 'close')
  return heard
}

/** An honest caller, whose request may travel on the connection that the payload has used. */
function openCaller(way: Way) {
  const agent =
    way.authority === undefined
      ? new PlainAgent({ keepAlive: true, maxSockets: 1 })
      : new TlsAgent({ keepAlive: true, maxSockets: 1, ca: way.authority })
  const send = way.authority === undefined ? plainRequest : tlsRequest
  return {
    async read(path: string): Promise<{ status: number; body: unknown }> {
      const headers = { authorization: `Bearer ${street.adminKey}` }
      const asking = send(way.url + path, { agent, headers }).end()
      const [answer] = await once(asking, 'response')
      const text = Buffer.concat(await answer.toArray()).toString()
      return { status: answer.statusCode, body: JSON.parse(text) }
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

/** A request that leaves a trace: the account it makes, and the target in the proxy's log. */
function traceable(id: string): string {
  const body = JSON.stringify({ id })
  return `POST /v1/accounts?${id} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${street.adminKey}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** Which of the traces are there. */
async function findDone(): Promise<Set<string>> {
  const { body } = await street.service.read('/v1/accounts?limit=500')
  return new Set(Object(body).items.map(({ id }: { id: string }) => id))
}

/** All that the relay's routes have answered. */
async function countAnswered(): Promise<number> {
  const text = await (await fetch(`${street.url}/metrics`)).text()
  const counts = text.matchAll(/^fairlead_http_requests_total\{route="(?!\/metrics)[^"]*".*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}

interface Tried {
  payload: Payload
  id: string
  heard: string
}

/** Tries every payload on one target, some side by side, each followed by honest requests. */
async function tryAll(way: Way, title: string, target: string): Promise<Tried[]> {
  const ids = smugglingPayloads('', '').map((_, n) => `${title}-${n}`)
  const waiting = [...ids.keys()]
  const tried: Tried[] = []
  async function lane(): Promise<void> {
    using caller = openCaller(way)
    for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) {
      const id = ids[n] ?? ''
      const payload = smugglingPayloads(target, traceable(id))[n]
      assert.ok(payload)
      tried.push({ payload, id, heard: await say(way, payload.bytes) })
      for (const name of names) {
        const { status, body } = await caller.read(`/v1/devices/${name}`)
        assert.deepEqual([status, Object(body).id], [200, name], `after ${payload.name}`)
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return tried
}

test('S-W1 there are payloads enough, each with its own name', () => {
  const payloads = smugglingPayloads('/', 'hidden')
  assert.ok(payloads.length >= 30)
  assert.equal(new Set(payloads.map(({ name }) => name)).size, payloads.length)
  assert.ok(payloads.every(({ bytes }) => bytes.includes('hidden')))
})

for (const name of ['directly', 'through nginx', 'through HAProxy'])
  for (const [where, target] of [
    ['a call of the API', '/v1/keys'],
    ['BOSH', '/http-bind'],
  ] as const)
    test(`S-W1 ${name}, in ${where}: nothing hidden is done, and the next one gets its own answer`, async () => {
      const way = ways.get(name)
      assert.ok(way)
      const title = `${name.replaceAll(' ', '-').toLowerCase()}-${target.slice(1).replace('/', '-')}`
      const answeredBefore = await countAnswered()
      const servedBefore = (await way.served?.())?.length ?? 0
      const tried = await tryAll(way, title, target)
      const answered = (await countAnswered()) - answeredBefore

      const done = await findDone()
      const last = `/v1/devices/two?last-${title}`
      using caller = openCaller(way)
      await caller.read(last)
      await until(
        'the proxy has told of all',
        async () => !way.served || (await way.served()).some((line) => line.includes(last)),
      )
      const served = (await way.served?.())?.slice(servedBefore) ?? []
      for (const { payload, id, heard } of tried.filter((each) => done.has(each.id))) {
        const line = `POST /v1/accounts?${id} `
        const isItsOwn: boolean = way.served ? served.some((each) => each.startsWith(line)) : payload.isSecond === true
        assert.ok(isItsOwn, `${payload.name}: what was hidden was done\n${heard}`)
      }
      // The relay has taken no more for requests than the proxy has sent: nothing came in between.
      assert.ok(answered >= names.length * tried.length, `${answered} answered`)
      if (way.served) assert.ok(answered <= served.length, `${answered} answered, ${served.length} served`)
      const isSeen = tried.some(({ payload, id }) => payload.isSecond && done.has(id))
      assert.ok(isSeen, 'this test would not see a request that is done')
    })
