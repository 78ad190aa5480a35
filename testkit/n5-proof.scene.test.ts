/** N5 S-A7: who has signed in proves again who they are before what does harm, shows the second factor that is demanded, and sees where they are signed in. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openEventStream } from './event-stream.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { createPerson, goodPassword, invite, type Person, tokenOf } from './person.ts'
import { createService, type Reply } from './service.ts'
import { totpNow } from './totp.ts'

// All of it comes from one address.
const street = await openNeighbourhood({ relay: ['--max-failed-sign-ins-of-network', '1000'] })
after(() => street[Symbol.asyncDispose]())
const { url, service } = street

const told = ({ status, body }: Reply) => [status, Object(body).code]
const email = (name: string) => `${name}@example.com`
const another = 'four other words of mine'

async function come(name: string, role = 'owner', account = 'default') {
  return await invite(url, service, { email: email(name), role, account })
}

async function signIn(name: string, more: { password?: string; totp?: string } = {}): Promise<Person> {
  const person = createPerson(url)
  const order = { email: email(name), password: goodPassword, ...more }
  const { status, body } = await person.post('/v1/session', order)
  assert.equal(status, 200, JSON.stringify(body))
  return person
}

/** Nobody waits a quarter of an hour: the record says that they have. */
function passAQuarter(): void {
  using file = new DatabaseSync(join(street.data, 'fairlead.db'), { timeout: 5000 })
  file.exec('update user_session set proven_at = proven_at - 900000')
}

const session = async (person: Person) => Object((await person.read('/v1/session')).body)

async function setUpApp(person: Person): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { secret } = Object((await person.post('/v1/session/totp', {})).body)
  const confirmed = await person.call('PUT', '/v1/session/totp', { code: totpNow(secret) })
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
  return { secret, recoveryCodes: Object(confirmed.body).recoveryCodes }
}

interface Operation {
  operationId: string
  responses: Record<string, { content?: Record<string, unknown> }>
}

test('S-A7 each call that does harm or opens a door asks a session for a proof of the last 15 minutes, and no key', async () => {
  const { paths } = Object((await service.read('/v1/openapi.json')).body)
  const operations = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  )
  const asking = operations.filter(({ responses }) => JSON.stringify(responses['403'] ?? '').includes('"prove-again"'))
  assert.deepEqual(asking.map(({ operationId }) => operationId).sort(), [
    ...['addPasskey', 'beginPasskey', 'beginTotp', 'changeAccount', 'changePassword', 'changeUser', 'confirmTotp'],
    ...['createKey', 'endOtherSessions', 'endSession', 'endTotp', 'endUserSessions', 'inviteUser', 'linkOidc'],
    ...[
      'makeAppPassword',
      'makeReleaseCode',
      'refuseReset',
      'releaseDevice',
      'removeDevice',
      'removePasskey',
      'removeProgram',
      'removeSubscription',
      'removeUser',
    ],
    ...['resetUser', 'revokeKey', 'rotateDeviceSecret', 'rotateProgramSecret', 'rotateWebhookSecret', 'unlinkOidc'],
  ])

  const { person } = await come('ann')
  const key = Object((await service.post('/v1/keys', { account: 'default' })).body).key
  const knock = (who: Pick<Person, 'call'>, { method, path }: { method: string; path: string }) =>
    who.call(method, path.replaceAll(/\{\w+\}/g, 'none'), {})
  // Without a provider there are no such paths.
  const there = asking.filter(({ path }) => !path.includes('/oidc/'))
  for (const operation of there) {
    const { operationId } = operation
    const fresh = await knock(person, operation)
    assert.ok(![401, 403, 405, 500].includes(fresh.status) || Object(fresh.body).code === 'forbidden', operationId)
  }
  passAQuarter()
  for (const operation of there) {
    assert.deepEqual(told(await knock(person, operation)), [403, 'prove-again'], operation.operationId)
    assert.notEqual(Object((await knock(createService(url, key), operation)).body).code, 'prove-again')
  }
  assert.equal((await person.read('/v1/devices')).status, 200, 'one may look')
  assert.equal((await person.post('/v1/devices', { id: 'press', account: 'default' })).status, 201, 'and work')
})

