/** N5: people come in by a link, a password and a second factor, do what their role says, and are out at once when they should be. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openCluster } from './cluster.ts'
import { openEventStream } from './event-stream.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { createPerson, goodPassword, invite, type Person, setUpTokenIn, tokenOf } from './person.ts'
import { createService, type Reply } from './service.ts'
import { totpCode } from './totp.ts'
import { until } from './until.ts'

// All of it comes from one address.
const street = await openNeighbourhood({ relay: ['--max-failed-sign-ins-of-network', '1000'] })
after(() => street[Symbol.asyncDispose]())
const { url } = street

const told = ({ status, body }: Reply) => [status, Object(body).code]
const ann = { email: 'Ann@example.com', name: 'Ann' }

test('S-W3 N5 the first user is made by the link that the relay prints, once; then there is no such path', async () => {
  const token = setUpTokenIn(street.relay().output().stderr)
  assert.ok(token, 'the link is printed')
  const person = createPerson(url)
  const order = { ...ann, password: goodPassword, token }
  assert.deepEqual(told(await person.post('/v1/set-up', { ...order, token: 'wrong' })), [403, 'forbidden'])
  for (const password of ['short', 'password1234', 'aaaaaaaaaaaaa', 'ann@example.com1'])
    assert.deepEqual(told(await person.post('/v1/set-up', { ...order, password })), [400, 'invalid-request'], password)
  const elsewhere = { origin: 'https://evil.example' }
  assert.deepEqual(told(await person.post('/v1/set-up', order, elsewhere)), [403, 'forbidden'])

  const both = await Promise.all([person.post('/v1/set-up', order), createPerson(url).post('/v1/set-up', order)])
  const made = both.find(({ status }) => status === 201)
  assert.ok(made && both.filter(({ status }) => status === 201).length === 1, 'one of two')
  const { user } = Object(made.body)
  const { userId, createdAt, lastSignedInAt, ...rest } = user
  assert.deepEqual(rest, {
    ...{ account: 'default', email: 'Ann@example.com', name: 'Ann', role: 'owner', isRelayAdmin: true },
    ...{ hasPassword: true, hasTotp: false, passkeys: 0, hasOidc: false },
  })
  assert.ok(userId && createdAt && lastSignedInAt)
  const [set = ''] = made.headers.getSetCookie()
  assert.match(set, /^__Host-fairlead=[A-Za-z0-9_-]{43}; Max-Age=604800; Path=\/; Secure; HttpOnly; SameSite=Strict$/)

  const nowhere = await createPerson(url).post('/v1/nothing', {})
  for (const [method, body] of [
    ['POST', order],
    ['POST', { bad: true }],
    ['GET', undefined],
    ['DELETE', undefined],
  ] as const) {
    const { status, body: problem } = await createPerson(url).call(method, '/v1/set-up', body)
    assert.deepEqual([status, problem], [nowhere.status, nowhere.body], method)
  }
  await street.restartRelay()
  assert.equal(setUpTokenIn(street.relay().output().stderr), undefined, 'it is printed no more')
})

test('S-A7 whoever signs in has a session until they sign out, and no failure is told from another', async () => {
  const person = createPerson(url)
  assert.deepEqual(told(await person.read('/v1/session')), [401, 'unauthorized'])
  const wrong = await person.post('/v1/session', { email: ann.email, password: 'not hers at all' })
  const unknown = await person.post('/v1/session', { email: 'bob@example.com', password: goodPassword })
  assert.deepEqual(told(wrong), [401, 'unauthorized'])
  assert.deepEqual(unknown.body, wrong.body)

  const signedIn = await person.post('/v1/session', { email: 'ANN@example.com', password: goodPassword })
  assert.equal(signedIn.status, 200, JSON.stringify(signedIn.body))
  const seen = await person.read('/v1/session')
  const { user, scopes } = Object(seen.body)
  assert.deepEqual([seen.status, user.email], [200, 'Ann@example.com'])
  assert.ok(scopes.includes('keys:write') && scopes.includes('users:write'))
  // As the admin key: all accounts.
  assert.equal((await person.post('/v1/accounts', { id: 'acme' })).status, 201)
  assert.equal((await person.read('/v1/devices')).status, 200)

  const another = createPerson(url)
  await another.post('/v1/session', { email: ann.email, password: goodPassword })
  const first = createPerson(url, person.cookie())
  await person.post('/v1/session', { email: ann.email, password: goodPassword })
  assert.deepEqual(told(await first.read('/v1/session')), [401, 'unauthorized'], 'another one is in its place')
  assert.equal((await another.read('/v1/session')).status, 200, 'that of another browser stands')

  const cookie = person.cookie() ?? ''
  assert.equal((await person.call('DELETE', '/v1/session')).status, 204)
  assert.equal(person.cookie(), undefined)
  const late = createPerson(url, cookie)
  assert.deepEqual(told(await late.read('/v1/session')), [401, 'unauthorized'])
  assert.equal((await late.read('/v1/openapi.json')).status, 200, 'it keeps nobody from what anybody may')
  assert.equal((await late.post('/v1/session', { email: ann.email, password: goodPassword })).status, 200)
})

test('S-A7 a cookie changes something from a page of this relay only', async () => {
  const person = createPerson(url)
  await person.post('/v1/session', { email: ann.email, password: goodPassword })
  const cookie = person.cookie() ?? ''
  const { hostname, port } = new URL(url)
  const make = async (headers: Record<string, string>) => {
    const init = { method: 'POST', headers: { cookie, ...headers }, body: JSON.stringify({ account: 'default' }) }
    return (await fetch(`${url}/v1/keys`, init)).status
  }
  assert.equal(await make({}), 403)
  assert.equal(await make({ origin: 'https://evil.example' }), 403)
  assert.equal(await make({ origin: 'null' }), 403)
  assert.equal(await make({ origin: `http://${hostname}:${Number(port) + 1}` }), 403)
  assert.equal(await make({ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }), 403)
  assert.equal(await make({ 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(await make({ 'sec-fetch-site': 'same-origin' }), 201)
  assert.equal(await make({ origin: url }), 201)
  assert.equal(await make({ origin: street.publicUrl }), 201)
  // Two of them: nobody knows which counts.
  assert.equal(await make({ origin: url, cookie: `${cookie}; ${cookie}` }), 401)
  const { user } = Object((await person.read('/v1/session')).body)
  const [newest] = Object((await person.read('/v1/audit?action=key.made')).body).items
  assert.deepEqual(newest.actor, { kind: 'user', id: user.userId }, 'the audit log names who did it')
  // A key counts, whatever rides along.
  assert.equal(await make({ authorization: `Bearer ${street.adminKey}` }), 201)
})

/** Signed in as the owner that set the relay up. */
async function signIn(email = ann.email, password = goodPassword) {
  const person = createPerson(url)
  const { status, body } = await person.post('/v1/session', { email, password })
  assert.equal(status, 200, JSON.stringify(body))
  return person
}

