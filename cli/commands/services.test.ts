/** `fairlead services` and `fairlead orders` against a real relay and a real receiver. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { until } from '../../testkit/until.ts'
import { openWebhookReceiver } from '../../testkit/webhook-receiver.ts'
import { cliFor } from '../for-tests.ts'

const street = await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.0/8'] })
const receiver = await openWebhookReceiver()
after(async () => {
  await receiver[Symbol.asyncDispose]()
  await street[Symbol.asyncDispose]()
})
const run = cliFor(street)
const { service } = street

test('a service is added, tried, paused, rotated, listed and removed', async () => {
  assert.match((await run(['services'])).stdout, /^No services\./)
  const when = ['--when', 'toner.black <= 20', '--when', 'status!=idle', '--for', '60']
  const added = await run(['services', 'add', 'Shop', ...when, '--url', receiver.url])
  const pattern =
    /^The service (\S+) is told when toner.black <= 20 for 60 s and status != idle for 60 s\.\nIts secret, shown this once: (whsec_\S+)\n$/
  const [, id = '', secret = ''] = pattern.exec(added.stdout) ?? assert.fail(added.stdout + added.stderr)
  receiver.trust(secret)
  assert.equal((await run(['services', 'test', id])).stdout, 'The ping: taken (204).\n')
  assert.equal(receiver.ofType('ping').length, 1)
  receiver.answerWith(500)
  assert.equal((await run(['services', 'test', id])).stdout, 'The ping: refused (500).\n')
  receiver.answerWith(204)
  assert.equal((await run(['services', 'pause', id])).stdout, 'Shop is paused.\n')
  assert.match((await run(['services'])).stdout, new RegExp(`\\n${id}  Shop  all of default .* paused\\n`))
  assert.equal((await run(['services', 'pause', '--off', id])).stdout, 'Shop goes on.\n')
  assert.match((await run(['services', 'rotate', id])).stdout, /shown this once: whsec_/)
  const json = JSON.parse((await run(['services', '--json'])).stdout)
  assert.deepEqual(json, (await service.read('/v1/subscriptions')).body)
  assert.equal((await run(['services', 'remove', id])).stdout, `The service ${id} is removed.\n`)
  const wrong = await run(['services', 'add', 'x', '--when', 'toner.black', '--url', receiver.url])
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
  assert.match(wrong.stderr, /as in 'toner.black<=20'/)
})

test('"why was this ordered?"', async () => {
  assert.match((await run(['orders'])).stdout, /^No orders\./)
  const { secret } = await street.enrol('lobby')
  await run(['services', 'add', 'Shop', '--when', 'toner.black<=20', '--url', receiver.url, '--device', 'lobby'])
  assert.match((await run(['services', 'missing'])).stdout, /\nlobby +the consent of its owner/)
  assert.equal((await run(['services', 'consent', 'lobby'])).stdout, 'Services are performed for lobby from now on.\n')
  const authorization = `Basic ${Buffer.from(`lobby:${secret}`).toString('base64')}`
  const tell = (id: string) => {
    const event = { id, type: 'objects', at: new Date().toISOString(), values: { 'toner.black': 12 } }
    const body = JSON.stringify({ events: [event] })
    return fetch(`${street.url}/device/v1/events`, { method: 'POST', headers: { authorization }, body })
  }
  await tell('first')
  const enoughAt = Date.now() + 5_000
  await until('two readings lie far enough apart', () => Date.now() >= enoughAt)
  await tell('second')
  const order = await until('something is ordered', async () => {
    const [first] = Object((await service.read('/v1/orders')).body).items
    return first?.state === 'taken' && first
  })
  const list = await run(['orders', '--device', 'lobby'])
  assert.match(list.stdout, new RegExp(`\\n${order.orderId} +lobby +toner.black +12 +taken +`))
  assert.match((await run(['orders', '--state', 'taken'])).stdout, new RegExp(`\\n${order.orderId} `))
  assert.match((await run(['orders', '--state', 'waiting'])).stdout, /^No orders/)
  assert.match((await run(['services', 'missing'])).stdout, /^Nothing is missing/)
  assert.match((await run(['services'])).stdout, /on, a call was taken /)
  const { stdout } = await run(['orders', order.orderId])
  assert.match(stdout, /^\S+: toner.black of lobby, ordered .*, taken\nbecause\n {2}lobby was enrolled by hand/)
  for (const reason of order.reasons) assert.ok(stdout.includes(reason))
  assert.match(stdout, /told to the service\n {2}.*: taken \(204\)\n$/)
  const withdrawn = await run(['services', 'consent', '--withdraw', 'lobby'])
  assert.equal(withdrawn.stdout, 'Nothing more is ordered for lobby.\n')
  assert.equal((await run(['orders', 'none'])).code, 1)
})