test('S-A7 password, code and recovery code are proofs; what is wrong is counted as a failed sign-in, and told in the audit log', async () => {
  const { person, userId } = await come('bea')
  const { secret, recoveryCodes } = await setUpApp(person)
  const makeKey = () => person.post('/v1/keys', { account: 'default', scopes: ['devices:read'] })
  const prove = (proof: object, who = person) => who.post('/v1/session/proof', proof)
  for (const proof of [{ password: goodPassword }, { totp: totpNow(secret, 1) }, { totp: recoveryCodes[0] }]) {
    passAQuarter()
    assert.deepEqual(told(await makeKey()), [403, 'prove-again'])
    const proved = await prove(proof)
    assert.equal(proved.status, 200, JSON.stringify(proved.body))
    assert.ok(Date.now() - Date.parse(Object(proved.body).provenAt) < 60_000)
    assert.equal((await makeKey()).status, 201)
    if ('totp' in proof) assert.deepEqual(told(await prove(proof)), [403, 'forbidden'], 'a code is good once')
  }
  const elsewhere = await signIn('bea', { totp: recoveryCodes[1] as string })
  passAQuarter()
  await prove({ password: goodPassword })
  assert.deepEqual(
    told(await elsewhere.post('/v1/keys', { account: 'default' })),
    [403, 'prove-again'],
    'of one session',
  )
  for (const proof of [{}, { password: goodPassword, totp: '000000' }, { password: '' }, { passkey: {} }])
    assert.deepEqual(told(await prove(proof)), [400, 'invalid-request'])
  const crossSite = await person.post(
    '/v1/session/proof',
    { password: goodPassword },
    { origin: 'https://evil.example' },
  )
  assert.deepEqual(told(crossSite), [403, 'forbidden'])
  assert.equal((await createService(url, street.adminKey).post('/v1/session/proof', { password: 'x' })).status, 403)

  const actions = Object((await service.read(`/v1/audit?actor=user:${userId}&action=user.proved&limit=50`)).body).items
  assert.equal(actions.length, 4)
  // Two were counted above.
  for (let at = 2; at < 10; at++) assert.deepEqual(told(await prove({ password: 'wrong' })), [403, 'forbidden'])
  assert.deepEqual(told(await prove({ password: goodPassword })), [429, 'too-many-requests'])
  const locked = await createPerson(url).post('/v1/session', { email: email('bea'), password: goodPassword })
  assert.equal(locked.status, 429, 'they are the same tries')
})

