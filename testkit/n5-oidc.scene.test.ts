/** N5: people sign in by a real OpenID provider; whoever should not come in does not, and is told why in one word. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { type OidcReason, oidcReasons } from '@fairlead/protocol/contract'
import { chromium } from 'playwright-core'
import { chromiumHere } from './browser.ts'
import { openCluster } from './cluster.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { type Claims, createHandBrowser, type HandBrowser, openOidcProvider } from './oidc.ts'
import { createPerson, goodPassword, invite } from './person.ts'
import { createService } from './service.ts'

const provider = await openOidcProvider()
after(() => provider[Symbol.asyncDispose]())
const options = [...provider.options, '--oidc-name', 'Our Keycloak', '--oidc-domain', 'firm.example']
// All of it comes from one address.
const settings = [...options, '--max-failed-sign-ins-of-network', '1000']
const street = await openNeighbourhood({ relay: settings })
after(() => street[Symbol.asyncDispose]())
const { url, publicUrl, service } = street

const verified = (sub: string, email: string): Claims => ({ sub, email, email_verified: true, name: `${sub} by name` })
const beginAt = (browser: HandBrowser, relayUrl = url) => browser.go(`${relayUrl}/v1/session/oidc`)
/** The provider leads to the relay's public name; the test's cookies are of its address. */
const atRelay = (callback: string, relayUrl = url) => relayUrl + callback.slice(new URL(callback).origin.length)
const sessionOf = (browser: HandBrowser, relayUrl = url) => {
  const { hostname } = new URL(relayUrl)
  return createPerson(relayUrl, browser.cookies(hostname)).read('/v1/session')
}

/** All of it, as one button does it. */
async function signIn(who: Claims | 'no', browser = createHandBrowser()) {
  const callback = await browser.passProvider((await beginAt(browser)).location, who)
  return { browser, ...(await browser.go(atRelay(callback))) }
}

function saysWhy(answer: { status: number; location: string; text: string }, reason: OidcReason): void {
  assert.deepEqual(
    [answer.status, answer.location, answer.text],
    [302, `${publicUrl}/console/#/sign-in/oidc-failed/${reason}`, `${oidcReasons[reason]}\n`],
  )
}

test('N5 who is invited comes in by the provider as what the invitation says, comes again, and signs out', async () => {
  await service.post('/v1/invitations', { email: 'Ivy@Elsewhere.example', role: 'operator' })
  const { browser, status, location } = await signIn(verified('ivy', 'ivy@elsewhere.example'))
  assert.deepEqual([status, location], [302, `${publicUrl}/console/`])
  const { user } = Object((await sessionOf(browser)).body)
  assert.deepEqual(
    [user.email, user.name, user.role, user.account, user.hasOidc],
    ['ivy@elsewhere.example', 'ivy by name', 'operator', 'default', true],
  )
  assert.deepEqual(Object((await service.read('/v1/invitations')).body).items, [], 'it is used up')

  const page = createPerson(url, browser.cookies(new URL(url).hostname))
  assert.equal((await page.call('DELETE', '/v1/session')).status, 204)
  assert.equal((await sessionOf(browser)).status, 401)
  const entries = Object((await service.read('/v1/audit?action=user.made')).body).items
  assert.deepEqual(
    entries.map(({ account, actor, subject, address }: Record<string, unknown>) => ({
      account,
      actor,
      subject,
      address,
    })),
    [{ account: 'default', actor: { kind: 'user', id: user.userId }, subject: user.userId, address: '127.0.0.1' }],
  )
  // Whatever address the provider has by now: who it is is said by the subject.
  const again = await signIn({ sub: 'ivy', email: 'married@elsewhere.example', email_verified: false })
  assert.equal(Object((await sessionOf(again.browser)).body).user.userId, user.userId)
  const asPassword = { email: 'ivy@elsewhere.example', password: goodPassword }
  assert.equal((await createPerson(url).post('/v1/session', asPassword)).status, 401, 'there is no password')
})

