/** The SDK on a page of the relay: without a key it is whoever has signed in, as a browser's cookies have it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openNeighbourhood } from '../testkit/neighbourhood.ts'
import { goodPassword, tokenOf } from '../testkit/person.ts'
import { createClient, RelayError } from './index.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const { url } = street

/** Keeps the cookie and says where the page is from, as a browser does by itself. */
function asBrowser(): typeof fetch {
  let cookie = ''
  return async (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('cookie', cookie)
    headers.set('origin', url)
    const answer = await fetch(input, { ...init, headers })
    for (const set of answer.headers.getSetCookie()) cookie = set.split(';')[0] ?? ''
    return answer
  }
}

const page = createClient({ url, fetch: asBrowser() })
const withKey = createClient({ url, key: street.adminKey })
const refusedWith = (code: string) => (error: unknown) => error instanceof RelayError && error.code === code

test('set up, invite, sign in and out, with the functions of the SDK', async () => {
  await assert.rejects(page.session.show(), refusedWith('unauthorized'))
  const token = tokenOf((await withKey.setUp.newLink()).url)
  const { user } = await page.setUp.take({ token, email: 'ann@example.com', name: 'Ann', password: goodPassword })
  assert.deepEqual((await page.session.show()).user, user)

  const invited = await page.invitations.add({ email: 'bob@example.com', role: 'operator' })
  assert.deepEqual(
    (await page.invitations.list()).items.map(({ email }) => email),
    ['bob@example.com'],
  )
  const guest = createClient({ url, fetch: asBrowser() })
  const bob = await guest.invitations.accept({ token: tokenOf(invited.url), name: 'Bob', password: goodPassword })
  assert.equal((await page.users.list({ limit: 1 })).items.length, 1)
  assert.equal((await page.users.change(bob.user.userId, { role: 'viewer' })).role, 'viewer')
  await assert.rejects(guest.session.show(), refusedWith('unauthorized'))
  await page.users.remove(bob.user.userId)
  const second = await withKey.invitations.add({ email: 'cy@example.com', role: 'viewer' })
  await withKey.invitations.remove(second.invitationId)
  assert.deepEqual((await withKey.invitations.list()).items, [])

  assert.match((await page.session.beginTotp()).uri, /^otpauth:/)
  await assert.rejects(page.session.confirmTotp('000000'), refusedWith('forbidden'))
  await assert.rejects(page.session.endTotp('000000'), refusedWith('not-found'))
  assert.equal(
    (await page.session.beginPasskey()).challenge.length,
    (await page.session.beginWithPasskey()).challenge.length,
  )
  assert.deepEqual((await page.session.passkeys()).items, [])
  assert.deepEqual(await page.session.ways(), { password: true, passkey: true, oidc: null })
  await assert.rejects(page.session.linkOidc(), refusedWith('not-found'))
  await assert.rejects(page.session.unlinkOidc(), refusedWith('not-found'))
  await page.session.changePassword({ old: goodPassword, new: 'quite another one' })
  assert.equal((await page.session.prove({ password: 'quite another one' })).secondFactor, 'fine')
  await assert.rejects(page.session.prove({ totp: '000000' }), refusedWith('forbidden'))
  await assert.rejects(page.session.beginPasskeyProof(), refusedWith('not-found'))
  await assert.rejects(page.session.proveByOidc(), refusedWith('not-found'))
  const [session] = (await page.sessions.list()).items
  assert.equal(session?.isThis, true)
  await page.sessions.endOthers()
  await assert.rejects(page.sessions.end('none'), refusedWith('not-found'))
  assert.equal((await withKey.accounts.change('default', { requireSecondFactor: false })).requireSecondFactor, false)
  const reset = await withKey.users.reset(user.userId)
  await page.session.resetPassword({ token: tokenOf(reset.url), password: goodPassword })
  await page.session.begin({ email: user.email, password: goodPassword })
  await page.session.changePassword({ old: goodPassword, new: 'quite another one' })
  await withKey.users.endSessions(user.userId)
  await page.session.begin({ email: user.email, password: 'quite another one' })
  await page.session.end()
  await assert.rejects(page.session.begin({ email: user.email, password: goodPassword }), refusedWith('unauthorized'))
  await page.session.begin({ email: user.email, password: 'quite another one' })
  assert.equal((await page.devices.list()).items.length, 0)
})
