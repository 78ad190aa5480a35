/** SASL EXTERNAL: a connection whose certificate names a device. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mechanismsOf, ns, saslElement, type Xml, xml } from '@fairlead/protocol/xmpp'
import { createLines, device, domain, oneDevice, openTrial, type Trial } from './stream-trial.ts'

const jid = `${device}@${domain}`

/** A stream on a connection whose certificate names this device. */
async function openCertified(named: string | undefined = device, over: Parameters<typeof openTrial>[0] = {}) {
  const trial = openTrial(over, { certifiedDevice: named, secure: true })
  trial.open()
  const [features] = await trial.heard()
  return { ...trial, offered: mechanismsOf(features ?? xml('none', '')) }
}

/** `success`, or the condition of the failure. */
async function answerTo(trial: Trial, element: Xml): Promise<string> {
  trial.say(element)
  const [answer] = await trial.heard()
  const [condition] = answer?.children ?? []
  return typeof condition === 'object' ? condition.name : (answer?.name ?? 'nothing')
}

const external = (authzid?: string) =>
  saslElement('auth', authzid === undefined ? undefined : Buffer.from(authzid), 'EXTERNAL')

test('B-202 EXTERNAL is offered first where a certificate names a device, and nowhere else', async () => {
  assert.deepEqual((await openCertified()).offered, ['EXTERNAL', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'])
  const plain = openTrial({}, { secure: true })
  plain.open()
  const [features] = await plain.heard()
  assert.deepEqual(mechanismsOf(features ?? xml('none', '')), ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'])
  assert.equal(await answerTo(plain, external('')), 'invalid-mechanism')
})

test('B-202 EXTERNAL succeeds with nobody named, or the device itself', async () => {
  for (const authzid of ['', jid, jid.toUpperCase()]) {
    const lines = createLines()
    const trial = await openCertified(device, { lines })
    assert.equal(await answerTo(trial, external(authzid)), 'success', authzid)
    trial.open()
    await trial.bind('panel')
    assert.deepEqual(
      lines.news.map(({ what, line }) => [what, line.device]),
      [['bound', device]],
    )
  }
})

test('X-002 EXTERNAL without an initial response is asked for it', async () => {
  for (const response of [saslElement('response'), saslElement('response', Buffer.from(jid))]) {
    const trial = await openCertified()
    assert.equal(await answerTo(trial, external()), 'challenge')
    assert.equal(await answerTo(trial, response), 'success')
  }
})

test('X-002 EXTERNAL for somebody else is refused with invalid-authzid', async () => {
  const others = [`other@${domain}`, domain, device, `${jid}/panel`, `${device}@other.example`, ' ', `${jid} `]
  for (const authzid of others)
    assert.equal(await answerTo(await openCertified(), external(authzid)), 'invalid-authzid', authzid)
  assert.equal(await answerTo(await openCertified(), external(`${jid}\0`)), 'malformed-request')
})

test('X-002 EXTERNAL of a device that is not enrolled, or no longer, is refused with not-authorized', async () => {
  assert.equal(await answerTo(await openCertified('stranger'), external('')), 'not-authorized')
  assert.equal(await answerTo(await openCertified('broken'), external('')), 'temporary-auth-failure')
})

test('X-002 three failures of EXTERNAL end the stream', async () => {
  const trial = await openCertified('stranger')
  for (let time = 0; time < 3; time++) await answerTo(trial, external(''))
  assert.deepEqual(
    trial.ends.map(({ condition }) => condition),
    ['policy-violation'],
  )
})

test('EXTERNAL uses no secret', async () => {
  const used: string[] = []
  const logIn = { ...oneDevice, loggedIn: (id: string) => void used.push(id) }
  assert.equal(await answerTo(await openCertified(device, { logIn }), external('')), 'success')
  assert.deepEqual(used, [])
})

test('secrets keep working beside certificates', async () => {
  for (const mechanism of ['SCRAM-SHA-256', 'PLAIN'])
    assert.equal(
      await openTrial({}, { certifiedDevice: device, secure: true }).logIn(undefined, undefined, mechanism),
      true,
    )
})

async function restart(trial: Trial, from: string): Promise<string[]> {
  trial.stream.open({ to: domain, version: '1.0', from })
  return [...(await trial.heard()).map(({ name }) => name), ...trial.ends.map(({ condition }) => condition)]
}

test('B-202 `from` of the restart agrees with the certificate', async () => {
  for (const from of [jid, `${jid}/panel`, jid.toUpperCase()]) {
    const trial = await openCertified()
    await answerTo(trial, external(''))
    assert.deepEqual(await restart(trial, from), ['features'], from)
  }
  for (const from of [`other@${domain}`, domain, `${device}@other.example`, '', '@']) {
    const trial = await openCertified()
    await answerTo(trial, external(''))
    assert.deepEqual(await restart(trial, from), ['invalid-from'], from)
  }
})

test('`from` of a restart after a log-in by a secret alone is not looked at', async () => {
  const trial = openTrial()
  await trial.logIn()
  await trial.heard()
  assert.deepEqual(await restart(trial, `other@${domain}`), ['features'])
})

test('what a device sends while it is looked up waits its turn', async () => {
  const trial = await openCertified()
  trial.say(external(''))
  trial.open()
  trial.say(xml('iq', ns.client, { type: 'set', id: 'b' }, xml('bind', ns.bind)))
  assert.deepEqual(
    (await trial.heard()).map(({ name }) => name),
    ['success', 'features', 'iq'],
  )
})
