/** `fairlead bulk`: many devices through a real relay, some of which cannot be reached. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { joinByHand } from '../../testkit/hand-device.ts'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { cliFor, runAtTerminal } from '../for-tests.ts'

const scene = new AsyncDisposableStack()
after(() => scene.disposeAsync())
const street = scene.use(await openNeighbourhood())
const { service, url, adminKey } = street
const run = cliFor(street)
const device = scene.use(await joinByHand(street, 'on'))
device.serve(({ request }) => ({ values: request.set ?? { 'toner.black': 7 }, errors: {} }))
await device.call('/device/v1/register', { objects: { 'toner.black': 7 } })
await service.post('/v1/devices', { id: 'off', tags: ['hall'] })
await service.post('/v1/devices', { id: 'other' })
const tagsOf = async (id: string) => Object((await service.read(`/v1/devices/${id}`)).body).tags

test('A7 devices are listed by what they told of an object', async () => {
  const { stdout } = await run(['devices', '--where', 'toner.black<20', '--json'])
  assert.deepEqual(
    JSON.parse(stdout).items.map(({ id }: { id: string }) => id),
    ['on'],
  )
  const refused = await run(['devices', '--where', 'toner.black<low'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^where: After < <= > >= comes a number/)
})

test('tags are changed at all that fit, with a line for each', async () => {
  const { code, stdout, stderr } = await run(['bulk', 'tag', '--add', 'paris', '--remove', 'hall', '--q', 'o'])
  assert.deepEqual([code, stderr], [0, 'All 3 are done.\n'])
  assert.deepEqual(stdout.trim().split('\n').sort(), ['off: paris', 'on: paris', 'other: paris'])
  assert.deepEqual(await tagsOf('off'), ['paris'])
})

test('each device has its own outcome: done, or not sent and why; the exit status says that some failed', async () => {
  const set = ['bulk', 'set', 'location=Hall 2', '--tag', 'paris']
  const { code, stdout, stderr } = await run(set)
  assert.equal(code, 1)
  assert.match(stdout, /^on: location: Hall 2$/m)
  assert.match(stdout, /^off: not done\. The device is offline\. It has never connected\./m)
  assert.equal(stderr, '1 of 3 are done, 2 are not.\n')
  const json = await run([...set, '--json'])
  const lines = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const done = lines.find((line) => line.device === 'on')
  assert.deepEqual([done.done, done.values], [true, { location: 'Hall 2' }])
  const failed = lines.find((line) => line.device === 'off')
  assert.deepEqual([failed.done, failed.outcome, failed.code], [false, 'not-sent', 'device-offline'])
  const read = await run(['bulk', '--where', 'toner.black<20', 'get', 'toner.black'])
  assert.deepEqual([read.code, read.stdout], [0, 'on: toner.black: 7 %\n'])
})

test('without a filter nothing is done, and before harm the number is named', async () => {
  const all = await run(['bulk', 'remove'])
  assert.deepEqual([all.code, /Which devices\?/.test(all.stderr)], [2, true])
  const none = await run(['bulk', 'remove', '--tag', 'nowhere'])
  assert.deepEqual([none.code, none.stderr], [0, 'No device is like that: nothing was done.\n'])
  const environment = { FAIRLEAD_RELAY: url, FAIRLEAD_KEY: adminKey }
  const asked = await runAtTerminal(['bulk', 'remove', '--state', 'offline'], { environment, input: 'no\n' })
  assert.match(asked.stdout, /2 devices are cut off at once/)
  assert.match(asked.stdout, /Nothing was changed\./)
  assert.deepEqual(await tagsOf('off'), ['paris'])
  const done = await run(['bulk', 'remove', '--state', 'offline', '--yes'])
  assert.deepEqual([done.code, done.stdout.trim().split('\n').sort()], [0, ['off: removed', 'other: removed']])
  assert.equal((await service.read('/v1/devices/off')).status, 404)
})