test('N5 somebody comes by an invitation, once; then they are a user of that account, with that role', async () => {
  const owner = await signIn()
  await owner.post('/v1/accounts', { id: 'lodge' })
  const order = { email: 'Bea@example.com', role: 'operator', account: 'lodge' }
  const [first, second] = [await owner.post('/v1/invitations', order), await owner.post('/v1/invitations', order)]
  assert.equal(second.status, 201)
  const { url: link, ...invitation } = Object(second.body)
  assert.ok(link.startsWith(`${street.publicUrl}/console/#/invitation/`))
  assert.equal(Date.parse(invitation.expiresAt) - Date.parse(invitation.createdAt), 7 * 24 * 3_600_000)
  const listed = Object((await owner.read('/v1/invitations?account=lodge')).body)
  assert.deepEqual(listed.items, [invitation], 'one for each address, and nothing that opens the door')

  const person = createPerson(url)
  const accept = (token: string, password = goodPassword) =>
    person.post('/v1/invitations/accept', { token, name: 'Bea', password })
  assert.deepEqual(told(await accept(tokenOf(Object(first.body).url))), [404, 'no-match'], 'the one before is dead')
  assert.deepEqual(told(await accept(tokenOf(link), 'bea@example.com')), [400, 'invalid-request'])
  const both = await Promise.all([accept(tokenOf(link)), accept(tokenOf(link))])
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 404])
  const { user, scopes } = Object((await person.read('/v1/session')).body)
  assert.deepEqual([user.account, user.role, user.isRelayAdmin], ['lodge', 'operator', false])
  assert.deepEqual(scopes, ['devices:read', 'requests:read', 'events:read', 'requests:write', 'jobs:write'])
  assert.deepEqual(told(await owner.post('/v1/invitations', order)), [409, 'email-taken'])
  const taken = await owner.post('/v1/invitations', { ...order, email: ann.email })
  assert.equal(taken.status, 201, 'of users elsewhere nothing is told')
  assert.deepEqual(told(await accept(tokenOf(Object(taken.body).url))), [409, 'email-taken'])

  const back = Object((await owner.post('/v1/invitations', { ...order, email: 'cy@example.com' })).body)
  assert.equal((await owner.call('DELETE', `/v1/invitations/${back.invitationId}`)).status, 204)
  assert.deepEqual(told(await accept(tokenOf(back.url))), [404, 'no-match'])
})

