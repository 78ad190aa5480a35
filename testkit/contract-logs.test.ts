/** S-M5: what is secret stands in no log, neither the relay's nor the agent's, however a call goes wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinByHand, openHandDevice } from './hand-device.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

test('S-M5 no secret, key or payload is in the logs of relay and agent, which are one JSON object a line', async () => {
  await using street = await openNeighbourhood()
  const { service, url: relayUrl } = street
  const canaries = new Map<string, string>()
  const canary = (what: string) => {
    const text = `canary-${what}-0123456789abcdef`
    canaries.set(what, text)
    return text
  }

  const agent = await street.openAgent({ id: 'mfp', driver: `virtual?location=${canary('first-value')}` })
  canaries.set('agent-secret', agent.secret)
  await service.post('/v1/devices', { id: 'given', secret: canary('device-secret') })
  const made = await service.post('/v1/keys', { account: 'default', name: canary('key-name') })
  const { key, keyId } = Object(made.body)
  canaries.set('service-key', key)
  const rotated = await service.post('/v1/devices/given/rotate', {})
  canaries.set('rotated-secret', Object(rotated.body).secret)

  // All goes well.
  const client = createService(relayUrl, key)
  await client.ask('mfp', { set: { location: canary('set-value') } }, { 'idempotency-key': canary('idempotency-key') })
  await client.ask('mfp', { get: ['location', 'serial'] })
  // All goes wrong: wrong keys, wrong secrets, bodies that cannot be read, answers nobody waits for.
  await createService(relayUrl, canary('wrong-key')).read('/v1/devices')
  const wrong = canary('wrong-secret')
  await assert.rejects(openHandDevice({ relayUrl, id: 'given', secret: wrong }))
  await client.call('POST', '/v1/devices', { id: 'x', secret: `${canary('refused-secret')}\n` })
  await client.call('POST', '/v1/devices/mfp/requests', { set: { 'bad name': canary('bad-body') } })
  await client.ask('mfp', { command: canary('command') })
  await using device = await joinByHand(street, 'hand')
  canaries.set('hand-secret', device.secret)
  canaries.set('sid', device.sid)
  await device.answer('nobody-asked', { values: { model: canary('stray-answer') }, errors: {} })
  const help = { id: 'help', type: 'help', at: new Date().toISOString(), text: canary('help-text') }
  await device.call('/device/v1/events', { events: [help] })
  await device.call('/device/v1/register', { capabilities: { serial: 7, model: canary('bad-register') } })
  const body = `<body xmlns='http://jabber.org/protocol/httpbind' rid='1' sid='${canary('bad-sid')}'><nonsense`
  await fetch(`${relayUrl}/http-bind`, { method: 'POST', body })
  await fetch(`${relayUrl}/v1/devices?key=${canary('key-in-url')}`)
  await client.call('DELETE', `/v1/keys/${keyId}`)
  await device.leave()

  await until('the relay has logged something', () => street.relay().output().stderr.includes('relay.ready'))
  await street.relay().stop()
  await until('the agent has noticed', () => agent.process.output().stdout.includes('device.offline'))
  await agent.process.stop()
  canaries.set('admin-key', street.adminKey)
  for (const [who, { stdout, stderr }] of [
    ['relay', street.relay().output()],
    ['agent', agent.process.output()],
  ] as const) {
    for (const [what, text] of canaries) assert.ok(!`${stdout}${stderr}`.includes(text), `${who} tells the ${what}`)
    for (const line of stderr.split('\n').filter((each) => each !== '')) {
      const { time, level, msg, event } = JSON.parse(line)
      for (const field of [time, level, msg, event]) assert.equal(typeof field, 'string', line)
    }
  }
})
