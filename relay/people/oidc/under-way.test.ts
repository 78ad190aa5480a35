/** A sign-in that is under way: the browser carries it, and can neither read nor change it, nor keep it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import { createSeal } from '../sealed.ts'
import { createUnderWays, underWayMs } from './under-way.ts'

const key = randomBytes(32)
const clock = createHandClock()
const open = (sealing = key) => createUnderWays({ clock, seal: createSeal(sealing) })
const underWay = { state: 'the state', nonce: 'the nonce', verifier: 'the verifier', linkFor: 'a session' }

test('S-A7 it is opened by every node for ten minutes, and not after', () => {
  const sealed = open().close(underWay)
  assert.match(sealed, /^[A-Za-z0-9_-]+$/, 'a cookie can carry it')
  assert.ok(!Buffer.from(sealed, 'base64url').toString('latin1').includes('verifier'))
  clock.pass(underWayMs - 1)
  assert.deepEqual(open().open(sealed), underWay)
  clock.pass(1)
  assert.equal(open().open(sealed), undefined)
})

test('S-A7 what another relay has sealed, what was sealed for something else, and what was changed is none', () => {
  const sealed = open().close(underWay)
  assert.equal(open(randomBytes(32)).open(sealed), undefined)
  assert.equal(open().open(createSeal(key).close(JSON.stringify({ ...underWay, until: 9e15 }), 'a user')), undefined)
  for (const wrong of ['', 'x', 'made-up', sealed.slice(1), sealed.slice(0, -4), `${sealed}AAAA`])
    assert.equal(open().open(wrong), undefined, wrong)
})
