/** Field note 3: OFFLINE is noticed minutes late; here within the times that were set, however the device died. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Role } from '../cast/cast.ts'
import { untilState } from '../device-look.ts'
import { openEventStream } from '../event-stream.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { type Networks, openNetworks } from '../networks.ts'

// One way after the other, and devices that are only quiet: testkit/a6-management.scene.test.ts.

const [waitS, inactivityS, managementS, requestS] = [5, 3, 15, 4]
const times = ['--wait', `${waitS}`, '--inactivity', `${inactivityS}`, '--management-timeout', `${managementS}`]
/** For a machine that has much else to do; the field waits for minutes. */
const slackS = 6
const overWebSocket: Role = { client: 'strophe', transport: 'websocket' }
const port = 8080

let networks: Networks
let street: Neighbourhood
let relayUrl: string

before(async () => {
  networks = await openNetworks()
  relayUrl = `http://${networks.internet.address}:${port}`
  const there = ['--public-url', relayUrl, '--insecure-transport', '--survival-timeout', '0']
  const { start, reach } = networks.internet
  street = await openNeighbourhood({ start, reach, listen: `0.0.0.0:${port}`, relay: [...there, ...times] })
})
after(async () => {
  await street?.[Symbol.asyncDispose]()
  await networks?.[Symbol.asyncDispose]()
})

/** How a device dies: the longest that it may take until that is known, and the reasons that are true of it. */
interface Death {
  network: 'left' | 'right'
  transport: 'bosh' | 'websocket'
  /** A request is with the device when it dies. */
  isAsked: boolean
  dies: 'is killed' | 'stops without a word' | 'loses its cable'
  withinS: number
  reasons: readonly string[]
}

const silence = { withinS: waitS + inactivityS, reasons: ['inactivity', 'management-timeout'] }
const overWork = { withinS: requestS + inactivityS, reasons: ['inactivity', 'management-timeout'] }

const deaths: Death[] = [
  {
    network: 'right',
    transport: 'bosh',
    isAsked: false,
    dies: 'is killed',
    withinS: inactivityS,
    reasons: ['inactivity'],
  },
  {
    network: 'right',
    transport: 'websocket',
    isAsked: false,
    dies: 'is killed',
    withinS: 1,
    reasons: ['connection-closed'],
  },
  { network: 'right', transport: 'bosh', isAsked: false, dies: 'stops without a word', ...silence },
  { network: 'right', transport: 'bosh', isAsked: true, dies: 'stops without a word', ...overWork },
  { network: 'left', transport: 'bosh', isAsked: false, dies: 'loses its cable', ...silence },
  { network: 'left', transport: 'bosh', isAsked: true, dies: 'loses its cable', ...overWork },
  {
    network: 'left',
    transport: 'websocket',
    isAsked: false,
    dies: 'loses its cable',
    withinS: managementS,
    reasons: ['inactivity', 'management-timeout', 'connection-closed'],
  },
]

const titleOf = ({ transport, isAsked, dies }: Death) =>
  `a device over ${transport} that ${dies}${isAsked ? ' with a request in its hands' : ' while it is idle'}`
const idOf = (death: Death) => `device-${deaths.indexOf(death)}`

async function open(death: Death) {
  const { start } = networks[death.network]
  const id = idOf(death)
  if (death.transport === 'bosh') return (await street.openAgent({ id, relayUrl, start })).process
  return (await street.openStockDevice({ id, role: overWebSocket, objects: { model: 'Stock' }, relayUrl, start }))
    .process
}

describe('deaths', { concurrency: deaths.length }, () => {
  const cut = Promise.withResolvers<void>()
  let onTheCable = deaths.filter(({ dies }) => dies === 'loses its cable').length

  /** One cable is in the left network: it is pulled once all of its devices are ready to lose it. */
  async function loseCable(): Promise<void> {
    if (--onTheCable === 0) cut.resolve(networks.left.unplug())
    await cut.promise
  }

  for (const death of deaths)
    test(`pain 3: ${titleOf(death)} is OFFLINE within ${death.withinS} s, with the reason, and told once`, async () => {
      const id = idOf(death)
      const process = await open(death)
      await using stream = await openEventStream({
        relayUrl: street.url,
        key: street.adminKey,
        query: `device=${id}&type=device.offline`,
      })
      // With a request in its hands it dies while it has been asked and before it can answer.
      if (death.dies === 'stops without a word') process.signal('SIGSTOP')
      else if (death.dies === 'is killed') await process.kill()
      else await loseCable()
      const diedAtMs = Date.now()
      const asking = death.isAsked
        ? street.service.ask(id, { get: ['model'], timeoutSeconds: requestS })
        : Promise.resolve(undefined)
      const asked = await asking
      if (asked) assert.deepEqual([asked.status, asked.outcome], [504, 'unknown'], JSON.stringify(asked.body))

      const look = await untilState(street.service, id, 'offline', (death.withinS + slackS) * 1000)
      const afterMs = Date.parse(look.stateSinceAt) - diedAtMs
      assert.ok(afterMs < (death.withinS + slackS) * 1000, `after ${afterMs} ms`)
      assert.ok(death.reasons.includes(String(look.reason)), String(look.reason))
      const told = await stream.next()
      assert.equal(told.data['reason'], look.reason)
      assert.ok(Math.abs(Date.parse(String(told.data['at'])) - Date.parse(look.stateSinceAt)) < 1000)
      const refused = await street.service.ask(id, { get: ['model'] })
      assert.deepEqual([refused.status, refused.outcome], [409, 'not-sent'], 'and services are told at once')
    })

  test('pain 3: a request that was answered puts nothing off, however long its time-out was', async () => {
    const { process } = await street.openAgent({ id: 'answered', relayUrl, start: networks.right.start })
    assert.equal((await street.service.ask('answered', { get: ['model'], timeoutSeconds: 300 })).status, 200)
    await process.kill()
    const { reason } = await untilState(street.service, 'answered', 'offline', (inactivityS + slackS) * 1000)
    assert.equal(reason, 'inactivity')
  })
})