test('N5 an account demands a second factor: who has none may only set one up, streams end, and nobody takes off their last', async () => {
  await service.post('/v1/accounts', { id: 'strict' })
  const { person: owner } = await come('cleo', 'owner', 'strict')
  const { person: viewer } = await come('dora', 'viewer', 'strict')
  const key = Object((await service.post('/v1/keys', { account: 'strict' })).body).key
  const demand = (who: Pick<Person, 'call'>, requireSecondFactor: boolean, account = 'strict') =>
    who.call('PATCH', `/v1/accounts/${account}`, { requireSecondFactor })
  assert.deepEqual(told(await demand(viewer, true)), [403, 'forbidden'])
  assert.deepEqual(told(await demand(createService(url, key), true)), [403, 'forbidden'])
  assert.deepEqual(told(await demand(owner, true, 'default')), [404, 'not-found'])
  await using stream = await openEventStream({ relayUrl: url, cookie: viewer.cookie() })
  assert.equal(stream.status, 200)
  const { status, body } = await demand(owner, true)
  assert.deepEqual([status, Object(body).id, Object(body).requireSecondFactor], [200, 'strict', true])
  await stream.ended()
  const listed = Object((await service.read('/v1/accounts?limit=500')).body).items
  assert.equal(listed.find(({ id }: { id: string }) => id === 'strict').requireSecondFactor, true)

  for (const person of [owner, viewer]) {
    assert.deepEqual(told(await person.read('/v1/devices')), [403, 'second-factor-required'])
    assert.deepEqual(told(await person.read('/v1/events')), [403, 'second-factor-required'])
  }
  assert.deepEqual(told(await demand(owner, false)), [403, 'second-factor-required'], 'not even that')
  assert.equal((await createService(url, key).read('/v1/devices')).status, 200, 'keys are not asked')
  const { secondFactor, requireSecondFactor } = await session(owner)
  assert.deepEqual([secondFactor, requireSecondFactor], ['set-up', true])

  const { secret, recoveryCodes } = await setUpApp(owner)
  assert.equal((await session(owner)).secondFactor, 'fine')
  assert.equal((await owner.read('/v1/devices')).status, 200)
  const end = await owner.call('DELETE', '/v1/session/totp', { code: recoveryCodes[0] })
  assert.deepEqual(told(end), [403, 'second-factor-required'])
  assert.equal((await session(owner)).user.hasTotp, true, 'nothing was changed')
  const withCode = await signIn('cleo', { totp: totpNow(secret, 1) })
  assert.equal((await withCode.read('/v1/devices')).status, 200)

  // One who has a factor shows it in a session that has not seen it; another is not set up beside it.
  const gus = await come('gus', 'operator')
  const app = await setUpApp(gus.person)
  passFactor(gus.userId)
  await demand(service, true, 'default')
  assert.equal((await session(gus.person)).secondFactor, 'show')
  assert.deepEqual(told(await gus.person.post('/v1/session/passkeys/options', {})), [403, 'second-factor-required'])
  assert.equal((await gus.person.post('/v1/session/proof', { password: goodPassword })).status, 200)
  assert.deepEqual(told(await gus.person.read('/v1/devices')), [403, 'second-factor-required'], 'a password is none')
  assert.equal((await gus.person.post('/v1/session/proof', { totp: app.recoveryCodes[0] })).status, 200)
  assert.equal((await gus.person.read('/v1/devices')).status, 200)
  assert.equal((await demand(service, false, 'default')).status, 200)

  assert.equal((await demand(owner, false)).status, 200)
  assert.equal((await viewer.read('/v1/devices')).status, 200)
  assert.equal((await owner.call('DELETE', '/v1/session/totp', { code: recoveryCodes[1] })).status, 204)
  const changes = Object((await service.read('/v1/audit?account=strict&action=account.changed')).body).items
  assert.equal(changes.length, 2)
})

/** As of a session that was begun before there was such a thing. */
function passFactor(userId: string): void {
  using file = new DatabaseSync(join(street.data, 'fairlead.db'), { timeout: 5000 })
  file.prepare('update user_session set factor_at = null where user_id = ?').run(userId)
}

test('S-A7 one sees where one is signed in, ends one of them or all others, and an owner ends those of a user', async () => {
  const { person, userId } = await come('eve', 'viewer')
  const phone = createPerson(url)
  const iPhone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1'
  await phone.post('/v1/session', { email: email('eve'), password: goodPassword }, { 'user-agent': iPhone })
  const third = await signIn('eve')
  const list = async () => Object((await person.read('/v1/sessions')).body).items
  const listed = await list()
  assert.deepEqual(
    listed.map(({ isThis, browser, network }: Record<string, unknown>) => [isThis, browser, network]).sort(),
    [
      [false, null, '127.0.0.1'],
      [false, 'Safari, iPhone', '127.0.0.1'],
      [true, null, '127.0.0.1'],
    ],
  )
  for (const one of listed) assert.ok(Date.parse(one.createdAt) <= Date.parse(one.lastSeenAt))
  const ofPhone = listed.find(({ browser }: { browser: string | null }) => browser !== null).sessionId

  const { person: owner } = await come('flo')
  assert.deepEqual(told(await owner.call('DELETE', `/v1/sessions/${ofPhone}`)), [404, 'not-found'], "another's is none")
  await using stream = await openEventStream({ relayUrl: url, cookie: phone.cookie() })
  assert.equal((await person.call('DELETE', `/v1/sessions/${ofPhone}`)).status, 204)
  await stream.ended()
  assert.equal((await phone.read('/v1/session')).status, 401)
  assert.deepEqual(told(await person.call('DELETE', `/v1/sessions/${ofPhone}`)), [404, 'not-found'])
  assert.equal((await third.read('/v1/session')).status, 200)
  assert.equal((await person.call('DELETE', '/v1/sessions')).status, 204)
  assert.deepEqual([(await third.read('/v1/session')).status, (await list()).length], [401, 1])

  assert.equal((await owner.call('DELETE', `/v1/users/${userId}/sessions`)).status, 204)
  assert.equal((await person.read('/v1/session')).status, 401)
  const entries = Object((await service.read('/v1/audit?action=user.sessions-ended&limit=9')).body).items
  const ofEve = entries.filter(({ subject }: { subject: string }) => subject === userId)
  assert.deepEqual(
    ofEve.map(({ actor }: { actor: { id: string } }) => actor.id === userId),
    [false, true, true],
  )
})

