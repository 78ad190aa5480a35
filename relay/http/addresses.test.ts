/** Addresses behind proxies, honest ones and forged ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddresses, networkOf } from './addresses.ts'

const proxy = '10.0.0.2'
const client = '203.0.113.7'

function origin(
  peer: string,
  headers: Record<string, string> = {},
  trusted = ['10.0.0.0/8', 'fd00::/8'],
  encrypted = false,
) {
  return createAddresses(trusted).originOf({ socket: { remoteAddress: peer, encrypted }, headers })
}

test('with nothing in between, the peer is who knocks', () => {
  assert.deepEqual(origin(client), { address: client, loopback: false, secure: false, isVeiled: false })
  assert.deepEqual(origin('127.0.0.1'), { address: '127.0.0.1', loopback: true, secure: false, isVeiled: false })
  assert.deepEqual(origin('::1', {}, [], true), { address: '::1', loopback: true, secure: true, isVeiled: false })
  assert.deepEqual(origin('::ffff:127.0.0.1'), { address: '127.0.0.1', loopback: true, secure: false, isVeiled: false })
})

/** What somebody who is no trusted proxy may try, to look like somebody else, like loopback or like TLS. */
const spoofs: Record<string, Record<string, string>> = {
  'X-Forwarded-For': { 'x-forwarded-for': '127.0.0.1' },
  'X-Forwarded-For twice': { 'x-forwarded-for': '127.0.0.1, 127.0.0.1' },
  'X-Forwarded-For, empty': { 'x-forwarded-for': '' },
  'X-Forwarded-Proto': { 'x-forwarded-proto': 'https' },
  'X-Forwarded-Host': { 'x-forwarded-host': 'localhost' },
  'X-Forwarded-Anything': { 'x-forwarded-anything': '1' },
  Forwarded: { forwarded: 'for=127.0.0.1;proto=https' },
  'Forwarded, quoted': { forwarded: 'for="[::1]:80";proto="https"' },
  'X-Real-IP': { 'x-real-ip': '127.0.0.1' },
}

for (const [name, headers] of Object.entries(spoofs)) {
  test(`${name} of an untrusted peer changes nothing for a stranger`, () => {
    assert.deepEqual(origin(client, headers), { address: client, loopback: false, secure: false, isVeiled: true })
  })
  test(`${name} of an untrusted peer on loopback makes it no loopback`, () => {
    assert.deepEqual(origin('127.0.0.1', headers), {
      address: '127.0.0.1',
      loopback: false,
      secure: false,
      isVeiled: true,
    })
  })
}

test('headers that no rule names change nothing', () => {
  const headers = { 'true-client-ip': '127.0.0.1', 'cf-connecting-ip': '127.0.0.1', 'client-ip': '127.0.0.1' }
  assert.equal(origin(client, headers).address, client)
  assert.equal(origin(proxy, headers).address, proxy)
})

