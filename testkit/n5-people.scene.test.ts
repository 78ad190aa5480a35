/** N5: people come in by a link, a password and a second factor, do what their role says, and are out at once when they should be. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openNeighbourhood } from './neighbourhood.ts'
import { createPerson, goodPassword, setUpTokenIn } from './person.ts'
import type { Reply } from './service.ts'

// All of it comes from one address.
const street = await openNeighbourhood({ relay: ['--max-failed-sign-ins-of-network', '1000'] })
after(() => street[Symbol.asyncDispose]())
const { url } = street

const told = ({ status, body }: Reply) => [status, Object(body).code]
const ann = { email: 'Ann@example.com', name: 'Ann' }

test('N5 S-W3 the first user is made by the link that the relay prints, once; then there is no such path', async () => {
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
    ...{ hasTotp: false, passkeys: 0 },
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

  const cookie = person.cookie() ?? ''
  assert.equal((await person.call('DELETE', '/v1/session')).status, 204)
  assert.equal(person.cookie(), undefined)
  assert.deepEqual(told(await createPerson(url, cookie).read('/v1/session')), [401, 'unauthorized'])
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
  // A key counts, whatever rides along.
  assert.equal(await make({ authorization: `Bearer ${street.adminKey}` }), 201)
})