test('N5 a forgotten password is set anew by a link of an owner, once, and the second factor stays unless it was said', async () => {
  const { person, userId } = await come('hal', 'operator')
  const { recoveryCodes } = await setUpApp(person)
  const { person: owner } = await come('ida')
  const make = async (who: Pick<Person, 'post'> = owner, order = {}) =>
    await who.post(`/v1/users/${userId}/reset`, order)
  const use = (token: string, password = another) => createPerson(url).post('/v1/session/reset', { token, password })
  const { person: viewer } = await come('jon', 'viewer')
  assert.deepEqual(told(await make(viewer)), [403, 'forbidden'])
  const first = Object((await make()).body)
  const { status, body } = await make()
  assert.equal(status, 201)
  const { url: link, expiresAt } = Object(body)
  assert.ok(link.startsWith(`${street.publicUrl}/console/#/reset/`))
  const hours = (Date.parse(expiresAt) - Date.now()) / 3_600_000
  assert.ok(hours > 23.9 && hours <= 24)

  assert.deepEqual(told(await use(tokenOf(first.url))), [404, 'no-match'], 'the one before is dead')
  assert.deepEqual(told(await use(tokenOf(link), email('hal'))), [400, 'invalid-request'])
  assert.equal((await person.read('/v1/session')).status, 200, 'nothing has happened yet')
  const both = await Promise.all([use(tokenOf(link)), use(tokenOf(link))])
  assert.deepEqual(both.map((reply) => reply.status).sort(), [204, 404])
  assert.ok(
    both.every(({ headers }) => headers.getSetCookie().length === 0),
    'nobody is signed in by it',
  )
  assert.equal((await person.read('/v1/session')).status, 401)
  const attempt = (password: string) => createPerson(url).post('/v1/session', { email: email('hal'), password })
  assert.deepEqual(told(await attempt(goodPassword)), [401, 'unauthorized'])
  assert.deepEqual(told(await attempt(another)), [401, 'second-factor'], 'it is asked for as ever')
  await signIn('hal', { password: another, totp: recoveryCodes[0] as string })

  const whole = Object((await make(service, { endSecondFactor: true })).body)
  assert.equal((await use(tokenOf(whole.url), goodPassword)).status, 204)
  const back = await signIn('hal')
  assert.equal((await session(back)).user.hasTotp, false)

  // With another role what was made before it is good no more.
  const stale = Object((await make()).body)
  await owner.call('PATCH', `/v1/users/${userId}`, { role: 'admin' })
  assert.deepEqual(told(await use(tokenOf(stale.url))), [404, 'no-match'])
  const expired = Object((await make()).body)
  using file = new DatabaseSync(join(street.data, 'fairlead.db'), { timeout: 5000 })
  file.exec('update password_reset set expires_at = expires_at - 86400000')
  assert.deepEqual(told(await use(tokenOf(expired.url))), [404, 'no-match'])
  const kept = JSON.stringify(file.prepare('select * from password_reset').all())
  assert.ok(!kept.includes(tokenOf(expired.url)), 'the record has no token')
  const acts = Object((await service.read(`/v1/audit?action=user.password-reset`)).body).items
  assert.deepEqual(
    acts.map(({ subject }: { subject: string }) => subject),
    [userId, userId],
  )
})
