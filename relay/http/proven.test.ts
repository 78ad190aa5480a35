/** Proofs and demanded factors at the door: what each route asks of each session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { mustBeProven, proofGoodForMs } from './proven.ts'
import type { Caller, Route, UserCaller } from './route.ts'

const nowMs = 1_764_000_000_000
const user: UserCaller = {
  ...{ kind: 'user', userId: 'u', account: 'acme', role: 'owner', isRelayAdmin: false, session: 's' },
  ...{ scopes: new Set(), provenAt: nowMs, hasFactor: false, secondFactor: 'fine' },
}

function told(route: Pick<Route, 'needsProof' | 'withoutFactor'>, caller: Caller): string {
  try {
    mustBeProven(route, caller, nowMs)
    return 'let in'
  } catch (error) {
    assert.ok(error instanceof Failure)
    return error.code
  }
}

test('S-A7 a proof is good for 15 minutes, by a clock that goes on and by one that is set back', () => {
  const provenAgo = (ms: number) => told({ needsProof: true }, { ...user, provenAt: nowMs - ms })
  assert.deepEqual(
    [provenAgo(0), provenAgo(proofGoodForMs - 1), provenAgo(1 - proofGoodForMs)],
    Array(3).fill('let in'),
  )
  for (const ms of [proofGoodForMs, nowMs, -proofGoodForMs]) assert.equal(provenAgo(ms), 'prove-again')
  assert.equal(told({}, { ...user, provenAt: 0 }), 'let in', 'where none is wanted')
})

test('N5 who lacks a demanded factor is let in where it is shown, and who has none where one is set up', () => {
  const row = (withoutFactor?: 'always' | 'to-set-up') =>
    (['fine', 'show', 'set-up'] as const).map((secondFactor) =>
      told(withoutFactor ? { withoutFactor } : {}, { ...user, secondFactor }),
    )
  const no = 'second-factor-required'
  assert.deepEqual(row(), ['let in', no, no])
  assert.deepEqual(row('to-set-up'), ['let in', no, 'let in'])
  assert.deepEqual(row('always'), ['let in', 'let in', 'let in'])
})

test('keys, devices and the admin key are not asked', () => {
  const key: Caller = { kind: 'key', keyId: 'k', account: 'acme', scopes: new Set() }
  for (const caller of [key, { kind: 'admin' }, { kind: 'device', device: 'd', account: 'acme' }] as const)
    assert.equal(told({ needsProof: true }, caller), 'let in')
})