test('N5 who has an address of the domain comes in as a viewer; a stranger and an unverified address do not', async () => {
  const { browser, location } = await signIn(verified('dan', 'Dan@Firm.example'))
  assert.equal(location, `${publicUrl}/console/`)
  assert.equal(Object((await sessionOf(browser)).body).user.role, 'viewer')
  for (const email of ['eve@evil.example', 'eve@firm.example.evil.example', 'eve@sub.firm.example'])
    saysWhy(await signIn(verified('eve', email)), 'stranger')
  saysWhy(await signIn({ sub: 'eve', email: 'eve@firm.example', email_verified: false }), 'unverified')
  saysWhy(await signIn({ sub: 'eve', email: 'eve@firm.example' }), 'unverified')
  saysWhy(await signIn({ sub: 'eve' }), 'unverified')
  saysWhy(await signIn('no'), 'cancelled')
})

test("an invitation of another account, and another account's user, are none of this provider's", async () => {
  await service.post('/v1/accounts', { id: 'lodge' })
  await service.post('/v1/invitations', { email: 'lou@lodge.example', role: 'owner', account: 'lodge' })
  saysWhy(await signIn(verified('lou', 'lou@lodge.example')), 'stranger')
  const { person } = await invite(url, service, { email: 'lea@lodge.example', role: 'owner', account: 'lodge' })
  assert.equal((await person.post('/v1/session/oidc/link', {})).status, 403)
})