test('N5 an admin manages operators and viewers, an owner everybody, and the last owner stays', async () => {
  const { service } = street
  await service.post('/v1/accounts', { id: 'ranks' })
  const inRanks = (role: string, email = `${role}@ranks.example`) =>
    invite(url, service, { email, role, account: 'ranks' })
  const [owner, admin, operator] = [await inRanks('owner'), await inRanks('admin'), await inRanks('operator')]
  const change = (who: { person: Person }, whom: { userId: string }, role: string) =>
    who.person.call('PATCH', `/v1/users/${whom.userId}`, { role })

  assert.equal((await change(admin, operator, 'viewer')).status, 200)
  assert.deepEqual(told(await change(admin, operator, 'admin')), [403, 'forbidden'])
  assert.deepEqual(told(await change(admin, owner, 'viewer')), [403, 'forbidden'])
  assert.deepEqual(told(await change(admin, admin, 'owner')), [403, 'forbidden'])
  for (const role of ['admin', 'owner'])
    assert.deepEqual(told(await admin.person.post('/v1/invitations', { email: 'd@ranks.example', role })), [
      403,
      'forbidden',
    ])
  const email = 'viewer@ranks.example'
  assert.equal((await admin.person.post('/v1/invitations', { email, role: 'viewer' })).status, 201)
  const shown = Object((await admin.person.read('/v1/users')).body).items
  assert.deepEqual(shown.map((user: { role: string }) => user.role).sort(), ['admin', 'owner', 'viewer'])

  assert.deepEqual(told(await change(owner, owner, 'admin')), [409, 'last-owner'])
  assert.deepEqual(told(await service.call('DELETE', `/v1/users/${owner.userId}`)), [409, 'last-owner'])
  const second = await inRanks('owner', 'second@ranks.example')
  const [one, other] = await Promise.all([change(owner, owner, 'admin'), change(second, second, 'admin')])
  assert.deepEqual([one.status, other.status].sort(), [200, 409], 'of two owners one stays')
  // Who acts as the admin key does is above the roles of an account.
  const inDefault = await invite(url, service, { email: 'owner@default.example', role: 'owner' })
  const ofDefault = Object((await inDefault.person.read('/v1/users')).body).items
  const relayAdmin = ofDefault.find((user: { isRelayAdmin: boolean }) => user.isRelayAdmin)
  assert.deepEqual(told(await change(inDefault, relayAdmin, 'viewer')), [403, 'forbidden'])
})

