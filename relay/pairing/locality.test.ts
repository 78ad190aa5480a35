/** On one local network, perhaps, or not: field note 16 and safety 6.10, one by one. */
import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { judgeLocality, type Locality, type Party } from './locality.ts'

const at = (seen: string[], addresses: string[] = [], isVeiled = false): Party => ({ seen, addresses, isVeiled })
const home = '198.51.100.2'
const printer = at([home], ['192.168.1.20/24', 'fe80::20/64'])
const same: Locality = { verdict: 'same' }
const weak = (...doubts: Extract<Locality, { verdict: 'weak' }>['doubts']): Locality => ({ verdict: 'weak', doubts })
const elsewhere: Locality = { verdict: 'different', check: 'network' }

const cases: [what: string, device: Party, terminal: Party, locality: Locality, accountsThere?: number][] = [
  ['one public address and one subnet', printer, at([home], ['192.168.1.33']), same],
  ['another public address, whatever it says of itself', printer, at(['203.0.113.9'], ['192.168.1.33']), elsewhere],
  ['no address of its own: most browsers', printer, at([home]), weak('no-local-address')],
  ['another subnet behind one address: a VPN, a campus', printer, at([home], ['10.8.0.2/24']), weak('other-subnet')],
  ['only a link-local address, which everybody has', printer, at([home], ['fe80::99/64']), weak('no-local-address')],
  ['a larger subnet holds both', at([home], ['10.1.2.3/16']), at([home], ['10.1.200.9/16']), same],
  ['only one of them thinks so', at([home], ['10.1.2.3/16']), at([home], ['10.1.200.9/24']), weak('other-subnet')],
  ['one address of many accounts', printer, at([home], ['192.168.1.33']), weak('shared-address'), 21],
  ['one address of some accounts', printer, at([home], ['192.168.1.33']), same, 20],
  ['a carrier’s NAT', at([home], ['100.64.3.4/10']), at([home], ['100.64.9.9/10']), weak('carrier-nat')],
  [
    'a carrier’s NAT that the relay itself sees',
    at(['100.64.3.4'], ['192.168.1.20']),
    at(['100.64.3.4'], ['192.168.1.33']),
    weak('carrier-nat'),
  ],
  [
    'IPv6, one /64',
    at(['2001:db8:1:1::20'], ['2001:db8:1:1::20/64']),
    at(['2001:db8:1:1::33'], ['2001:db8:1:1::33/64']),
    weak('ipv6-prefix'),
  ],
  [
    'IPv6, one /56',
    at(['2001:db8:1:1::20'], ['192.168.1.20']),
    at(['2001:db8:1:2::33'], ['192.168.1.33']),
    weak('ipv6-prefix'),
  ],
  [
    'IPv6, another customer',
    at(['2001:db8:1:1::20'], ['192.168.1.20']),
    at(['2001:db8:1:100::33'], ['192.168.1.33']),
    elsewhere,
  ],
  [
    'both families, and the terminal came over the other',
    at([home, '2001:db8:1:1::20'], ['192.168.1.20']),
    at([home], ['192.168.1.33']),
    same,
  ],
  ['a terminal on IPv6 and a device on IPv4 alone', printer, at(['2001:db8:1:1::33'], ['192.168.1.33']), elsewhere],
  [
    'the relay on their network',
    at(['192.168.1.20'], ['192.168.1.20/24']),
    at(['192.168.1.33'], ['192.168.1.33/24']),
    same,
  ],
  [
    'the relay on the network of one of them',
    at(['192.168.1.20'], ['192.168.1.20/24']),
    at(['192.168.7.33'], ['192.168.1.33/24']),
    elsewhere,
  ],
  [
    'one private address that is no device’s own: NATs inside a company',
    at(['10.1.0.2'], ['192.168.1.20']),
    at(['10.1.0.2'], ['192.168.1.33']),
    same,
  ],
  [
    'a proxy that is not trusted before the terminal',
    printer,
    at([home], ['192.168.1.33'], true),
    { verdict: 'different', check: 'proxy' },
  ],
  [
    'a proxy that is not trusted before the device',
    at([home], ['192.168.1.20'], true),
    at([home], ['192.168.1.33']),
    { verdict: 'different', check: 'proxy' },
  ],
  ['what is no address', at(['unknown'], ['192.168.1.20']), at(['nothing'], ['192.168.1.33']), elsewhere],
]

for (const [what, device, terminal, locality, accountsThere = 1] of cases)
  test(`S-R6 ${what}: ${locality.verdict}`, () => {
    assert.deepEqual(judgeLocality(device, terminal, accountsThere), locality)
  })

test('an address of this machine itself hides whoever comes through a proxy here, unless the device is this machine: weak', () => {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  // A machine without any network has nobody to hide.
  const address = own?.address ?? '127.0.0.1'
  const terminal = at([address], ['192.168.1.33'])
  assert.deepEqual(judgeLocality(at([address], ['192.168.1.20']), terminal, 1), own ? weak('shared-address') : same)
  assert.deepEqual(judgeLocality(at([address], [`${address}/32`, '192.168.1.20']), terminal, 1), same)
})
