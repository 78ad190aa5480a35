/** The doctor finds the proxy that the environment prescribes, and what it does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeCertificate } from '../../testkit/certificate.ts'
import { openFolder } from '../../testkit/folder.ts'
import { openHttpProxy } from '../../testkit/http-proxy.ts'
import { openSmallRelay } from '../../testkit/small-relay.ts'
import { examine } from './for-tests.ts'
import { findProxy } from './proxy.ts'

const shownFor = (target: string, environment: Record<string, string>) => findProxy(new URL(target), environment)?.shown

test('the variable of the scheme counts, in small letters first', () => {
  const environment = { HTTPS_PROXY: 'http://big:1', https_proxy: 'http://small:2', HTTP_PROXY: 'http://plain:3' }
  assert.equal(shownFor('https://relay.example', environment), 'http://small:2')
  assert.equal(shownFor('http://relay.example', environment), 'http://plain:3')
  assert.equal(shownFor('http://relay.example', {}), undefined)
})

test('NO_PROXY exempts hosts, domains and ports', () => {
  const direct = (target: string, list: string) =>
    shownFor(target, { HTTP_PROXY: 'proxy:3128', NO_PROXY: list }) === undefined
  assert.ok(direct('http://relay.example', '*'))
  assert.ok(direct('http://relay.example', 'localhost, relay.example'))
  assert.ok(direct('http://a.relay.example', '.relay.example'))
  assert.ok(direct('http://relay.example:8080', 'relay.example:8080'))
  assert.ok(direct('http://127.0.0.1:8080', '127.0.0.1'))
  assert.ok(!direct('http://relay.example:8080', 'relay.example:9090'))
  assert.ok(!direct('http://notrelay.example', 'relay.example'))
  assert.ok(!direct('http://relay.example', ''))
})

test('a password in the proxy URL is used and never shown', async () => {
  await using relay = await openSmallRelay()
  await using proxy = await openHttpProxy({ credentials: 'ann:s3cret' })
  const environment = { HTTP_PROXY: proxy.url.replace('http://', 'http://ann:s3cret@') }
  const { status, report, of } = await examine(relay.url, { environment })
  assert.equal(status, 0, JSON.stringify(report))
  assert.match(of('proxy').says, new RegExp(`HTTP_PROXY sends this through the HTTP proxy ${proxy.url}\\.`))
  assert.ok(!JSON.stringify(report).includes('s3cret'))
  assert.ok(proxy.visits.length > 0)
})

test('a variable that is no URL is named without its value', async () => {
  const { troubles, of } = await examine('http://relay.example', { environment: { HTTP_PROXY: 'socks5://s3cret@x' } })
  assert.deepEqual(troubles, ['proxy'])
  assert.equal(of('proxy').says, 'HTTP_PROXY is not the URL of an HTTP proxy.')
})

test('a proxy that is not there is named instead of the relay', async () => {
  await using relay = await openSmallRelay()
  const gone = await openHttpProxy()
  await gone[Symbol.asyncDispose]()
  const { troubles, of } = await examine(relay.url, { environment: { HTTP_PROXY: gone.url } })
  assert.deepEqual(troubles, ['connection'])
  assert.match(of('connection').says, /^the proxy 127\.0\.0\.1 refuses connections/)
})

test('a proxy that wants credentials is named, over HTTP and over a tunnel', async () => {
  await using relay = await openSmallRelay()
  await using proxy = await openHttpProxy({ credentials: 'ann:secret' })
  const environment = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }
  for (const url of [relay.url, relay.url.replace('http:', 'https:')]) {
    const { troubles, of } = await examine(url, { environment })
    assert.deepEqual(troubles, ['relay'], url)
    assert.match(of('relay').says, /wants to know who you are \(407\)/)
  }
})

test('a proxy that refuses tunnels is named', async () => {
  await using relay = await openSmallRelay()
  await using proxy = await openHttpProxy({ refuseConnect: true })
  const { of } = await examine(relay.url.replace('http:', 'https:'), { environment: { HTTPS_PROXY: proxy.url } })
  assert.match(of('relay').says, /refuses to connect to 127\.0\.0\.1:\d+ \(403\)/)
})

test("through a proxy the certificate is still the relay's", async () => {
  await using folder = await openFolder()
  const certificate = await makeCertificate(folder.path)
  await using relay = await openSmallRelay({ certificate })
  await using proxy = await openHttpProxy()
  const environment = { HTTPS_PROXY: proxy.url }
  assert.equal((await examine(relay.url, { environment, authority: certificate.cert })).status, 0)
  assert.deepEqual((await examine(relay.url, { environment })).troubles, ['certificate'])
  assert.ok(proxy.visits.every((visit) => visit.startsWith('CONNECT ')))
})

test('a proxy that cuts idle connections is named, with after how many seconds', async () => {
  await using relay = await openSmallRelay()
  await using proxy = await openHttpProxy({ cutIdleAfterMs: 2500 })
  const { troubles, of } = await examine(relay.url, { environment: { HTTP_PROXY: proxy.url }, holdSeconds: 5 })
  assert.deepEqual(troubles, ['hold'])
  assert.match(
    of('hold').says,
    new RegExp(`The proxy ${proxy.url}, or something behind it, cuts a held request after 2\\.[5-9] s`),
  )
})