test('S-A7 a session ends with the role, the password and the user, at once, and with it an open event stream', async () => {
  const { service } = street
  const { person, userId } = await invite(url, service, { email: 'eve@example.com', role: 'viewer' })
  const session = async () => (await person.read('/v1/session')).status
  const another = await signIn('eve@example.com')
  await using stream = await openEventStream({ relayUrl: url, cookie: person.cookie() })
  assert.equal(stream.status, 200)
  await service.call('PATCH', `/v1/users/${userId}`, { name: 'Eve' })
  assert.equal(await session(), 200, 'a name is only a name')
  await service.call('PATCH', `/v1/users/${userId}`, { role: 'operator' })
  await stream.ended()
  assert.deepEqual([await session(), (await another.read('/v1/session')).status], [401, 401])

  await person.post('/v1/session', { email: 'eve@example.com', password: goodPassword })
  const elsewhere = await signIn('eve@example.com')
  const change = (old: string, next: string) => person.post('/v1/session/password', { old, new: next })
  assert.deepEqual(told(await change('not it at all', 'quite another one')), [403, 'forbidden'])
  assert.deepEqual(told(await change(goodPassword, 'eve@example.com')), [400, 'invalid-request'])
  assert.equal((await change(goodPassword, 'quite another one')).status, 200)
  assert.equal(await session(), 200, 'whoever changed it goes on')
  assert.equal((await elsewhere.read('/v1/session')).status, 401)
  const old = await createPerson(url).post('/v1/session', { email: 'eve@example.com', password: goodPassword })
  assert.equal(old.status, 401)

  await using last = await openEventStream({ relayUrl: url, cookie: person.cookie() })
  assert.equal((await service.call('DELETE', `/v1/users/${userId}`)).status, 204)
  await last.ended()
  assert.equal(await session(), 401)
})

test('S-A7 ten failed sign-ins lock a quarter of an hour, also for the right password; others come in', async () => {
  await invite(url, street.service, { email: 'fay@example.com', role: 'viewer' })
  const guess = (password: string, email = 'Fay@example.com') =>
    createPerson(url).post('/v1/session', { email, password })
  const guesses = await Promise.all(Array.from({ length: 10 }, (_, at) => guess(`guess number ${at}`)))
  assert.deepEqual(new Set(guesses.map(({ status }) => status)), new Set([401]))
  const locked = await guess(goodPassword, 'fay@EXAMPLE.com')
  assert.deepEqual(told(locked), [429, 'too-many-requests'])
  const seconds = Number(locked.headers.get('retry-after'))
  assert.ok(seconds > 800 && seconds <= 900, `${seconds} s`)
  await street.restartRelay('SIGKILL')
  assert.equal((await guess(goodPassword)).status, 429, 'a restart forgets nothing')
  assert.equal((await guess(goodPassword, ann.email)).status, 200)
})

test('a cookie is not taken over plain HTTP from elsewhere, nor a password', async () => {
  const person = await signIn()
  const elsewhere = { 'x-forwarded-for': '192.0.2.7' }
  const looked = await person.call('GET', '/v1/session', undefined, elsewhere)
  assert.deepEqual(told(looked), [403, 'insecure-transport'])
  const order = { email: ann.email, password: goodPassword }
  assert.deepEqual(told(await createPerson(url).post('/v1/session', order, elsewhere)), [403, 'insecure-transport'])
})

