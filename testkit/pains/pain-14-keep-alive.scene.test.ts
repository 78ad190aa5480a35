/** Field note 14: whoever sends on a kept connection just as the other side closes it gets a 502 out of the blue; here who sends closes first. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request } from 'node:http'
import { request as requestSecurely } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { openNginx } from '../nginx.ts'

/** How long Node keeps a silent connection by itself, and how long the balancers of the field do. */
const [nodesOwnS, balancersS] = [5, 60]

const scene = new AsyncDisposableStack()
let street: Neighbourhood
before(async () => {
  street = scene.use(await openNeighbourhood({ relay: ['--trusted-proxies', '127.0.0.1/32'] }))
})
after(() => scene.disposeAsync())

interface Asked {
  status: number
  port: number
  /** What the server says of how long it keeps the connection, in seconds. */
  keptS: number
}

/** One call over this agent's one connection. */
async function ask(agent: Agent, url: string): Promise<Asked> {
  const headers = { authorization: `Bearer ${street.adminKey}` }
  const asking = request(new URL('/v1/devices', url), { agent, headers })
  asking.end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  const { statusCode = 0, socket } = answer
  const { localPort = 0 } = socket
  await answer.toArray()
  return {
    status: statusCode,
    port: localPort,
    keptS: Number(/timeout=(\d+)/.exec(String(answer.headers['keep-alive']))?.[1]),
  }
}

/** A balancer's end of a connection: it is used again whenever there is something to send, whatever the other side announced. */
class Balancer extends Agent {
  constructor() {
    super({ keepAlive: true, maxSockets: 1 })
  }
  override keepSocketAlive(): boolean {
    return true
  }
}

describe('kept connections', { concurrency: 4 }, () => {
  test('pain 14: the relay keeps a silent connection for longer than balancers do, and says so', async () => {
    using agent = Object.assign(new Balancer(), { [Symbol.dispose]: () => agent.destroy() })
    const first = await ask(agent, street.url)
    assert.equal(first.status, 200)
    assert.ok(first.keptS > balancersS, `it says ${first.keptS} s`)
    // Just before and after Node's own limit, where the field's connections died.
    for (const silentMs of [nodesOwnS * 1000 - 20, nodesOwnS * 1000 + 1020]) {
      await pause(silentMs)
      assert.deepEqual(await ask(agent, street.url), first, `after ${silentMs} ms on the same connection`)
    }
  })

  test('pain 14: nginx as we deploy it lets go of its connections before the relay does', async () => {
    const deployed = await readFile(new URL('../../deploy/nginx.conf', import.meta.url), 'utf8')
    const [, upstream = ''] = /upstream fairlead \{(.*?)\n\}/s.exec(deployed) ?? []
    const [, keptS] = /keepalive_timeout (\d+)s;/.exec(upstream) ?? []
    using agent = Object.assign(new Balancer(), { [Symbol.dispose]: () => agent.destroy() })
    assert.ok(Number(keptS) < (await ask(agent, street.url)).keptS, `nginx: ${keptS} s`)
  })

  test('pain 14: behind nginx no call meets a connection that is just being closed', async () => {
    await using nginx = await openNginx(street.url, { setUp: 'as-deployed' })
    const status = async () => {
      const headers = { authorization: `Bearer ${street.adminKey}` }
      const asking = requestSecurely(new URL('/v1/devices', nginx.url), { headers, ca: nginx.authority })
      asking.end()
      const [answer] = (await once(asking, 'response')) as [IncomingMessage]
      await answer.toArray()
      return answer.statusCode
    }
    const all = () => Promise.all(Array.from({ length: 20 }, status))
    for (const silentMs of [0, nodesOwnS * 1000 + 20]) {
      await pause(silentMs)
      assert.deepEqual([...new Set(await all())], [200], `after ${silentMs} ms`)
    }
    assert.doesNotMatch(await nginx.errors(), /prematurely closed|reset by peer/)
  })

  test('pain 14: an agent whose balancer closes silent connections after a second answers what comes just then', async () => {
    const seed = 14
    const random = createSeededRandom(seed)
    await using nginx = await openNginx(street.url, { setUp: 'out-of-the-box', keepAliveSeconds: 1 })
    const ids = ['a', 'b', 'c', 'd']
    await Promise.all(ids.map((id) => street.openAgent({ id, relayUrl: nginx.url })))
    await Promise.all(
      ids.map(async (id) => {
        for (let turn = 0; turn < 8; turn++) {
          const silentMs = 900 + Math.floor(random.fraction() * 200)
          await pause(silentMs)
          const { status, body } = await street.service.ask(id, { set: { location: `${turn}` } })
          const told = `seed ${seed}, turn ${turn}, after ${silentMs} ms: ${status} ${JSON.stringify(body)}`
          assert.deepEqual([status, Object(body).values?.location], [200, `${turn}`], told)
        }
      }),
    )
  })
})
