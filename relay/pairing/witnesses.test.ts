/** What a relay has said of where it saw somebody, and what somebody else makes of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWitnesses } from './witnesses.ts'

const nonce = 'n'.repeat(22)
const address = '2001:db8:1:1::33'

function open() {
  const clock = { nowMs: Date.parse('2026-11-28T12:00:00Z') }
  const of = (key: string) => createWitnesses(Buffer.from(key), () => clock.nowMs)
  const own = of('a key of this relay')
  return { clock, of, own, witness: own.sign(address, nonce) }
}

test('S-R6 a witness tells the address for two minutes, at every node with that key, to whoever has the nonce', () => {
  const { clock, of, own, witness } = open()
  const other = of('a key of this relay')
  assert.equal(own.addressIn(witness, nonce), address)
  clock.nowMs += 120_000
  assert.equal(other.addressIn(witness, nonce), address)
  clock.nowMs += 1
  assert.equal(other.addressIn(witness, nonce), undefined, 'it is too old')
  clock.nowMs -= 240_001
  assert.equal(own.addressIn(witness, nonce), address, 'the clock of the node that made it was ahead')
  clock.nowMs -= 1
  assert.equal(own.addressIn(witness, nonce), undefined)
})

test('S-R6 with another nonce, of another relay, or changed in any character, a witness tells nothing', () => {
  const { of, own, witness } = open()
  assert.equal(own.addressIn(witness, 'm'.repeat(22)), undefined)
  assert.equal(of('a key of another relay').addressIn(witness, nonce), undefined)
  const [seen = '', proof = ''] = witness.split('.')
  const moved = Buffer.from(`${Date.parse('2026-11-28T12:00:00Z')} 198.51.100.2`).toString('base64url')
  for (const changed of [`${moved}.${proof}`, `${seen}.`, `${seen}`, `.${proof}`, '.', '', `${seen}.${proof.slice(1)}`])
    assert.equal(own.addressIn(changed, nonce), undefined, changed)
  for (let at = 0; at < seen.length; at++) {
    const changed = `${seen.slice(0, at)}${seen[at] === 'A' ? 'B' : 'A'}${seen.slice(at + 1)}.${proof}`
    assert.equal(own.addressIn(changed, nonce), undefined, changed)
  }
})
