/** `fairlead get`, `set`, `command` and `request` against a real relay and a real agent. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { joinByHand } from '../../testkit/hand-device.ts'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { until } from '../../testkit/until.ts'
import { cliFor } from '../for-tests.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const run = cliFor(street)
await street.openAgent({ id: 'mfp', driver: 'virtual?toner.black=37&model=MFC' })
await street.enrol('off')

test('get prints each object on a line, with its unit', async () => {
  const { code, stdout, stderr } = await run(['get', 'mfp', 'model', 'toner.black', 'pages'])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^model: MFC\ntoner\.black: 37 %\npages: \d+ impressions\n$/)
})

test('get ends with 1 when an object failed, and tells the others all the same', async () => {
  const { code, stdout } = await run(['get', 'mfp', 'model', 'nothing'])
  assert.equal(code, 1)
  assert.match(stdout, /^model: MFC\nnothing: \S.+ \(unknown-object\)\n$/)
  const json = await run(['get', 'mfp', 'model', 'nothing', '--json'])
  assert.equal(json.code, 1)
  const { values, errors } = JSON.parse(json.stdout)
  assert.deepEqual([values, errors.nothing.code], [{ model: 'MFC' }, 'unknown-object'])
})

test('get ends with 1 when the device is offline, and says what that means and what to do', async () => {
  const { code, stdout, stderr } = await run(['get', 'off', 'model'])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(
    stderr,
    /^The device is offline\. It has never connected\. .* Nothing was sent: .*--deliver-within SECONDS.*\.\n$/,
  )
  const json = await run(['get', 'off', 'model', '--json'])
  assert.deepEqual([json.code, JSON.parse(json.stdout).code], [1, 'device-offline'])
})

test('set takes texts with = and the rest with :=, and tells what now holds', async () => {
  const { code, stdout, stderr } = await run(['set', 'mfp', 'location=a=b: 2nd floor', 'contact:="Ann"'])
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal(stdout, 'location: a=b: 2nd floor\ncontact: Ann\n')
  const wrong = await run(['set', 'mfp', 'location:=5'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.stdout, /^location: .* \(bad-value\)\n$/)
  const readOnly = await run(['set', 'mfp', 'model=X'])
  assert.equal(readOnly.code, 1)
  assert.match(readOnly.stdout, /^model: .* \(read-only\)\n$/)
})

test('a command is done and its result told; one that the device does not know is refused in its words', async () => {
  const done = await run(['command', 'mfp', 'identify'])
  assert.equal(done.code, 0, done.stderr)
  assert.match(done.stdout, /\S\n$/)
  const unknown = await run(['command', 'mfp', 'make-coffee', 'cups:=2'])
  assert.deepEqual([unknown.code, unknown.stdout], [1, ''])
  assert.match(unknown.stderr, /make-coffee/)
})

test('with --deliver-within a request waits for an offline device, and `request` tells what became of it', async () => {
  const { secret } = await street.enrol('later')
  assert.ok(secret)
  const waiting = await run(['set', 'later', 'location=here', '--deliver-within', '60'])
  assert.equal(waiting.code, 1)
  const [, id = ''] =
    /^The device is offline: the request waits for it\. `fairlead request (\S+)` tells/.exec(waiting.stdout) ?? []
  const still = await run(['request', id])
  assert.equal(still.code, 1)
  assert.match(still.stdout, /^set of later: waiting since .*\n$/)
  await street.service.call('DELETE', '/v1/devices/later')
  const dropped = await run(['request', id])
  assert.match(dropped.stdout, /^set of later: never sent \(.*\): it is safe to try again\n$/)

  const json = await run(['set', 'off', 'location=here', '--deliver-within', '60', '--json'])
  assert.deepEqual([json.code, JSON.parse(json.stdout).outcome], [1, 'pending'])
})

test('`request` tells of one that was answered, and ends with 0', async () => {
  await using device = await joinByHand(street, 'back')
  const pending = await run(['set', 'back', 'location=here', '--deliver-within', '60', '--json'])
  const { requestId } = JSON.parse(pending.stdout)
  device.serve(({ request }) => ({ values: request.set, errors: {} }))
  await until(
    'answered',
    async () => Object((await street.service.read(`/v1/requests/${requestId}`)).body).outcome === 'answered',
  )
  const { code, stdout } = await run(['request', requestId])
  assert.equal(code, 0)
  assert.match(stdout, /^set of back: answered .* \(.*\)\nlocation: here\n$/)
  const json = await run(['request', requestId, '--json'])
  assert.deepEqual(JSON.parse(json.stdout), (await street.service.read(`/v1/requests/${requestId}`)).body)
  const unknown = await run(['request', 'nonsense'])
  assert.deepEqual([unknown.code, unknown.stdout], [1, ''])
})

test('--idempotency-key has the same thing done once, and refuses another under it', async () => {
  let done = 0
  await using device = await joinByHand(street, 'once')
  device.serve(() => {
    done++
    return { result: `the result no. ${done}` }
  })
  await until('online', async () => Object((await street.service.read('/v1/devices/once')).body).state === 'online')
  const words = ['command', 'once', 'identify', '--idempotency-key', 'k-1']
  assert.equal((await run(words)).stdout, 'the result no. 1\n')
  assert.equal((await run(words)).stdout, 'the result no. 1\n')
  const reused = await run(['command', 'once', 'restart', '--idempotency-key', 'k-1'])
  assert.deepEqual(
    [reused.code, reused.stderr],
    [1, 'This Idempotency-Key was used for another request: take a new key.\n'],
  )
  assert.equal(done, 1)
})

test('sent and not answered is not called done', async () => {
  await using device = await joinByHand(street, 'mute')
  device.serve(() => new Promise<object>(() => {}))
  await until('online', async () => Object((await street.service.read('/v1/devices/mute')).body).state === 'online')
  const { code, stderr } = await run(['set', 'mute', 'location=x', '--timeout', '1'])
  assert.equal(code, 1)
  assert.match(stderr, /may|not known|unknown/)
})

test('what is wrong in the words is told before anything is asked', async () => {
  const wrong: [string[], RegExp][] = [
    [['get', 'mfp'], /^Missing required argument 'OBJECT'\.\n/],
    [['set', 'mfp', 'location'], /^location is neither OBJECT=TEXT nor OBJECT:=JSON\.\n$/],
    [['set', 'mfp', 'location:={'], /^What stands after := in location:=\{ is not JSON\. .*\.\n$/],
    [['set', 'mfp', 'a=1', 'a=2'], /^a is given twice\.\n$/],
    [['get', 'mfp', 'model', '--timeout', '301'], /It must be a whole number of seconds, 1 to 300\.\n/],
    [['get', 'mfp', 'model', '--deliver-within', '1.5'], /It must be a whole number of seconds, 0 to 604800\.\n/],
  ]
  for (const [args, sentence] of wrong) {
    const { code, stdout, stderr } = await run(args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, sentence)
  }
})
