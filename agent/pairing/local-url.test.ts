/** Which of a machine's addresses the link of a pairing leads to (C5). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenFor, localUrlOf } from './local-url.ts'

const everywhere = { host: '0.0.0.0', port: 8081 }
const both = { host: '::', port: 8081 }

test('C5 of several addresses the link has the one that other machines of the network reach', () => {
  const own = ['169.254.7.7/16', 'fe80::7/64', '203.0.113.7/24', 'fd00::7/64', '192.168.1.20/24', '2001:db8::7/64']
  assert.equal(localUrlOf(everywhere, own), 'http://192.168.1.20:8081/pair')
  assert.equal(localUrlOf(both, own), 'http://192.168.1.20:8081/pair')
  const few = own.filter((address) => !address.startsWith('192.'))
  assert.equal(localUrlOf(both, few), 'http://[fd00::7]:8081/pair')
  assert.equal(localUrlOf(everywhere, few), 'http://169.254.7.7:8081/pair', 'its page is not there in IPv6')
  assert.equal(localUrlOf({ host: 'fd00::7', port: 80 }, own), 'http://[fd00::7]:80/pair')
  assert.equal(localUrlOf({ host: '127.0.0.1', port: 80 }, own), undefined)
  assert.equal(localUrlOf(undefined, own), undefined)
})

test('C5 nobody is sent to an address of the open internet, and that another --listen would help is not said there', () => {
  for (const own of [['203.0.113.7/24'], ['192.0.2.7/24', '2001:db8::7/64', 'fe80::7/64'], []]) {
    for (const listening of [everywhere, both, { host: '203.0.113.7', port: 8081 }])
      assert.equal(localUrlOf(listening, own), undefined)
    assert.equal(listenFor(own), undefined)
  }
  assert.equal(listenFor(['203.0.113.7/24', 'fd00::7/64', '10.0.0.7/8']), '0.0.0.0')
  assert.equal(listenFor(['203.0.113.7/24', 'fd00::7/64']), '[::]')
})
