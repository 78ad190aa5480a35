/** N5 S-A7: passkeys in a real Chromium with a virtual authenticator: made, used instead of password and code, and gone. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { chromium, type Page } from 'playwright-core'
import { chromiumHere } from './browser.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { goodPassword, invite } from './person.ts'

// All of it comes from one address.
const street = await openNeighbourhood({ relay: ['--max-failed-sign-ins-of-network', '1000'] })
after(() => street[Symbol.asyncDispose]())
const browser = await chromium.launch(chromiumHere)
after(() => browser.close())

const email = 'ann@example.com'

/** A page of the relay itself, with an authenticator of its own. Its script runs whatever the page's policy says: it is not the page's. */
async function openPage(): Promise<Page> {
  const context = await browser.newContext({ bypassCSP: true })
  const page = await context.newPage()
  const devTools = await context.newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  const kind = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true } as const
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...kind, isUserVerified: true, automaticPresenceSimulation: true },
  })
  await page.goto(`${street.publicUrl}/v1/docs`)
  return page
}

/** What the page's own script would call. */
function call(page: Page, method: string, path: string, body?: unknown) {
  return page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(path, { method, ...(body !== undefined && { body }) })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
    },
    [method, path, body === undefined ? undefined : JSON.stringify(body)] as const,
  )
}

/** Nobody waits a quarter of an hour: the record says that they have. */
function passAQuarter(): void {
  using file = new DatabaseSync(join(street.data, 'fairlead.db'), { timeout: 5000 })
  file.exec('update user_session set proven_at = proven_at - 900000')
}

const make = (page: Page, options: unknown) =>
  page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json as never)
    return ((await navigator.credentials.create({ publicKey })) as PublicKeyCredential).toJSON()
  }, options)

const show = (page: Page, options: unknown) =>
  page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json as never)
    return ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON()
  }, options)

test('S-A7 a passkey is made in a browser, signs in without password and code even while those are locked, once for each challenge, and opens nothing once it is removed', async () => {
  await invite(street.url, street.service, { email, role: 'viewer' })
  const page = await openPage()
  assert.equal((await call(page, 'GET', '/v1/session')).status, 401)
  const signedIn = await call(page, 'POST', '/v1/session', { email, password: goodPassword })
  assert.equal(signedIn.status, 200)
  assert.equal((await call(page, 'GET', '/v1/session')).body.user.email, email, 'the browser keeps the cookie')
  assert.equal(await page.evaluate(() => document.cookie), '', 'and shows it to no script')

  const begun = await call(page, 'POST', '/v1/session/passkeys/options')
  assert.deepEqual([begun.body.rp.id, begun.body.user.name], ['localhost', email])
  const response = await make(page, begun.body)
  const made = await call(page, 'POST', '/v1/session/passkeys', { name: 'this laptop', response })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.equal((await call(page, 'POST', '/v1/session/passkeys', { name: 'again', response })).status, 403)
  const { items } = (await call(page, 'GET', '/v1/session/passkeys')).body
  assert.deepEqual(items, [made.body])
  assert.equal((await call(page, 'GET', '/v1/session')).body.user.passkeys, 1)
  // A challenge is good for what it was made for.
  const asked = await call(page, 'POST', '/v1/session/passkey/options')
  assert.equal((await call(page, 'DELETE', '/v1/session')).status, 204)
  assert.equal((await call(page, 'GET', '/v1/session')).status, 401)

  for (let at = 0; at < 10; at++) await call(page, 'POST', '/v1/session', { email, password: `guess number ${at}` })
  assert.equal((await call(page, 'POST', '/v1/session', { email, password: goodPassword })).status, 429)
  const proof = { response: await show(page, asked.body) }
  const forged = structuredClone(proof) as { response: { response: { signature: string } } }
  forged.response.response.signature = `${forged.response.response.signature.slice(0, -4)}AAAA`
  assert.equal((await call(page, 'POST', '/v1/session/passkey', forged)).status, 401)
  const wrongChallenge = { response: await show(page, { ...asked.body, challenge: begun.body.challenge }) }
  assert.equal((await call(page, 'POST', '/v1/session/passkey', wrongChallenge)).status, 401)
  const came = await call(page, 'POST', '/v1/session/passkey', proof)
  assert.deepEqual([came.status, came.body.user?.email], [200, email], JSON.stringify(came.body))
  assert.equal((await call(page, 'GET', '/v1/session')).status, 200)
  assert.equal((await call(page, 'POST', '/v1/session/passkey', proof)).status, 401, 'once')

  passAQuarter()
  const remove = () => call(page, 'DELETE', `/v1/session/passkeys/${made.body.passkeyId}`)
  assert.deepEqual([(await remove()).status, (await remove()).body.code], [403, 'prove-again'])
  const toProve = await call(page, 'POST', '/v1/session/proof/options')
  assert.deepEqual(
    toProve.body.allowCredentials?.map(({ id }: { id: string }) => id),
    [made.body.passkeyId],
  )
  const shown = { passkey: await show(page, toProve.body) }
  const ofSignIn = { passkey: await show(page, (await call(page, 'POST', '/v1/session/passkey/options')).body) }
  assert.equal((await call(page, 'POST', '/v1/session/proof', ofSignIn)).status, 403, 'that challenge is to sign in')
  assert.equal((await call(page, 'POST', '/v1/session/proof', shown)).status, 200)
  assert.equal((await call(page, 'POST', '/v1/session/proof', shown)).status, 403, 'once')
  await street.service.call('PATCH', '/v1/accounts/default', { requireSecondFactor: true })
  assert.equal((await call(page, 'GET', '/v1/devices')).status, 200, 'it is two factors in one')
  assert.deepEqual([(await remove()).status, (await remove()).body.code], [403, 'second-factor-required'])
  await street.service.call('PATCH', '/v1/accounts/default', { requireSecondFactor: false })

  assert.equal((await remove()).status, 204)
  const after = { response: await show(page, (await call(page, 'POST', '/v1/session/passkey/options')).body) }
  assert.equal((await call(page, 'POST', '/v1/session/passkey', after)).status, 401)
})

test("another user's passkey is not found, and cannot be removed", async () => {
  const owner = await invite(street.url, street.service, { email: 'owner@example.com', role: 'owner' })
  const page = await openPage()
  await invite(street.url, street.service, { email: 'bob@example.com', role: 'viewer' })
  await call(page, 'POST', '/v1/session', { email: 'bob@example.com', password: goodPassword })
  const response = await make(page, (await call(page, 'POST', '/v1/session/passkeys/options')).body)
  const { passkeyId } = (await call(page, 'POST', '/v1/session/passkeys', { name: 'his', response })).body
  assert.equal((await owner.person.call('DELETE', `/v1/session/passkeys/${passkeyId}`)).status, 404)
  assert.deepEqual(Object((await owner.person.read('/v1/session/passkeys')).body).items, [])
})