test('N6 S-A7 with two nodes: set up at one, signed in at the other, out at both at once, and each code once', async () => {
  await using cluster = await openCluster({ nodes: 2, relay: ['--max-failed-sign-ins-of-network', '1000'] })
  const [here, there] = cluster.nodes.map((node) => ({ ...node, service: createService(node.url, cluster.adminKey) }))
  assert.ok(here && there)
  const link = Object((await here.service.post('/v1/set-up/link', {})).body).url
  const ofOwner = createPerson(there.url)
  const order = { ...ann, password: goodPassword, token: tokenOf(link) }
  assert.equal((await ofOwner.post('/v1/set-up', order)).status, 201)
  for (const { url: nodeUrl } of [here, there])
    assert.deepEqual(told(await createPerson(nodeUrl).post('/v1/set-up', {})), [404, 'not-found'])
  assert.equal((await ofOwner.at(here.url).read('/v1/session')).status, 200)

  const { person, userId } = await invite(here.url, ofOwner.at(here.url), { email: 'gil@example.com', role: 'admin' })
  await using stream = await openEventStream({ relayUrl: there.url, cookie: person.cookie() })
  assert.equal(stream.status, 200)
  assert.equal((await here.service.call('PATCH', `/v1/users/${userId}`, { role: 'viewer' })).status, 200)
  await stream.ended()
  assert.equal((await person.at(there.url).read('/v1/session')).status, 401)

  const nodeUrls = [here.url, there.url]
  const { secret } = Object((await ofOwner.at(here.url).post('/v1/session/totp', {})).body)
  const codeAt = (steps: number) => totpCode(secret, Math.floor(Date.now() / 30_000) + steps)
  const confirmed = await ofOwner.at(there.url).call('PUT', '/v1/session/totp', { code: codeAt(0) })
  const { recoveryCodes } = Object(confirmed.body)
  for (const totp of [codeAt(1), String(recoveryCodes[0])]) {
    const withCode = { email: ann.email, password: goodPassword, totp }
    const tries = nodeUrls.map((nodeUrl) => createPerson(nodeUrl).post('/v1/session', withCode))
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [200, 401], 'a code is good once, at whichever node')
  }

  // What is proved at one node is proved, what is demanded at one is demanded, and a link is good once, at whichever.
  await cluster.servers.postgres.run('update user_session set proven_at = proven_at - 900000', cluster.databaseUrl)
  const make = () => ofOwner.at(there.url).post('/v1/keys', { account: 'default' })
  assert.deepEqual(told(await make()), [403, 'prove-again'])
  const proof = { totp: String(recoveryCodes[1]) }
  const proofs = await Promise.all(nodeUrls.map((nodeUrl) => ofOwner.at(nodeUrl).post('/v1/session/proof', proof)))
  assert.deepEqual(proofs.map(({ status }) => status).sort(), [200, 403])
  assert.equal((await make()).status, 201)
  const { person: ivy, userId: ofIvy } = await invite(here.url, here.service, {
    email: 'ivy@example.com',
    role: 'viewer',
  })
  await using open = await openEventStream({ relayUrl: there.url, cookie: ivy.cookie() })
  assert.equal(open.status, 200)
  const demand = (requireSecondFactor: boolean) =>
    ofOwner.at(here.url).call('PATCH', '/v1/accounts/default', { requireSecondFactor })
  assert.equal((await demand(true)).status, 200)
  await open.ended()
  assert.deepEqual(told(await ivy.at(there.url).read('/v1/devices')), [403, 'second-factor-required'])
  assert.equal((await demand(false)).status, 200)
  const reset = Object((await here.service.post(`/v1/users/${ofIvy}/reset`, {})).body)
  const use = { token: tokenOf(reset.url), password: 'four other words of mine' }
  const used = await Promise.all(nodeUrls.map((nodeUrl) => createPerson(nodeUrl).post('/v1/session/reset', use)))
  assert.deepEqual(used.map(({ status }) => status).sort(), [204, 404])
  assert.equal((await ivy.at(here.url).read('/v1/session')).status, 401)

  const guess = (nodeUrl: string, password: string) =>
    createPerson(nodeUrl).post('/v1/session', { email: 'gil@example.com', password })
  for (let at = 0; at < 10; at++) await guess(at % 2 ? here.url : there.url, 'not the one')
  assert.equal((await guess(there.url, goodPassword)).status, 429)
  assert.equal((await guess(here.url, goodPassword)).status, 429)
})

