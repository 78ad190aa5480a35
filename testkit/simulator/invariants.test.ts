/** Each invariant lets a good history pass and catches a made-up bad one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestRow } from '../../relay/database/tables.ts'
import * as invariants from './invariants.ts'
import type { Broken, RequestFacts } from './request-facts.ts'

const asked: RequestFacts = {
  id: 'r1',
  tag: 't1',
  account: 'north',
  device: 'd1',
  isKeyed: false,
  askedMs: 1000,
  timeoutMs: 29_000,
  endsByMs: 31_000,
  life: 1,
  call: 1,
  replies: 1,
  isPromised: false,
  isConfirmed: false,
  refusal: undefined,
  outcome: undefined,
  told: undefined,
  executions: [],
  pushes: [],
  token: 5,
  isForgotten: false,
}
const done = [{ device: 'd1', value: 'v' }]
const left = [{ sid: 's', rid: 7 }]
const answered = { outcome: 'answered', value: 'v' }
const row = (outcome: string) => ({ request_id: 'r1', outcome }) as RequestRow

function isHeld(result: Broken | undefined) {
  assert.equal(result, undefined)
}

function isBroken(result: Broken | undefined, invariant: string) {
  assert.equal(result?.invariant, invariant)
}

test('invariant I1: a call is replied to once', () => {
  isHeld(invariants.repliedOnce(asked))
  isBroken(invariants.repliedOnce({ ...asked, replies: 2 }), 'I1')
})

test('invariant I1: a request ends once; only what was unknown may be answered later', () => {
  isHeld(invariants.answeredOnce(asked, 'answered'))
  isHeld(invariants.answeredOnce({ ...asked, outcome: 'unknown' }, 'answered'))
  isBroken(invariants.answeredOnce({ ...asked, outcome: 'answered' }, 'unknown'), 'I1')
  isBroken(invariants.answeredOnce({ ...asked, outcome: 'not-sent' }, 'answered'), 'I1')
  isBroken(invariants.answeredOnce({ ...asked, outcome: 'unknown' }, 'not-sent'), 'I1')
})

test('invariant I1: what was told stays so', () => {
  isHeld(invariants.truthStays({ ...asked, told: answered }, 'answered', 'v'))
  isHeld(invariants.truthStays({ ...asked, told: { outcome: 'unknown', value: undefined } }, 'answered', 'v'))
  isBroken(invariants.truthStays({ ...asked, told: answered }, 'answered', 'another'), 'I1')
  isBroken(invariants.truthStays({ ...asked, told: answered }, 'unknown', undefined), 'I1')
})

test('invariant I2: a request is executed once, also under one key', () => {
  isHeld(invariants.executedOnce({ ...asked, executions: done }, 1))
  isBroken(invariants.executedOnce({ ...asked, executions: [...done, ...done] }, 1), 'I2')
  isBroken(invariants.executedOnce({ ...asked, executions: done }, 2), 'I2')
})

test('invariant I2: a push leaves once', () => {
  isHeld(invariants.pushedOnce({ ...asked, pushes: left }))
  isBroken(invariants.pushedOnce({ ...asked, pushes: [...left, { sid: 's2', rid: 1 }] }), 'I2')
})

test('invariant I3: what is told as not sent, or refused, is not executed', () => {
  const notSent = { ...asked, told: { outcome: 'not-sent', value: undefined } }
  isHeld(invariants.notSentIsNotExecuted(notSent))
  isHeld(invariants.notSentIsNotExecuted({ ...asked, told: answered, executions: done }))
  isBroken(invariants.notSentIsNotExecuted({ ...notSent, executions: done }), 'I3')
  isBroken(invariants.notSentIsNotExecuted({ ...asked, refusal: 'device-offline', executions: done }), 'I3')
})

test('invariant I3: unknown is only what has left', () => {
  isHeld(invariants.unknownHasLeft({ ...asked, pushes: left }, 'unknown', 1))
  isHeld(invariants.unknownHasLeft(asked, 'unknown', 2))
  isBroken(invariants.unknownHasLeft(asked, 'unknown', 1), 'I3')
})

test('invariant I4: an answer is what the device said to this request', () => {
  isHeld(invariants.answerIsTheDevices({ ...asked, told: answered, executions: done }))
  isBroken(invariants.answerIsTheDevices({ ...asked, told: answered }), 'I4')
  const another = [{ device: 'd2', value: 'v' }]
  isBroken(invariants.answerIsTheDevices({ ...asked, told: answered, executions: another }), 'I4')
})

test('invariant I5: pushes leave in the order of acceptance', () => {
  isHeld(invariants.inOrder(asked, 4))
  isBroken(invariants.inOrder(asked, 6), 'I5')
})

test('invariant I6: a request ends in time, unless its relay died', () => {
  isHeld(invariants.terminates(asked, 31_000, 1))
  isHeld(invariants.terminates({ ...asked, outcome: 'unknown' }, 99_000, 1))
  isHeld(invariants.terminates(asked, 99_000, 2))
  isBroken(invariants.terminates(asked, 31_001, 1), 'I6')
})

test('invariant I7: one session is bound for a device', () => {
  isHeld(invariants.oneOwner('d1', 1))
  isBroken(invariants.oneOwner('d1', 2), 'I7')
})

test('invariant I8: what was acknowledged is on disk after a crash, as it was told', () => {
  const promised = { ...asked, isPromised: true }
  isHeld(invariants.storedSurvives(asked, undefined))
  isHeld(invariants.storedSurvives(promised, row('pending')))
  isHeld(invariants.storedSurvives({ ...promised, told: answered }, row('answered')))
  isBroken(invariants.storedSurvives(promised, undefined), 'I8')
  isBroken(invariants.storedSurvives({ ...promised, isConfirmed: true }, row('pending')), 'I8')
  isBroken(invariants.storedSurvives({ ...promised, told: answered }, row('pending')), 'I8')
  isBroken(invariants.storedSurvives({ ...asked, isKeyed: true, told: answered }, row('pending')), 'I8')
})

test('invariant I8: what was promised can be asked for', () => {
  isHeld(invariants.promisedIsKnown(asked, 2000, false))
  isBroken(invariants.promisedIsKnown({ ...asked, isPromised: true }, 2000, false), 'I8')
  isHeld(invariants.promisedIsKnown({ ...asked, isPromised: true }, 2000, true))
})

test('invariant I9: nobody sees the requests of another tenant', () => {
  isHeld(invariants.tenantsApart(asked, 'north', true))
  isHeld(invariants.tenantsApart(asked, 'south', false))
  isBroken(invariants.tenantsApart(asked, 'south', true), 'I9')
})

test('invariant I10: memory is bounded', () => {
  isHeld(invariants.memoryBounded({ name: 'sessions', is: 3, atMost: 3 }))
  isBroken(invariants.memoryBounded({ name: 'sessions', is: 4, atMost: 3 }), 'I10')
})

test('invariant I11: after the last fault everybody comes back', () => {
  isHeld(invariants.isBack('d1', true, true))
  isBroken(invariants.isBack('d1', true, false), 'I11')
  isBroken(invariants.isBack('d1', false, true), 'I11')
})

test('invariant I12: who keeps the rules is not thrown out, nor told of what it has had', () => {
  isHeld(invariants.keepsSession('sid', 'connection-closed', true, ''))
  isBroken(invariants.keepsSession('sid', 'connection-closed', false, 'why'), 'I12')
  isHeld(invariants.reportIsTrue('d1', '7', 5000))
  isBroken(invariants.reportIsTrue('d1', '7', 100), 'I12')
})

test('invariant I13: an exchange is answered in time, and once', () => {
  isHeld(invariants.answeredInTime(7, 30_000, 30_500))
  isBroken(invariants.answeredInTime(7, 31_000, 30_500), 'I13')
  isBroken(invariants.answerOnce('bosh 7'), 'I13')
})

test('invariant I14: an IQ is answered as often as it was asked', () => {
  isHeld(invariants.iqAnsweredOnce('p1', 1, 1))
  isBroken(invariants.iqAnsweredOnce('p1', 1, 0), 'I14')
  isBroken(invariants.iqAnsweredOnce('p1', 1, 2), 'I14')
})

test('invariant I15: presence alternates, with epochs that grow', () => {
  const online = { state: 'online', epoch: 3 }
  isHeld(invariants.presenceAlternates('d1', undefined, online))
  isHeld(invariants.presenceAlternates('d1', online, { state: 'offline', epoch: 3 }))
  isBroken(invariants.presenceAlternates('d1', online, { state: 'online', epoch: 4 }), 'I15')
  isBroken(invariants.presenceAlternates('d1', { state: 'offline', epoch: 3 }, online), 'I15')
  isBroken(invariants.presenceAlternates('d1', online, { state: 'offline', epoch: 2 }), 'I15')
})

test('invariant I15: whose connection is held is ONLINE', () => {
  isHeld(invariants.holdsIsOnline('d1', true))
  isBroken(invariants.holdsIsOnline('d1', false), 'I15')
})

test('invariant I15: nobody is ONLINE before its connection has arrived', () => {
  isHeld(invariants.onlineIsConnected('d1', true))
  isBroken(invariants.onlineIsConnected('d1', false), 'I15')
})

test('invariant I16: nothing fails in the relay but what a full disk may make fail', () => {
  isHeld(invariants.nothingBreaks('requests.outcome-lost', new Error('full'), true))
  isBroken(invariants.nothingBreaks('requests.outcome-lost', new Error('full'), false), 'I16')
  isBroken(invariants.nothingBreaks('bosh.broken', new Error('a bug'), true), 'I16')
})

test('invariant I16: nothing wakes itself without end', () => {
  isHeld(invariants.goesOn(100))
  isBroken(invariants.goesOn(10_001), 'I16')
})

test('invariant I17: who is silent is OFFLINE when its timer is over, and its session ends of inactivity', () => {
  isHeld(invariants.silentIsOffline('d1', true, 1000))
  isHeld(invariants.silentIsOffline('d1', false, 90_000))
  isBroken(invariants.silentIsOffline('d1', true, 1001), 'I17')
  isHeld(invariants.idleEnds('sid', 'd1', 1000))
  isBroken(invariants.idleEnds('sid', 'd1', 1001), 'I17')
})

test('invariant I18: whose mode is OFF says nothing, and is OFFLINE for that reason', () => {
  isHeld(invariants.offIsSilent('d1', false, 'register'))
  isBroken(invariants.offIsSilent('d1', true, 'survival'), 'I18')
  isHeld(invariants.offIsTold('d1', 'offline', 'mode-off'))
  isBroken(invariants.offIsTold('d1', 'offline', 'inactivity'), 'I18')
  isBroken(invariants.offIsTold('d1', 'online', undefined), 'I18')
})
