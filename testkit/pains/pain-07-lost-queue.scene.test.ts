/** Field note 7: queued commands do not survive a restart of the server; here they do, and each is done once. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { startAgent } from '../agent-command.ts'
import { untilState } from '../device-look.ts'
import { openFolder } from '../folder.ts'
import { joinByHand, openHandDevice } from '../hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { until } from '../until.ts'

// Order, and the same Idempotency-Key after a restart: testkit/contract-restart.test.ts.

const printing = { command: 'print-test-page', arguments: { pages: 1 }, timeoutSeconds: 20 }

async function outcomeOf({ service }: Neighbourhood, requestId: string | null): Promise<string> {
  const { status, body } = await service.read(`/v1/requests/${requestId}`)
  assert.equal(status, 200, `what was accepted is not forgotten: ${JSON.stringify(body)}`)
  return Object(body).outcome
}

const jobs = 12
/** Of one device (contract, part 3). */
const mostInFlight = 8

/** A printer that is off, for which jobs are queued; the relay crashes in the middle of accepting them. */
async function openQueue(crashAfter: number) {
  await using building = new AsyncDisposableStack()
  const street = building.use(await openNeighbourhood())
  const folder = building.use(await openFolder())
  const { secret } = await street.enrol('printer')
  const ids: (string | null)[] = []
  for (let job = 0; job < jobs; job++) {
    const { status, requestId } = await street.service.ask('printer', { ...printing, deliverWithinSeconds: 600 })
    assert.equal(status, 202)
    ids.push(requestId)
    if (job === crashAfter) await street.restartRelay('SIGKILL')
  }
  for (const id of ids) assert.equal(await outcomeOf(street, id), 'pending')
  const given = ['--relay', street.url, '--id', 'printer', '--driver', 'virtual?pages=1000&secondsPerPage=0.2']
  const built = building.move()
  return {
    street,
    startPrinter: async () =>
      built.use(await startAgent([...given, '--data', folder.path], { FAIRLEAD_SECRET: secret })),
    /** How many requests have each of these outcomes now. */
    async count(...outcomes: string[]): Promise<number> {
      const all = await Promise.all(ids.map((id) => outcomeOf(street, id)))
      return all.filter((outcome) => outcomes.includes(outcome)).length
    },
    /** What really came out of the printer. */
    async pages(): Promise<number> {
      const { body } = await until('the printer answers', async () => {
        const reply = await street.service.ask('printer', { get: ['pages'] })
        return reply.status === 200 && reply
      })
      return Object(body).values.pages.value - 1000
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

describe('queues', { concurrency: 2 }, () => {
  for (const seed of [1, 2]) {
    const random = createSeededRandom(seed)
    const [crashAfter, some] = [Math.floor(random.fraction() * (jobs - 1)), 1 + Math.floor(random.fraction() * 5)]

    test(`pain 7: twelve jobs for a printer that is off are printed once each, over two crashes of the relay (seed ${seed})`, async () => {
      await using queue = await openQueue(crashAfter)
      await queue.startPrinter()
      await until(`${some} are done`, async () => (await queue.count('answered')) >= some)
      await queue.street.restartRelay('SIGKILL')
      // Those that were leaving at the crash may have arrived or not: for a moment nobody knows, for some of them for good.
      const lost = await queue.count('unknown')
      assert.ok(lost <= mostInFlight, `seed ${seed}: ${lost} unknown after the crash`)
      await until(`seed ${seed}: none is pending`, async () => (await queue.count('pending')) === 0, 60_000)
      await until(`seed ${seed}: all others are answered`, async () => (await queue.count('answered')) >= jobs - lost)
      assert.equal(await queue.count('answered', 'unknown'), jobs, `seed ${seed}`)
      const [answered, pages] = [await queue.count('answered'), await queue.pages()]
      assert.ok(pages >= answered && pages <= jobs, `seed ${seed}: ${answered} answered, ${pages} pages`)
    })
  }

  test('pain 7: a printer that loses its power prints none of them twice, and what nobody knows is told as that', async () => {
    await using queue = await openQueue(5)
    const printer = await queue.startPrinter()
    await until('three are done', async () => (await queue.count('answered')) >= 3)
    await printer.kill()
    await queue.startPrinter()
    await until('none is pending', async () => (await queue.count('pending')) === 0, 60_000)
    assert.equal(await queue.count('answered', 'unknown'), jobs)
    const [unknown, answered, pages] = [
      await queue.count('unknown'),
      await queue.count('answered'),
      await queue.pages(),
    ]
    // The one that was printing when the power went is answered as what it is: perhaps printed, and not once more.
    const told = `${answered} answered, ${unknown} unknown, ${pages} pages`
    assert.ok(unknown <= mostInFlight && pages >= answered - 1 && pages <= jobs, told)
  })

  test('pain 7: an asynchronous request that was with the device at the crash is told truthfully, and its answer still counts', async () => {
    await using street = await openNeighbourhood()
    await using device = await joinByHand(street, 'stairs')
    const held = device.hold()
    await untilState(street.service, 'stairs', 'online')
    const later = { prefer: 'respond-async' }
    const { requestId } = await street.service.ask('stairs', { set: { location: 'here' } }, later)
    await held
    await street.restartRelay('SIGKILL')
    assert.equal(await outcomeOf(street, requestId), 'unknown')
    const again = await openHandDevice({ relayUrl: street.url, id: 'stairs', secret: device.secret })
    const came: string[] = []
    again.serve(({ requestId: id, request }) => {
      came.push(id)
      return { values: request.set ?? {}, errors: {} }
    })
    await using _again = again
    await until('it is asked something else', async () => {
      const { status } = await street.service.ask('stairs', { set: { location: 'there' } })
      return status === 200
    })
    assert.ok(!came.includes(requestId ?? ''), 'it is not sent a second time')
    assert.equal(await again.answer(requestId ?? '', { values: { location: 'here' }, errors: {} }), 202)
    assert.equal(await outcomeOf(street, requestId), 'answered')
  })

  test('pain 7: what expires while the relay is down was not sent, and the device never gets it', async () => {
    await using street = await openNeighbourhood()
    const { secret } = await street.enrol('late')
    const { requestId } = await street.service.ask('late', { set: { location: 'old' }, deliverWithinSeconds: 1 })
    const expiresAtMs = Date.now() + 1000
    await street.restartRelay('SIGKILL')
    await until('its time is over', () => Date.now() > expiresAtMs)
    await using device = await openHandDevice({ relayUrl: street.url, id: 'late', secret })
    const came: unknown[] = []
    device.serve(({ request }) => {
      came.push(request.set?.['location'])
      return { values: request.set ?? {}, errors: {} }
    })
    await until('it is asked something else', async () => {
      const { status } = await street.service.ask('late', { set: { location: 'new' } })
      return status === 200
    })
    assert.deepEqual([came, await outcomeOf(street, requestId)], [['new'], 'not-sent'])
  })
})