/** What a trusted proxy passes on, and whom it is then. */
const told: [what: string, headers: Record<string, string>, address: string][] = [
  ['one hop', { 'x-forwarded-for': client }, client],
  ['a made-up hop on the left', { 'x-forwarded-for': `127.0.0.1, ${client}` }, client],
  ['a made-up trusted hop on the left', { 'x-forwarded-for': `10.0.0.9, ${client}` }, client],
  ['two trusted proxies', { 'x-forwarded-for': `6.6.6.6, ${client}, 10.0.0.3` }, client],
  ['only trusted hops', { 'x-forwarded-for': '10.1.1.1, 10.0.0.3' }, '10.1.1.1'],
  ['a port', { 'x-forwarded-for': `${client}:4711` }, client],
  ['brackets and a port', { 'x-forwarded-for': '[2001:db8::1]:4711' }, '2001:db8::1'],
  ['an IPv6 address written long', { 'x-forwarded-for': '2001:DB8:0:0:0:0:0:1' }, '2001:db8::1'],
  ['a mapped IPv4 address', { 'x-forwarded-for': `::ffff:${client}` }, client],
  ['a mapped trusted hop', { 'x-forwarded-for': `${client}, ::ffff:10.0.0.3` }, client],
  ['leading zeros', { 'x-forwarded-for': '0127.0.0.1' }, proxy],
  ['a zone ID', { 'x-forwarded-for': '::1%lo' }, proxy],
  ['a word', { 'x-forwarded-for': 'localhost' }, proxy],
  ['an integer for an address', { 'x-forwarded-for': '2130706433' }, proxy],
  ['an empty hop at the end', { 'x-forwarded-for': '127.0.0.1,' }, proxy],
  ['garbage before a trusted hop', { 'x-forwarded-for': 'unknown, 10.0.0.3' }, proxy],
  ['Forwarded', { forwarded: `for=127.0.0.1, for="${client}:80";proto=http;by=10.0.0.2` }, client],
  ['Forwarded with IPv6', { forwarded: 'For="[2001:db8::1]:4711"' }, '2001:db8::1'],
  ['Forwarded, hidden', { forwarded: 'for=_hidden' }, proxy],
  ['Forwarded with a comma in quotes', { forwarded: `by="a,for=127.0.0.1";for=${client}` }, client],
  ['X-Real-IP', { 'x-real-ip': client }, client],
  ['X-Real-IP twice', { 'x-real-ip': `127.0.0.1, ${client}` }, proxy],
  ['two kinds that agree', { 'x-forwarded-for': client, 'x-real-ip': client }, client],
  ['X-Real-IP of an inner proxy', { 'x-forwarded-for': `${client}, 10.0.0.3`, 'x-real-ip': '10.0.0.3' }, client],
  ['two kinds that disagree', { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': client }, proxy],
  ['a made-up Forwarded', { 'x-forwarded-for': client, forwarded: 'for=127.0.0.1' }, proxy],
  ['a made-up Forwarded that cannot be read', { 'x-forwarded-for': client, forwarded: 'for=unknown' }, proxy],
]

for (const [what, headers, address] of told)
  test(`a trusted proxy tells ${what}: it is ${address}`, () => {
    const isVeiled = address === proxy
    assert.deepEqual(origin(proxy, headers), { address, loopback: false, secure: false, isVeiled })
  })

test('a proxy on this machine that is trusted does not make its clients loopback', () => {
  const trusted = ['127.0.0.1/32']
  assert.equal(origin('127.0.0.1', { 'x-forwarded-for': client }, trusted).loopback, false)
  assert.equal(origin('127.0.0.1', { 'x-forwarded-proto': 'http' }, trusted).loopback, false)
  assert.equal(origin('127.0.0.1', { 'x-forwarded-for': 'unknown' }, trusted).loopback, false)
  assert.equal(origin('127.0.0.1', {}, trusted).loopback, true)
  assert.equal(origin('127.0.0.1', { 'x-forwarded-for': '::1' }, trusted).loopback, true)
})

test("a trusted proxy's https counts, if all that is told is https", () => {
  const secure = (headers: Record<string, string>, encrypted = false) =>
    origin(proxy, { 'x-forwarded-for': client, ...headers }, ['10.0.0.0/8'], encrypted).secure
  assert.equal(secure({ 'x-forwarded-proto': 'https' }), true)
  assert.equal(secure({ 'x-forwarded-proto': 'wss' }), true)
  assert.equal(secure({ 'x-forwarded-proto': 'https, http' }), false)
  assert.equal(secure({ 'x-forwarded-proto': '' }), false)
  assert.equal(secure({ forwarded: `for=${client};proto=https` }), true)
  assert.equal(secure({ forwarded: `for=${client};proto=http`, 'x-forwarded-proto': 'https' }), false)
  assert.equal(secure({}, true), true)
  assert.equal(secure({ 'x-forwarded-proto': 'http' }, true), false)
})

test('an IPv6 party is its /64', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  assert.equal(networkOf('2001:db8::6'), '2001:db8:0:0::/64')
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
  assert.equal(networkOf('203.0.113.7'), '203.0.113.7')
})
