/** Rows and S-A3 of the stream: the log-in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, createSeededRandom } from '@fairlead/base'
import {
  beginScram,
  deriveKeys,
  isFromServer,
  mechanismsOf,
  ns,
  proveSecret,
  readSaslAnswer,
  renderPlain,
  renderXml,
  saslElement,
  textOf,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'
import { bindRequest, createLines, credentials, device, domain, oneDevice, openTrial, secret } from './stream-trial.ts'

const nonce = 'bm9uY2Ugb2YgdGhlIGNsaWVudA'

async function failureOf(trial: ReturnType<typeof openTrial>, element: Xml): Promise<string | undefined> {
  trial.say(element)
  const [answer] = await trial.heard()
  const read = answer && readSaslAnswer(answer)
  return read?.kind === 'failure' ? read.condition : undefined
}

async function challengeOf(user: string, mechanism = 'SCRAM-SHA-256', over = {}): Promise<string> {
  const trial = openTrial(over)
  trial.open()
  await trial.heard()
  trial.say(saslElement('auth', beginScram(user, nonce).message, mechanism))
  const [answer] = await trial.heard()
  const read = answer && readSaslAnswer(answer)
  if (read?.kind !== 'challenge') throw new Error('That was no challenge.')
  return Buffer.from(read.data).toString()
}

for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-1'])
  test(`X-002 a device logs in with ${mechanism}, and a wrong secret does not`, async () => {
    assert.equal(await openTrial().logIn(device, secret, mechanism), true)
    assert.equal(await openTrial().logIn(device, 'wrong', mechanism), false)
  })

test('X-002 an unknown user is challenged like a known one, always with the same salt', async () => {
  const fields = (challenge: string) => challenge.split(',').map((field) => field.slice(0, 2))
  const known = await challengeOf(device)
  const unknown = await challengeOf('nobody')
  assert.deepEqual(fields(unknown), fields(known))
  const saltOf = (challenge: string) => /,s=([^,]+),/.exec(challenge)?.[1]
  assert.equal(saltOf(await challengeOf('nobody', 'SCRAM-SHA-1', { random: createSeededRandom(2) })), saltOf(unknown))
  assert.notEqual(saltOf(await challengeOf('somebody')), saltOf(unknown))
  assert.equal(saltOf(known)?.length, saltOf(unknown)?.length)
  assert.equal(/i=\d+/.exec(known)?.[0], /i=\d+/.exec(unknown)?.[0])
})

test('X-002 an unknown user and a wrong secret get the same bytes', async () => {
  const failures = []
  for (const [user, password] of [
    ['nobody', secret],
    [device, 'wrong'],
  ] as const) {
    const trial = openTrial()
    trial.open()
    await trial.heard()
    const client = beginScram(user, nonce)
    trial.say(saslElement('auth', client.message, 'SCRAM-SHA-256'))
    const [challenge] = await trial.heard()
    const answer = challenge && readSaslAnswer(challenge)
    assert.equal(answer?.kind, 'challenge')
    const proof = await proveSecret(client, (answer as { data: Uint8Array }).data, password, 'sha256')
    trial.say(saslElement('response', proof.message))
    failures.push((await trial.heard()).map((element) => renderXml(element)))
  }
  assert.deepEqual(failures[0], failures[1])
  assert.match(failures[0]?.[0] ?? '', /not-authorized/)
})

test('X-002 a name that no device can have fails like an unknown one', async () => {
  for (const user of ['mül ler', 'a/b', 'x'.repeat(65)]) assert.match(await challengeOf(user), /^r=.+,s=.+,i=4096$/)
})

test('X-002 each way to fail has its own condition', async () => {
  const after = async (element: Xml, over = {}) => {
    const trial = openTrial(over)
    trial.open()
    await trial.heard()
    return failureOf(trial, element)
  }
  const auth = (text: string, mechanism: string) => xml('auth', ns.sasl, { mechanism }, text)
  assert.equal(await after(auth('', 'DIGEST-MD5')), 'invalid-mechanism')
  assert.equal(await after(xml('auth', ns.sasl)), 'invalid-mechanism')
  assert.equal(await after(auth('!!!', 'SCRAM-SHA-256')), 'incorrect-encoding')
  assert.equal(await after(saslElement('auth', 'nonsense', 'SCRAM-SHA-256')), 'malformed-request')
  assert.equal(await after(saslElement('response', 'n,,')), 'malformed-request')
  assert.equal(await after(xml('abort', ns.sasl)), 'aborted')
  const broken = saslElement('auth', beginScram('broken', nonce).message, 'SCRAM-SHA-256')
  assert.equal(await after(broken), 'temporary-auth-failure')
  const plain = saslElement('auth', renderPlain({ user: 'broken', secret }), 'PLAIN')
  assert.equal(await after(plain, { insecureTransport: true }), 'temporary-auth-failure')
})

test('X-002 the third failed log-in ends the stream, and nothing is heard after it', async () => {
  const trial = openTrial()
  trial.open()
  await trial.heard()
  for (const ends of [0, 0, 1]) {
    assert.equal(await failureOf(trial, xml('abort', ns.sasl)), 'aborted')
    assert.equal(trial.ends.length, ends)
  }
  assert.equal(trial.ends[0]?.condition, 'policy-violation')
  trial.say(saslElement('auth', beginScram(device, nonce).message, 'SCRAM-SHA-256'))
  assert.deepEqual(await trial.heard(), [])
})

test('S-D7 only a wrong secret is counted against its address, and its answer waits as long as it is told to', async () => {
  const counted: string[] = []
  const clock = createHandClock()
  const logInFailed = (address: string) => counted.push(address) * 500
  const trial = openTrial({ clock, logInFailed }, { secure: true })
  trial.open()
  await trial.heard()
  await failureOf(trial, xml('abort', ns.sasl))
  assert.deepEqual(counted, [])
  trial.say(saslElement('auth', renderPlain({ user: device, secret: 'wrong' }), 'PLAIN'))
  trial.say(saslElement('auth', renderPlain({ user: device, secret }), 'PLAIN'))
  assert.deepEqual(await trial.heard(), [], 'what comes meanwhile waits')
  assert.deepEqual(counted, ['192.0.2.1'])
  clock.pass(499)
  assert.deepEqual(await trial.heard(), [])
  clock.pass(1)
  assert.deepEqual(
    (await trial.heard()).map((element) => element.name),
    ['failure', 'success'],
  )
})

test('X-002 a failed log-in can be followed by a good one on the same stream', async () => {
  const trial = openTrial()
  assert.equal(await trial.logIn(device, 'wrong'), false)
  assert.equal(await trial.logIn(), true)
})

test('X-003 the nonce of the server is fresh and has 128 bits, and the success is signed', async () => {
  const random = createSeededRandom(3)
  const nonces = new Set<string>()
  for (let round = 0; round < 20; round++) {
    const challenge = await challengeOf(device, 'SCRAM-SHA-256', { random })
    const [, whole = ''] = /^r=([^,]+),/.exec(challenge) ?? []
    assert.ok(whole.startsWith(nonce) && whole.length >= nonce.length + 22)
    nonces.add(whole)
  }
  assert.equal(nonces.size, 20)

  const trial = openTrial()
  trial.open()
  await trial.heard()
  const client = beginScram(device, nonce)
  trial.say(saslElement('auth', client.message, 'SCRAM-SHA-256'))
  const [challenge] = await trial.heard()
  const answer = challenge && readSaslAnswer(challenge)
  assert.equal(answer?.kind, 'challenge')
  const proof = await proveSecret(client, (answer as { data: Uint8Array }).data, secret, 'sha256')
  trial.say(saslElement('response', proof.message))
  const [success] = await trial.heard()
  assert.ok(success)
  assert.equal(isFromServer(proof, Buffer.from(textOf(success), 'base64')), true)
})

test('X-003 fewer than 4096 iterations cannot be stored', async () => {
  await assert.rejects(deriveKeys(secret, new Uint8Array(16), 4095), RangeError)
})

test('X-003 a mechanism is never repeated to whoever named it', async () => {
  const trial = openTrial()
  trial.open()
  await trial.heard()
  trial.say(xml('auth', ns.sasl, { mechanism: 'X-ECHO-ME' }))
  const [answer] = await trial.heard()
  assert.ok(answer)
  assert.doesNotMatch(renderXml(answer), /ECHO/)
})

test('X-003 the channel binding flag and data must belong together', async () => {
  const trial = openTrial()
  trial.open()
  await trial.heard()
  const client = beginScram(device, nonce)
  trial.say(saslElement('auth', client.message, 'SCRAM-SHA-256'))
  const [challenge] = await trial.heard()
  const answer = challenge && readSaslAnswer(challenge)
  assert.equal(answer?.kind, 'challenge')
  const proof = await proveSecret(client, (answer as { data: Uint8Array }).data, secret, 'sha256')
  // "eSws" says "y,,": somebody on the way changed "y" to "n".
  assert.equal(
    await failureOf(trial, saslElement('response', proof.message.replace('c=biws', 'c=eSws'))),
    'not-authorized',
  )
})

test('S-A3 PLAIN is offered and taken only where nobody can read along', async () => {
  const offered = async (over = {}, carrier = {}) => {
    const trial = openTrial(over, carrier)
    trial.open()
    const [features] = await trial.heard()
    const answer = await failureOf(trial, saslElement('auth', renderPlain({ user: device, secret }), 'PLAIN'))
    return [features && mechanismsOf(features).includes('PLAIN'), answer]
  }
  assert.deepEqual(await offered(), [false, 'invalid-mechanism'])
  assert.deepEqual(await offered({}, { secure: true }), [true, undefined])
  assert.deepEqual(await offered({ insecureTransport: true }), [true, undefined])
  assert.equal(await openTrial({}, { secure: true }).logIn(device, 'wrong', 'PLAIN'), false)
  assert.equal(await openTrial({}, { secure: true }).logIn(device, secret, 'PLAIN'), true)
})

test('a log-in for somebody else is refused, one for oneself is not', async () => {
  for (const [authzid, expected] of [
    [`other@${domain}`, 'not-authorized'],
    [`${device}@${domain}`, undefined],
  ] as const) {
    const trial = openTrial({}, { secure: true })
    trial.open()
    await trial.heard()
    assert.equal(await failureOf(trial, saslElement('auth', `${authzid}\0${device}\0${secret}`, 'PLAIN')), expected)
  }
})

test('an <auth/> without its initial response is asked for it', async () => {
  const trial = openTrial()
  trial.open()
  await trial.heard()
  trial.say(saslElement('auth', undefined, 'SCRAM-SHA-256'))
  assert.equal((await trial.heard())[0]?.name, 'challenge')
  trial.say(saslElement('response', beginScram(device, nonce).message))
  assert.match(textOf((await trial.heard())[0] ?? xml('none', '')), /./)
})

test('both secrets are good while a rotation overlaps', async () => {
  const next = await deriveKeys('the next secret', credentials.salt, credentials.iterations)
  const logIn = { ...oneDevice, findCredentials: async () => [next, credentials] }
  assert.equal(await openTrial({ logIn }).logIn(device, secret), true)
  assert.equal(await openTrial({ logIn }).logIn(device, 'the next secret'), true)
  assert.equal(await openTrial({ logIn }).logIn(device, 'another'), false)
})

test('the secret counts as used once the log-in has succeeded, not before', async () => {
  const used: string[] = []
  const logIn = { ...oneDevice, loggedIn: (id: string) => void used.push(id) }
  await openTrial({ logIn }).logIn(device, 'wrong')
  assert.deepEqual(used, [])
  await openTrial({ logIn }).logIn()
  assert.deepEqual(used, [device])
})

test('a secret that is changed between log-in and bind lets nobody in', async () => {
  for (const [later, expected] of [
    [credentials, []],
    [{}, ['not-authorized']],
    [undefined, ['not-authorized']],
  ] as const)
    for (const mechanism of ['SCRAM-SHA-256', 'PLAIN']) {
      let basis: object | undefined = credentials
      const trial = openTrial({ logIn: { ...oneDevice, basisOf: () => basis } }, { secure: true })
      assert.equal(await trial.logIn(device, secret, mechanism), true)
      basis = later
      await trial.bind()
      assert.deepEqual(
        trial.ends.map(({ condition }) => condition),
        expected,
      )
    }
})

test('ANONYMOUS is offered only if it is on, and such a session is no device', async () => {
  const off = openTrial()
  off.open()
  await off.heard()
  assert.equal(await failureOf(off, saslElement('auth', undefined, 'ANONYMOUS')), 'invalid-mechanism')

  const lines = createLines()
  const on = openTrial({ anonymous: true, lines })
  on.open()
  await on.heard()
  on.say(saslElement('auth', undefined, 'ANONYMOUS'))
  on.open()
  on.say(bindRequest())
  on.say(xml('iq', ns.client, { type: 'get', id: 'p', to: domain }, xml('ping', ns.ping)))
  on.say(xml('iq', ns.client, { type: 'result', id: 'stranger', to: domain }))
  const heard = await on.heard()
  assert.deepEqual(
    heard.map((element) => [element.name, element.attributes.get('id')]),
    [
      ['success', undefined],
      ['features', undefined],
      ['iq', 'bind-1'],
      ['iq', 'p'],
    ],
  )
  on.stream.alive()
  on.stream.waiting()
  on.stream.ended('terminated', [], [])
  assert.deepEqual(lines.news, [])
})

test('X-014 capital letters of a user name are the same device, look-alikes are not', async () => {
  assert.equal(await openTrial().logIn('PRINTER-7'), true)
  // U+212A is the Kelvin sign, which lower-cases to an ordinary "k".
  const logIn = { ...oneDevice, findCredentials: async (id: string) => (id === 'k' ? [credentials] : []) }
  assert.equal(await openTrial({ logIn }).logIn('k'), true)
  assert.equal(await openTrial({ logIn }).logIn('\u212a'), false)
})
