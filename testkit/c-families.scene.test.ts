/** C3 a device that is seen over one family of addresses, and a terminal that calls over the other: one network all the same. */
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { openNeighbourhood } from './neighbourhood.ts'
import { openNames } from './pains/names.ts'
import { findFreePort } from './ports.ts'
import { startHouseFile } from './process.ts'

const scene = new AsyncDisposableStack()
after(() => scene.disposeAsync())
const port = await findFreePort()
const [over4, over6] = [`http://127.0.0.1:${port}`, `http://[::1]:${port}`]
const own = 'https://relay.example.com'
const street = scene.use(
  await openNeighbourhood({
    // Both families; and where somebody comes from besides is what the proxy says, which is this test.
    listen: `[::]:${port}`,
    reach: async () => over4,
    relay: [
      ...['--public-url', own, '--cors-origin', 'https://services.example.com', '--trusted-proxies', '127.0.0.1'],
      // There is no TLS here, and one call is to come from nobody knows where.
      ...['--seen-urls', 'https://v4.example.com,https://v6.example.com', '--insecure-transport'],
    ],
  }),
)

const home = '198.51.100.2'
const phone = '2001:db8:1:1::33'
const seenAt = (address: string) => ({ 'x-forwarded-for': address, 'x-forwarded-proto': 'https' })
const newNonce = () => randomBytes(16).toString('base64url')
const newPin = () => String(randomInt(1e8)).padStart(8, '0')

async function call(path: string, body: object, headers: Record<string, string> = {}, url = over4) {
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, headers: answer.headers, body: Object(await answer.json()) }
}

/** A device that shows a PIN, seen there alone. */
async function announce(headers: Record<string, string>, url = over4): Promise<{ pin: string; token: string }> {
  const pin = newPin()
  const shown = { id: `d-${pin}`, pin, addresses: ['192.168.1.20/24'], localUrl: 'http://192.168.1.20:8081/pair' }
  const { status, body } = await call('/device/v1/pairing', shown, headers, url)
  assert.equal(status, 201, JSON.stringify(body))
  return { pin, token: body.token }
}

async function witness(nonce: string, address: string): Promise<string> {
  const { status, body } = await call('/v1/witness', { nonce }, seenAt(address))
  assert.equal(status, 200, JSON.stringify(body))
  return body.witness
}

/** Typed on the phone, which calls over IPv6. */
const type = (pin: string, more: object) =>
  street.service.post('/v1/pairings', { pin, addresses: ['192.168.1.33/24'], ...more }, seenAt(phone))

test('S-R6 what a terminal was told over the other family makes it one network; what is not genuine adds nothing, and nothing tells so', async () => {
  const { pin, token } = await announce(seenAt(home))
  const nonce = newNonce()
  const genuine = await witness(nonce, home)
  const elsewhere = await witness(nonce, '203.0.113.9')
  const refused = [
    await type(pin, {}),
    await type(pin, { witnesses: [elsewhere], nonce }),
    await type(pin, { witnesses: [genuine], nonce: newNonce() }),
    await type(pin, { witnesses: [genuine.replace(/^./, (first) => (first === 'M' ? 'N' : 'M'))], nonce }),
  ]
  for (const { status, body } of refused) {
    assert.equal(status, 404)
    assert.deepEqual(body, refused[0]?.body)
  }
  for (const bad of [
    { witnesses: [genuine] },
    { witnesses: ['made up'], nonce },
    { witnesses: Array(5).fill(genuine), nonce },
    { witnesses: [genuine], nonce: 'short' },
  ])
    assert.equal((await type(pin, bad)).status, 400, JSON.stringify(bad))
  const { body: news } = await call('/device/v1/pairing', { token }, seenAt(home))
  assert.deepEqual([news.state, news.refused.check], ['waiting', 'network'])
  const match = await type(pin, { witnesses: [elsewhere, genuine], nonce })
  assert.deepEqual([match.status, Object(match.body).device], [201, `d-${pin}`])
})

test('S-R2 a wrong PIN counts at the devices of every network that the terminal was seen in', async () => {
  const { token } = await announce(seenAt('198.51.100.77'))
  const nonce = newNonce()
  const witnesses = [await witness(nonce, '198.51.100.77')]
  assert.equal((await type(newPin(), { witnesses, nonce })).status, 404)
  assert.equal((await call('/device/v1/pairing', { token }, seenAt('198.51.100.77'))).body.refused.check, 'pin')
})

test('a page of another site is told nothing, a program is told, and who is behind a proxy that nobody knows learns why not', async () => {
  const body = { nonce: newNonce() }
  const from = (origin: string) => ({ ...seenAt(home), origin })
  const preflight = (origin: string) =>
    fetch(`${over4}/v1/witness`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  const allowed = ({ headers }: { headers: Headers }) => headers.get('access-control-allow-origin')
  const good = await call('/v1/witness', body, from(own))
  assert.deepEqual([good.status, allowed(good), allowed(await preflight(own))], [200, own, own])
  for (const origin of ['https://evil.example', 'https://services.example.com', over4, 'null']) {
    const bad = await call('/v1/witness', body, from(origin))
    assert.deepEqual([bad.status, allowed(bad), bad.body.code], [403, null, 'forbidden'], origin)
    assert.equal(allowed(await preflight(origin)), null, origin)
  }
  const urls = await fetch(`${over4}/v1/witness`)
  assert.deepEqual(await urls.json(), { urls: ['https://v4.example.com', 'https://v6.example.com'] })
  const page = await fetch(`${over4}/console/`, { headers: { accept: 'text/html' } })
  const policy = String(page.headers.get('content-security-policy'))
  assert.ok(policy.includes("; connect-src 'self' https://v4.example.com https://v6.example.com; "), policy)

  const veiled = await call('/v1/witness', body, seenAt(home), over6)
  assert.deepEqual([veiled.status, veiled.body.code], [403, 'forbidden'])
  assert.match(veiled.body.detail, /--trusted-proxies/)
  assert.equal((await call('/v1/witness', { nonce: 'short' }, seenAt(home))).status, 400)
})

test('`fairlead pair` is seen over both families of the relay’s name', async () => {
  const names = scene.use(await openNames())
  await names.set({ 'relay.test': ['127.0.0.1', '::1'] })
  const { pin } = await announce({}, over6)
  const typed = { pin, addresses: ['192.168.1.33/24'] }
  assert.equal((await street.service.post('/v1/pairings', typed)).status, 404, 'over IPv4 alone')
  // Its own call goes over IPv4, as that one did.
  const environment = { FAIRLEAD_KEY: street.adminKey, NODE_OPTIONS: '--dns-result-order=ipv4first', HOME: '/nowhere' }
  const args = ['pair', pin, '--relay', `http://relay.test:${port}`, '--json']
  await using pair = await startHouseFile('cli/main.ts', args, { environment }, names.start)
  const { code } = await pair.exited
  assert.equal(code, 0, pair.output().stderr)
  // Where this machine is has nothing to do with the device, so somebody is asked.
  assert.match(String(JSON.parse(pair.output().stdout).state), /^(press-needed|sending)$/)
})