test('S-A7 a user of the same address is not taken over, but links the provider when signed in, and lets it go again', async () => {
  const { person, userId } = await invite(url, service, { email: 'max@firm.example', role: 'admin' })
  saysWhy(await signIn(verified('max', 'max@firm.example')), 'taken')

  const { hostname } = new URL(url)
  const link = async (who: Claims, relayPerson = person) => {
    const browser = createHandBrowser()
    const begun = await relayPerson.post('/v1/session/oidc/link', {})
    const [cookie = ''] = begun.headers.getSetCookie()
    assert.match(cookie, /^__Host-fairlead-oidc=[^;]+; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
    const callback = await browser.passProvider(Object(begun.body).url, who)
    // The session's own cookie does not come along from the provider's page.
    const headers = { cookie: cookie.split(';')[0] ?? '' }
    const answer = await fetch(atRelay(callback), { headers, redirect: 'manual' })
    assert.ok(
      !answer.headers.getSetCookie().some((set) => set.startsWith('__Host-fairlead=')),
      'nobody is signed in by it',
    )
    return {
      status: answer.status,
      location: answer.headers.get('location') ?? '',
      text: await answer.text(),
    }
  }
  // No address is needed: whoever has signed in says it.
  assert.equal((await link({ sub: 'max' })).location, `${publicUrl}/console/`)
  const { browser } = await signIn({ sub: 'max' })
  assert.equal(Object((await sessionOf(browser)).body).user.userId, userId)

  const other = await invite(url, service, { email: 'mia@firm.example', role: 'viewer' })
  saysWhy(await link({ sub: 'max' }, other.person), 'linked')
  const gone = other.person.post('/v1/session/oidc/link', {})
  const [cookie = ''] = (await gone).headers.getSetCookie()
  await other.person.call('DELETE', '/v1/session')
  const late = createHandBrowser()
  const callback = await late.passProvider(Object((await gone).body).url, { sub: 'mia' })
  const refused = await fetch(atRelay(callback), {
    headers: { cookie: cookie.split(';')[0] ?? '' },
    redirect: 'manual',
  })
  assert.match(refused.headers.get('location') ?? '', /\/expired$/, 'whoever has signed out links nothing')

  assert.equal((await person.call('DELETE', '/v1/session/oidc/link')).status, 204)
  assert.equal((await person.call('DELETE', '/v1/session/oidc/link')).status, 404)
  const acts = Object((await service.read(`/v1/audit?actor=user:${userId}`)).body).items
  assert.deepEqual(
    acts.map(({ action }: { action: string }) => action),
    ['user.oidc-unlinked', 'user.signed-in', 'user.oidc-linked', 'user.made'],
  )
  saysWhy(await signIn(verified('max', 'max@firm.example')), 'taken')
  const { browser: danBrowser } = await signIn({ sub: 'dan' })
  const dan = createPerson(url, danBrowser.cookies(hostname))
  assert.equal((await dan.call('DELETE', '/v1/session/oidc/link')).status, 403, 'there would be no way in')
  const change = await dan.post('/v1/session/password', { old: goodPassword, new: 'quite another one' })
  assert.match(Object(change.body).detail, /no password/)
})

test('S-A7 who comes by the provider proves again by signing in there once more, as the same person, and not long before', async () => {
  await service.post('/v1/invitations', { email: 'pat@elsewhere.example', role: 'owner' })
  const { browser } = await signIn(verified('pat', 'pat@elsewhere.example'))
  const pat = createPerson(url, browser.cookies(new URL(url).hostname))
  using file = new DatabaseSync(join(street.data, 'fairlead.db'), { timeout: 5000 })
  file.exec('update user_session set proven_at = proven_at - 900000')
  const make = () => pat.post('/v1/keys', { account: 'default' })
  assert.equal(Object((await make()).body).code, 'prove-again')

  /** @param window of the browser: a new one is not signed in at the provider */
  const prove = async (who: Claims, window: HandBrowser, change: (asked: URL) => void = () => {}) => {
    const begun = await pat.post('/v1/session/proof/oidc', {})
    const [cookie = ''] = begun.headers.getSetCookie()
    const asked = new URL(Object(begun.body).url)
    assert.deepEqual([asked.searchParams.get('prompt'), asked.searchParams.get('max_age')], ['login', '0'])
    change(asked)
    const callback = atRelay(await window.passProvider(asked.href, who))
    const answer = await fetch(callback, { headers: { cookie: cookie.split(';')[0] ?? '' }, redirect: 'manual' })
    assert.ok(!answer.headers.getSetCookie().some((set) => set.startsWith('__Host-fairlead=')), 'nobody signs in by it')
    return { status: answer.status, location: answer.headers.get('location') ?? '', text: await answer.text() }
  }
  saysWhy(await prove(verified('dan', 'dan@firm.example'), createHandBrowser()), 'other')
  // Somebody leaves out of the address what asks for it.
  const quietly = ({ searchParams }: URL) => {
    for (const name of ['prompt', 'max_age']) searchParams.delete(name)
  }
  saysWhy(await prove({ sub: 'pat' }, browser, quietly), 'stale')
  assert.equal(Object((await make()).body).code, 'prove-again')
  assert.equal((await prove({ sub: 'pat' }, browser)).location, `${publicUrl}/console/#/proved`)
  assert.equal((await make()).status, 201)

  await pat.call('PATCH', '/v1/accounts/default', { requireSecondFactor: true })
  assert.equal((await pat.read('/v1/devices')).status, 403, 'the provider says nothing of a second factor')
  const strong = await signIn({ sub: 'pat', amr: ['pwd', 'mfa'] })
  const bySecond = createPerson(url, strong.browser.cookies(new URL(url).hostname))
  assert.equal((await bySecond.read('/v1/devices')).status, 200)
  await service.call('PATCH', '/v1/accounts/default', { requireSecondFactor: false })
})

test('who was removed stays out, by subject and by address, until somebody invites them', async () => {
  const { browser } = await signIn(verified('rob', 'rob@firm.example'))
  const { userId } = Object((await sessionOf(browser)).body).user
  assert.equal((await service.call('DELETE', `/v1/users/${userId}`)).status, 204)
  assert.equal((await sessionOf(browser)).status, 401)
  saysWhy(await signIn(verified('rob', 'rob@firm.example')), 'removed')
  saysWhy(await signIn(verified('rob', 'bob@firm.example')), 'removed')
  saysWhy(await signIn(verified('rob-2', 'rob@firm.example')), 'removed')
  // Who never came by the provider as well.
  const { userId: local } = await invite(url, service, { email: 'sue@firm.example', role: 'viewer' })
  await service.call('DELETE', `/v1/users/${local}`)
  saysWhy(await signIn(verified('sue', 'sue@firm.example')), 'removed')
  await service.post('/v1/invitations', { email: 'rob@firm.example', role: 'viewer' })
  assert.equal((await signIn(verified('rob', 'rob@firm.example'))).location, `${publicUrl}/console/`)
})

test('S-A7 another state, nonce or issuer, a code of somebody else and one that was used sign nobody in', async () => {
  const who = verified('una', 'una@firm.example')
  const browser = createHandBrowser()
  const { location } = await beginAt(browser)
  const asked = new URL(location).searchParams
  assert.deepEqual(
    [asked.get('response_type'), asked.get('code_challenge_method'), asked.get('redirect_uri')],
    ['code', 'S256', `${publicUrl}/v1/session/oidc/callback`],
  )
  const callback = atRelay(await browser.passProvider(location, who))
  const changed = (name: string, value: string | undefined) => {
    const target = new URL(callback)
    if (value === undefined) target.searchParams.delete(name)
    else target.searchParams.set(name, value)
    return target.href
  }
  saysWhy(await browser.go(changed('state', 'another')), 'expired')
  saysWhy(await browser.go(changed('state', undefined)), 'expired')
  saysWhy(await createHandBrowser().go(callback), 'expired')
  saysWhy(await browser.go(changed('iss', 'https://evil.example')), 'mismatch')
  saysWhy(await browser.go(changed('iss', undefined)), 'mismatch')
  saysWhy(await browser.go(changed('code', 'made-up')), 'mismatch')

  // The code of one browser in another, with that one's state: its PKCE verifier does not fit.
  const thief = createHandBrowser()
  const state = new URL((await beginAt(thief)).location).searchParams.get('state') ?? ''
  saysWhy(await thief.go(changed('state', state)), 'mismatch')

  const nonced = createHandBrowser()
  const withNonce = new URL((await beginAt(nonced)).location)
  withNonce.searchParams.set('nonce', 'another')
  saysWhy(await nonced.go(atRelay(await nonced.passProvider(withNonce.href, who))), 'mismatch')

  const fresh = createHandBrowser()
  const good = atRelay(await fresh.passProvider((await beginAt(fresh)).location, who))
  const underWay = fresh.cookies(new URL(url).hostname)
  assert.equal((await fresh.go(good)).location, `${publicUrl}/console/`)
  const replayed = await fetch(good, { headers: { cookie: underWay }, redirect: 'manual' })
  assert.match(replayed.headers.get('location') ?? '', /\/mismatch$/)
  assert.deepEqual(replayed.headers.getSetCookie(), [])
  const { stderr } = street.relay().output()
  assert.match(stderr, /people\.oidc-failed/)
  for (const secret of [good, 'a secret of'].map((each) => new URL(each, url).searchParams.get('code') ?? each))
    assert.ok(!stderr.includes(secret), 'a secret stands in the log')
})

test('anybody may ask which ways there are, and a real browser comes back from another site with a session', async () => {
  assert.deepEqual((await createPerson(url).read('/v1/session/ways')).body, {
    ...{ password: true, passkey: true, oidc: { name: 'Our Keycloak' } },
  })
  const browser = await chromium.launch(chromiumHere)
  after(() => browser.close())
  const page = await (await browser.newContext({ bypassCSP: true })).newPage()
  // The provider is at 127.0.0.1, the relay at localhost: two sites.
  assert.notEqual(new URL(publicUrl).hostname, new URL(provider.url).hostname)
  await page.goto(`${publicUrl}/v1/session/oidc`)
  await page.fill('input', JSON.stringify(verified('val', 'val@firm.example')))
  await page.click('button')
  await page.waitForURL(`${publicUrl}/console/**`)
  const session = () =>
    page.evaluate(async () => {
      const answer = await fetch('/v1/session')
      return { status: answer.status, email: (await answer.json()).user?.email }
    })
  assert.deepEqual(await session(), { status: 200, email: 'val@firm.example' })
  assert.equal(await page.evaluate(async () => (await fetch('/v1/session', { method: 'DELETE' })).status), 204)
  assert.equal((await session()).status, 401)
})

test('N6 begun at one node and finished at the other, once', async () => {
  await using cluster = await openCluster({
    nodes: 2,
    relay: [...options, '--oidc-account', 'firm', '--oidc-role', 'operator'],
  })
  const [here, there] = cluster.nodes
  assert.ok(here && there)
  const admin = createService(here.url, cluster.adminKey)
  const early = createHandBrowser()
  const tooEarly = await early.passProvider(
    (await beginAt(early, here.url)).location,
    verified('xia', 'xia@firm.example'),
  )
  assert.match((await early.go(atRelay(tooEarly, there.url))).location, /\/mismatch$/)
  assert.match(there.process().output().stderr, /There is no account firm/)
  await admin.post('/v1/accounts', { id: 'firm' })
  await admin.post('/v1/invitations', { email: 'Wim@elsewhere.example', role: 'admin', account: 'firm' })
  const browser = createHandBrowser()
  const callback = await browser.passProvider(
    (await beginAt(browser, here.url)).location,
    verified('wim', 'wim@elsewhere.example'),
  )
  assert.equal((await browser.go(atRelay(callback, there.url))).location, `${cluster.url}/console/`)
  for (const node of [here, there])
    assert.equal(Object((await sessionOf(browser, node.url)).body).user.email, 'wim@elsewhere.example')

  // Two windows of somebody who is new, at the same moment: one user.
  const windows = await Promise.all(
    [here, there].map(async (node) => {
      const window = createHandBrowser()
      const begun = await beginAt(window, node.url)
      return { node, window, back: await window.passProvider(begun.location, verified('xia', 'xia@firm.example')) }
    }),
  )
  const came = await Promise.all(windows.map(({ node, window, back }) => window.go(atRelay(back, node.url))))
  assert.deepEqual(
    came.map((answer) => answer.location),
    [`${cluster.url}/console/`, `${cluster.url}/console/`],
  )
  const users = Object((await admin.read('/v1/users?account=firm')).body).items
  assert.deepEqual(users.map(({ email, role }: { email: string; role: string }) => `${email} ${role}`).sort(), [
    'wim@elsewhere.example admin',
    'xia@firm.example operator',
  ])
})

test('S-M1 once the provider is for another account, it signs in nobody of the one before', async () => {
  settings.push('--oidc-account', 'lodge')
  await street.restartRelay()
  saysWhy(await signIn({ sub: 'dan' }), 'stranger')
  assert.equal(
    (await signIn(verified('lou', 'lou@lodge.example'))).location,
    `${publicUrl}/console/`,
    'and who was invited there comes',
  )
  settings.splice(-2)
})

// The last one: the provider is gone after it.
test('a provider that is down is said to be, at whichever step, and the other ways stay', async () => {
  const browser = createHandBrowser()
  const callback = atRelay(await browser.passProvider((await beginAt(browser)).location, { sub: 'dan' }))
  await provider.process.kill()
  saysWhy(await browser.go(callback), 'unreachable')
  await street.restartRelay()
  saysWhy(await beginAt(browser), 'unreachable')
  const { person } = await invite(url, service, { email: 'yan@firm.example', role: 'viewer' })
  const link = await person.post('/v1/session/oidc/link', {})
  assert.deepEqual([link.status, Object(link.body).detail], [503, oidcReasons.unreachable])
})
