/** Which addresses are a neighbour's. */
import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import { readLocalNetworks } from './local-networks.ts'

function info(cidr: string, internal = false): NetworkInterfaceInfo {
  const [address = ''] = cidr.split('/')
  const shared = { address, cidr, netmask: '', mac: '', internal }
  return address.includes(':') ? { ...shared, family: 'IPv6', scopeid: 7 } : { ...shared, family: 'IPv4' }
}

const interfaces = {
  lo: [info('127.0.0.1/8', true), info('::1/128', true)],
  eth0: [info('192.168.1.20/24'), info('fe80::20/64'), info('2001:db8:1::20/64')],
  wlan0: [info('10.0.0.5/31')],
  tun0: [info('100.64.0.1/0')],
}
const networks = readLocalNetworks(interfaces, 'linux')

test('a neighbour has an address of a network of this machine, with its link where it needs one', () => {
  for (const address of ['192.168.1.1', '192.168.1.20', '10.0.0.4', '2001:db8:1::99', 'fe80::1%eth0'])
    assert.ok(networks.hold(address), address)
})

test('loopback, other networks, whole networks, what has no link and what is no address are no neighbour', () => {
  const others = ['127.0.0.1', '::1', '192.168.2.1', '192.168.1.0', '192.168.1.255', '224.0.0.251', '203.0.113.9']
  const more = ['2001:db8:2::1', 'fe80::1', 'fe80::1%eth9', '255.255.255.255', '0.0.0.0', 'office.local', '']
  for (const address of [...others, ...more]) assert.ok(!networks.hold(address), address)
})

test('a packet of a neighbour is one of this link, also when the neighbour has found no address', () => {
  for (const address of ['192.168.1.7', '169.254.7.7', 'fe80::7%eth0']) assert.ok(networks.isOnLink(address), address)
  for (const address of ['203.0.113.9', '127.0.0.1', '2001:db8:2::1']) assert.ok(!networks.isOnLink(address), address)
})

test('the link of a packet is known by its zone or by its network', () => {
  assert.equal(networks.zoneOf('fe80::7%eth0'), 'eth0')
  assert.equal(networks.zoneOf('10.0.0.4'), 'wlan0')
  assert.equal(networks.zoneOf('169.254.7.7'), undefined)
  assert.equal(readLocalNetworks(interfaces, 'win32').zoneOf('192.168.1.7'), '7')
})

test('every link is asked once over each family', () => {
  assert.deepEqual(
    networks.ports.map(({ name, family, address }) => `${name} ${family} ${address}`),
    ['eth0 4 192.168.1.20', 'eth0 6 fe80::20', 'wlan0 4 10.0.0.5', 'tun0 4 100.64.0.1'],
  )
  assert.deepEqual(readLocalNetworks({ lo: interfaces.lo }).ports, [])
})
