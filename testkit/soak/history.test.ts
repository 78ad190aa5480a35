/** The judge of a soak finds every kind of lie, and none in what is true. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf } from './deed.ts'
import {
  type Attempt,
  checkDead,
  checkDeed,
  checkFarewell,
  checkPromises,
  checkRefusal,
  checkReturns,
  checkSilence,
  checkTenant,
  type Deed,
  type Execution,
  type Receipt,
  type Rules,
  type Told,
} from './history.ts'

const strict: Rules = { lateMs: 1000, mayLoseCalls: false, mayLoseSessions: true, mayForgetOutcomes: false }
const wish = { token: 't-1.w0', device: 'hand-1', kind: 'set' } as const
const answer = answerOf(wish, 'r1')

const told = (outcome: string | null, changes: Partial<Told> = {}): Told => ({
  status: outcome === 'answered' ? 200 : 502,
  outcome,
  code: undefined,
  requestId: 'r1',
  replayed: false,
  answer: outcome === 'answered' ? answer : undefined,
  ...changes,
})

function attempt(said: Told | undefined, changes: Partial<Attempt> = {}): Attempt {
  return { startedMs: 0, endedMs: 100, timeoutMs: 2000, isAsync: false, hungUp: false, told: said, ...changes }
}

const again = (said: Told | undefined, changes: Partial<Attempt> = {}) =>
  attempt(said, { startedMs: 200, endedMs: 300, ...changes })
const replayed = (outcome: string, changes: Partial<Told> = {}) => told(outcome, { replayed: true, ...changes })
const done: Execution = { device: wish.device, token: wish.token, place: 1, requestId: 'r1' }

const found = (outcome: string | undefined, changes: Partial<Receipt> = {}): Receipt => ({
  requestId: 'r1',
  status: 200,
  outcome,
  answer: outcome === 'answered' ? answer : undefined,
  ...changes,
})

function rulesBrokenBy(changes: Partial<Deed>, rules = strict): string[] {
  const deed: Deed = {
    ...wish,
    isDeferred: false,
    key: undefined,
    attempts: [],
    executions: [],
    receipts: [],
    ...changes,
  }
  return [...new Set(checkDeed(deed, rules).map(({ rule }) => rule))]
}

const key = 'key-1'
const read = (requestId: string) => answerOf({ ...wish, kind: 'get' }, requestId)
const of = (requestId: string) => ({ requestId, answer: read(requestId) })
const lost = { code: 'connection-lost' }

const truths: Record<string, [Partial<Deed>, Rules?]> = {
  'answered and done': [{ attempts: [attempt(told('answered'))], executions: [done] }],
  'not sent and not done': [{ attempts: [attempt(told('not-sent'))] }],
  'unknown, and done': [{ attempts: [attempt(told('unknown'))], executions: [done] }],
  'unknown, and not done': [{ attempts: [attempt(told('unknown'))] }],
  'hung up, and done': [{ attempts: [attempt(undefined, { hungUp: true })], executions: [done] }],
  'a GET done twice': [{ kind: 'get', attempts: [attempt(undefined, { hungUp: true })], executions: [done, done] }],
  'cut off, while the relay is killed': [{ attempts: [attempt(undefined)] }, { ...strict, mayLoseCalls: true }],
  'two equal GETs, each with its own answer': [
    {
      kind: 'get',
      attempts: [attempt(told('answered', of('r1'))), attempt(told('answered', of('r2')))],
      executions: [done, { ...done, requestId: 'r2' }],
    },
  ],
  'a session that was lost, where sessions are': [{ attempts: [attempt(told('unknown', lost))] }],
  'pending, and answered later': [
    { attempts: [attempt(told('pending'))], executions: [done], receipts: [found('answered')] },
  ],
  'pending, and never sent': [{ attempts: [attempt(told('pending'))], receipts: [found('not-sent')] }],
  'a replay': [
    {
      key,
      attempts: [attempt(told('answered')), again(replayed('answered'))],
      executions: [done],
      receipts: [found('answered')],
    },
  ],
  'unknown, and known when asked again': [
    {
      key,
      attempts: [attempt(told('unknown')), again(replayed('answered'))],
      executions: [done],
      receipts: [found('answered')],
    },
  ],
  'not sent, and done when asked again': [
    { key, attempts: [attempt(told('not-sent', { requestId: 'r0' })), again(told('answered'))], executions: [done] },
  ],
  'still running when asked again': [
    { key, attempts: [attempt(told('answered')), attempt(told('rejected', { requestId: 'r2' }))], executions: [done] },
  ],
  'not stored when asked again on a full disk': [
    {
      key,
      attempts: [attempt(told('answered')), again(told('not-sent', { status: 503, requestId: 'r2' }))],
      executions: [done],
    },
  ],
  'answered, and unknown for a while after a full disk and a kill': [
    {
      key,
      attempts: [attempt(told('answered')), again(replayed('unknown'))],
      executions: [done],
      receipts: [found('answered')],
    },
    { ...strict, mayForgetOutcomes: true },
  ],
  'answered in a session while a disk took nothing, and unknown for good after a kill': [
    {
      key,
      device: 'stock-1',
      attempts: [attempt(told('answered', { answer: answerOf({ ...wish, device: 'stock-1' }, 'r1') }))],
      executions: [{ ...done, device: 'stock-1' }],
      receipts: [found('unknown')],
    },
    { ...strict, mayForgetOutcomes: true },
  ],
  'refused by the device': [
    { attempts: [attempt(told('answered', { status: 422, code: 'device-refused', answer: 'it has not been done.' }))] },
  ],
}

for (const [what, [changes, rules]] of Object.entries(truths))
  test(`true: ${what}`, () => assert.deepEqual(rulesBrokenBy(changes, rules), []))

const lies: Record<string, [string, Partial<Deed>]> = {
  'a SET done twice': ['done-twice', { attempts: [attempt(told('answered'))], executions: [done, done] }],
  'done twice for two calls with one key': [
    'done-twice',
    {
      key,
      attempts: [attempt(undefined, { hungUp: true }), again(told('answered'))],
      executions: [done, { ...done, requestId: 'r0' }],
    },
  ],
  'not sent, and done': ['done-after-all', { attempts: [attempt(told('not-sent'))], executions: [done] }],
  'rejected, and done': ['done-after-all', { attempts: [attempt(told('rejected'))], executions: [done] }],
  'pending, then not sent, and done': [
    'done-after-all',
    { attempts: [attempt(told('pending'))], receipts: [found('not-sent')], executions: [done] },
  ],
  'not sent and done, though a repeat was answered': [
    'done-after-all',
    { key, attempts: [attempt(told('not-sent')), again(told('answered', { requestId: 'r2' }))], executions: [done] },
  ],
  'the device says not done, and has done it': [
    'done-after-all',
    {
      attempts: [attempt(told('answered', { status: 422, code: 'device-refused', answer: 'it has not been done.' }))],
      executions: [done],
    },
  ],
  'answered, and not done': ['not-done', { attempts: [attempt(told('answered'))] }],
  'answered by another device': [
    'not-done',
    { attempts: [attempt(told('answered'))], executions: [{ ...done, device: 'hand-2' }] },
  ],
  'answered under the ID of another request': [
    'not-done',
    { attempts: [attempt(told('answered', { requestId: 'r7' }))], executions: [done] },
  ],
  'a receipt of an answer that nobody gave': [
    'not-done',
    { attempts: [attempt(told('pending'))], receipts: [found('answered')] },
  ],
  "another device's answer": [
    'other-answer',
    { attempts: [attempt(told('answered', { answer: answerOf({ ...wish, device: 'hand-2' }) }))], executions: [done] },
  ],
  'the answer of another one that is equal': [
    'other-answer',
    {
      kind: 'get',
      attempts: [
        attempt(told('answered', { answer: read('r2') })),
        attempt(told('answered', { ...of('r1'), requestId: 'r2' })),
      ],
      executions: [done, { ...done, requestId: 'r2' }],
    },
  ],
  'too late': ['late', { attempts: [attempt(told('unknown'), { endedMs: 3001 })] }],
  'never ended': ['late', { attempts: [attempt(undefined, { endedMs: undefined })] }],
  'cut off for no reason': ['cut', { attempts: [attempt(undefined)] }],
  'no outcome in the answer': ['no-outcome', { attempts: [attempt(told(null, { status: 500 }))] }],
  'pending for ever': ['no-outcome', { attempts: [attempt(told('pending'))], receipts: [found('pending')] }],
  'accepted, and forgotten': [
    'lost-record',
    { attempts: [attempt(told('pending'))], receipts: [found(undefined, { status: 404 })] },
  ],
  'answered, and unknown later': [
    'lost-record',
    { key, attempts: [attempt(told('answered'))], executions: [done], receipts: [found('unknown')] },
  ],
  'it had left, and then it had not': [
    'lost-record',
    { key, attempts: [attempt(told('unknown'))], receipts: [found('not-sent')] },
  ],
  'a replay of something else': [
    'other-replay',
    {
      key,
      attempts: [attempt(told('answered')), again(replayed('answered', { answer: { values: {} } }))],
      executions: [done],
    },
  ],
  'the same key as another request': [
    'other-replay',
    { key, attempts: [attempt(told('unknown')), again(told('unknown', { requestId: 'r2' }))] },
  ],
  'answered, and unknown when asked again': [
    'other-replay',
    { key, attempts: [attempt(told('answered')), again(replayed('unknown'))], executions: [done] },
  ],
  'answered, and still running when asked again': [
    'other-replay',
    { key, attempts: [attempt(told('answered')), again(told('rejected', { requestId: 'r2' }))], executions: [done] },
  ],
}

for (const [what, [rule, changes]] of Object.entries(lies))
  test(`a lie: ${what}`, () => assert.ok(rulesBrokenBy(changes).includes(rule), String(rulesBrokenBy(changes))))

test('a lie: a push that no answer came to, where no session is lost', () => {
  const pushed = { attempts: [attempt(told('unknown', lost))] }
  assert.deepEqual(rulesBrokenBy(pushed, { ...strict, mayLoseSessions: false }), ['not-answered'])
})

test('A1 who is switched OFF is OFFLINE for that reason and soon, and says nothing', () => {
  const farewell = { state: 'offline', reason: 'mode-off', afterMs: 900 }
  assert.deepEqual(checkFarewell('a', farewell, 1000), [])
  for (const wrong of [{ afterMs: 1100 }, { reason: 'inactivity' }, { state: 'online', reason: null }])
    assert.equal(checkFarewell('a', { ...farewell, ...wrong }, 1000)[0]?.rule, 'not-off')
  assert.deepEqual(checkSilence('a', []), [])
  assert.match(checkSilence('a', ['/device/v1/survival'])[0]?.words ?? '', /^a called \/device\/v1\/survival/)
})

test('A8 a device that is OFFLINE is told as that at once, and nothing is sent', () => {
  const refusal = { code: 'device-offline', outcome: 'not-sent', afterMs: 900 }
  assert.deepEqual(checkRefusal('a', refusal, 1000), [])
  assert.equal(checkRefusal('a', { ...refusal, afterMs: 1100 }, 1000)[0]?.rule, 'late')
  assert.equal(checkRefusal('a', { ...refusal, code: 'device-timeout' }, 1000)[0]?.rule, 'no-outcome')
})

test('I9 what one organisation asked for is told to no other', () => {
  assert.deepEqual(checkTenant('r1', 404), [])
  assert.equal(checkTenant('r1', 200)[0]?.rule, 'other-tenant')
})

test('the words of a lie hold the whole history of the request', () => {
  const deed: Deed = {
    ...wish,
    key,
    isDeferred: false,
    attempts: [attempt(told('not-sent'))],
    executions: [done],
    receipts: [],
  }
  const [lie] = checkDeed(deed, strict)
  assert.match(
    lie?.words ?? '',
    /invoke set t-1\.w0 at hand-1 \(2000 ms, key key-1\)\n.*fail {3}502 not-sent r1\n.*done {3}at hand-1 r1/,
  )
})

test('a promise that is not kept, a device that stays away or comes late, one that is dead and called ONLINE', () => {
  const kept = { what: 'the device', name: 'a', kept: true }
  assert.deepEqual(
    checkPromises([kept, { ...kept, name: 'b', kept: false }]).map(({ words }) => words),
    ['the device b was acknowledged and is not there.'],
  )
  const returns = [
    { device: 'a', afterMs: 900 },
    { device: 'b', afterMs: 1100 },
    { device: 'c', afterMs: undefined },
  ]
  assert.deepEqual(
    checkReturns(returns, 1000).map(({ words }) => words.slice(0, 1)),
    ['b', 'c'],
  )
  assert.deepEqual(checkDead('a', 999, 1000), [])
  assert.equal(checkDead('a', 1001, 1000)[0]?.rule, 'dead-but-online')
})