test('S-A7 a second factor is asked for once it is confirmed; each code is good once, and ten on paper for the day it is lost', async () => {
  const { person } = await invite(url, street.service, { email: 'hal@example.com', role: 'viewer' })
  const signInWith = (totp?: string, password = goodPassword) =>
    createPerson(url).post('/v1/session', { email: 'hal@example.com', password, ...(totp !== undefined && { totp }) })
  const { secret, uri } = Object((await person.post('/v1/session/totp', {})).body)
  assert.match(uri, /^otpauth:\/\/totp\/Fairlead:hal%40example\.com\?.*secret=/)
  assert.equal((await signInWith()).status, 200, 'it is not confirmed yet')
  const codeAt = (steps: number) => totpCode(secret, Math.floor(Date.now() / 30_000) + steps)
  const confirm = (code: string) => person.call('PUT', '/v1/session/totp', { code })
  assert.deepEqual(told(await confirm('000000')), [403, 'forbidden'])
  const confirmed = await confirm(codeAt(0))
  const { recoveryCodes } = Object(confirmed.body)
  assert.deepEqual([confirmed.status, new Set(recoveryCodes).size], [200, 10])
  for (const code of recoveryCodes) assert.match(code, /^([0-9a-f]{4}-){7}[0-9a-f]{4}$/, '128 bits')
  assert.equal(Object((await person.read('/v1/session')).body).user.hasTotp, true)
  assert.deepEqual(told(await person.post('/v1/session/totp', {})), [403, 'forbidden'])

  assert.deepEqual(told(await signInWith()), [401, 'second-factor'])
  assert.deepEqual(told(await signInWith(undefined, 'not his at all')), [401, 'unauthorized'], 'it is asked for last')
  assert.deepEqual(told(await signInWith('000000')), [401, 'second-factor'])
  const code = codeAt(1)
  const both = await Promise.all([signInWith(code), signInWith(code)])
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401], 'once')
  assert.deepEqual(told(await signInWith(codeAt(0))), [401, 'second-factor'], 'nor one from before it')
  assert.equal((await signInWith(recoveryCodes[3].toUpperCase().replaceAll('-', ' '))).status, 200)
  assert.deepEqual(told(await signInWith(recoveryCodes[3])), [401, 'second-factor'])

  await street.restartRelay('SIGKILL')
  for (const file of ['fairlead.db', 'fairlead.db-wal']) {
    const bytes = await readFile(join(street.data, file)).catch(() => Buffer.alloc(0))
    for (const text of [secret, recoveryCodes[0], person.cookie()?.split('=')[1], goodPassword])
      assert.ok(!bytes.includes(text), `${text} is in ${file}`)
  }
  const end = (tried: string) => person.call('DELETE', '/v1/session/totp', { code: tried })
  assert.deepEqual(told(await end('000000')), [403, 'forbidden'])
  assert.equal((await end(recoveryCodes[0])).status, 204)
  assert.equal((await signInWith()).status, 200)
  assert.deepEqual(told(await end(recoveryCodes[1])), [404, 'not-found'])
})

test('N5 whoever acts as the admin key does is an owner: with another role that ends', async () => {
  const person = await signIn()
  const { user } = Object((await person.read('/v1/session')).body)
  assert.deepEqual([user.isRelayAdmin, (await person.read('/v1/accounts')).status], [true, 200])
  const { body } = await street.service.call('PATCH', `/v1/users/${user.userId}`, { role: 'admin' })
  assert.deepEqual([Object(body).role, Object(body).isRelayAdmin], ['admin', false])
  assert.equal((await (await signIn()).read('/v1/accounts')).status, 403)
})

test('S-M4 what is done to users and by them is in the audit log, and so is who failed to sign in', async () => {
  // Earlier tests have taken from the first user what they had.
  const { service: owner } = street
  const account = 'audited'
  await owner.post('/v1/accounts', { id: account })
  const { person, userId } = await invite(url, owner, { email: 'cleo@example.com', role: 'operator', account })
  const unused = await owner.post('/v1/invitations', { email: 'dora@example.com', role: 'viewer', account })
  await owner.call('DELETE', `/v1/invitations/${Object(unused.body).invitationId}`)
  await person.post('/v1/session/password', { old: goodPassword, new: 'four other words of mine' })
  await createPerson(url).post('/v1/session', { email: 'cleo@example.com', password: goodPassword })
  await signIn('cleo@example.com', 'four other words of mine')
  await owner.call('PATCH', `/v1/users/${userId}`, { name: 'Cleo' })
  await owner.call('DELETE', `/v1/users/${userId}`)

  const entries = async () => Object((await owner.read(`/v1/audit?account=${account}&limit=100`)).body).items
  await until('the refusal is told', async () => JSON.stringify(await entries()).includes('user.sign-in-refused'))
  const seen = (await entries()).filter(({ action }: { action: string }) => /^(user|invitation)\./.test(action))
  const told = seen.map(({ action, actor }: { action: string; actor: { kind: string; id?: string } }) => {
    const who = actor.id === userId ? 'herself' : actor.kind
    return `${action} by ${who}`
  })
  assert.deepEqual(told.sort(), [
    'invitation.removed by admin',
    'user.changed by admin',
    'user.invited by admin',
    'user.invited by admin',
    'user.made by herself',
    'user.password-changed by herself',
    'user.removed by admin',
    'user.sign-in-refused by nobody',
    'user.signed-in by herself',
  ])
  assert.ok(!JSON.stringify(seen).includes('@example.com'), 'no address of a person is kept for ever')
})
