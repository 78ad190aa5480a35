/** S-W2: which addresses a webhook may go to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAddressGuard } from './address-guard.ts'

const open = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2a00:1450:4001::1', '2606:4700::1']
const closed = [
  ...['127.0.0.1', '0.0.0.0', '10.1.2.3', '100.64.0.1', '169.254.169.254', '172.16.0.1', '192.168.1.1'],
  ...['192.88.99.1', '198.18.0.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', 'fe80::1', 'fc00::1', 'fd12::1', 'fec0::1', 'ff02::1', '64:ff9b::a00:1', '64:ff9b:1::1'],
  ...['2002:a00:1::1', '2001::1', '2001:db8::1', '100::1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1'],
  ...['localhost', '', '1.2.3', 'fe80::1%eth0'],
]

for (const address of open)
  test(`S-W2 ${address} is on the public internet`, () => assert.ok(createAddressGuard([])(address)))
for (const address of closed) test(`S-W2 "${address}" is not`, () => assert.ok(!createAddressGuard([])(address)))

test('S-W2 a network that the operator names may be reached, and no other', () => {
  const mayReach = createAddressGuard(['10.0.0.0/8', 'fd00::/8', '192.168.7.7'])
  for (const address of ['10.9.8.7', 'fd12::1', '192.168.7.7', '::ffff:a09:807']) assert.ok(mayReach(address), address)
  for (const address of ['11.0.0.1', '192.168.7.8', 'fc00::1']) assert.equal(mayReach(address), address === '11.0.0.1')
})
