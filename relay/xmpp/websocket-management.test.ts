/** Stream management on the WebSocket machine, fed by hand: row W-009. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns, readXml, xml } from '@fairlead/protocol/xmpp'
import type { WebSocketEffect } from './websocket-state.ts'
import {
  answer,
  bound,
  endOf,
  header,
  kindsOf,
  machine,
  managed,
  opening,
  push,
  sm,
  stanza,
  writtenBy,
} from './websocket-trial.ts'

test('W-009 management is enabled with a random id and the time a lost stream is kept', () => {
  const run = bound()
  const effects = run.take(sm('enable', { resume: 'true', max: '30' }))
  const resumable = effects.find((effect) => effect.kind === 'resumable')
  const [enabled = ''] = writtenBy(effects)
  assert.ok(resumable && resumable.id.length >= 22)
  assert.deepEqual(Object.fromEntries(readXml(enabled).attributes), { id: resumable.id, resume: 'true', max: '30' })
  const longer = bound().take(sm('enable', { resume: '1', max: '86400' }))
  assert.equal(readXml(writtenBy(longer)[0] ?? '').attributes.get('max'), '60')
  const plain = bound().take(sm('enable'))
  assert.equal(readXml(writtenBy(plain)[0] ?? '').attributes.get('id'), undefined)
})

test('W-009 an anonymous stream is managed, but not resumed', () => {
  const run = machine()
  run.take(opening)
  run.take({ kind: 'header', header })
  run.take({ kind: 'bound', resumable: false })
  const effects = run.take(sm('enable', { resume: 'true' }))
  assert.ok(!kindsOf(effects).includes('resumable'))
  assert.equal(readXml(writtenBy(effects)[0] ?? '').attributes.get('resume'), undefined)
})

test('W-009 a second enable is a stream error, one before bind is refused', () => {
  assert.match(writtenBy(managed().take(sm('enable')))[0] ?? '', /stream:error.*policy-violation/)
  const early = machine()
  early.take(opening)
  early.take({ kind: 'header', header })
  assert.match(writtenBy(early.take(sm('enable')))[0] ?? '', /^<failed .*unexpected-request/)
})

test('W-009 what the device sent is counted from enable on, stanzas only', () => {
  const run = bound()
  run.take(answer)
  run.take(sm('enable'))
  run.take(answer)
  run.take(stanza(xml('presence', ns.client)))
  run.take(sm('r'))
  const [first] = writtenBy(run.take(sm('r'))).slice(-1)
  assert.equal(readXml(first ?? '').attributes.get('h'), '2')
})

test('W-009 a push is asked after, and acknowledged by <a/> alone', () => {
  const run = managed()
  const effects = run.take(push(7))
  assert.deepEqual(kindsOf(effects), ['write', 'written', 'write'])
  assert.match(writtenBy(effects)[1] ?? '', /^<r /)
  assert.ok(!kindsOf(run.take({ kind: 'sign-of-life' })).includes('acknowledged'))
  assert.ok(!kindsOf(run.take(answer)).includes('acknowledged'))
  assert.deepEqual(
    run.take(sm('a', { h: '1' })).filter((effect) => effect.kind === 'acknowledged'),
    [{ kind: 'acknowledged', token: 7 }],
  )
  assert.ok(!kindsOf(run.take(sm('a', { h: '1' }))).includes('acknowledged'), 'once')
})

test('W-009 a device that is still at work is not asked without end', () => {
  const run = managed()
  run.take(push(1))
  for (let round = 0; round < 5; round++) assert.deepEqual(writtenBy(run.take(sm('a', { h: '0' }))), [])
  assert.match(writtenBy(run.take(answer))[0] ?? '', /^<r /)
})

test('W-009 more acknowledged than sent is the error of its own', () => {
  const run = managed()
  run.take(push(1))
  const effects = run.take(sm('a', { h: '2' }))
  assert.match(
    writtenBy(effects)[0] ?? '',
    /undefined-condition.*<handled-count-too-high xmlns='urn:xmpp:sm:3' (h='2' send-count='1'|send-count='1' h='2')\/>/,
  )
  assert.deepEqual(endOf(effects)?.unknown, [1])
})

/** Two stanzas leave before management is enabled. */
function managedLate() {
  const run = bound()
  run.take(push(1))
  run.take(push(2))
  run.take(sm('enable', { resume: 'true' }))
  return run
}

const acknowledgedBy = (effects: readonly WebSocketEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'acknowledged' ? [effect.token] : []))
const tooHigh = /handled-count-too-high/

test('W-009 N7 a client that sets its count to zero a moment after <enabled/> is not put out for too high a count', () => {
  const run = managedLate()
  run.take(push(3))
  assert.deepEqual(kindsOf(run.take(sm('a', { h: '3' }))), ['alive'], 'the two before are in it')
  run.take(push(4))
  assert.deepEqual(acknowledgedBy(run.take(sm('a', { h: '2' }))), [3, 4])
  run.take(push(5))
  assert.match(writtenBy(run.take(sm('a', { h: '4' })))[0] ?? '', tooHigh, 'once')

  const unasked = managedLate()
  assert.match(writtenBy(unasked.take(sm('a', { h: '1' })))[0] ?? '', tooHigh)
  const more = managedLate()
  more.take(push(3))
  assert.match(writtenBy(more.take(sm('a', { h: '4' })))[0] ?? '', tooHigh, 'it never got so many')
})

test('W-009 N7 nor for one that goes back, and what it has not counted is not sent again once it is answered', () => {
  const run = managedLate()
  for (const token of [3, 4, 5, 6]) run.take(push(token))
  // Two before, and the first: then it sets its count back, and the others are never in it.
  assert.deepEqual(acknowledgedBy(run.take(sm('a', { h: '3' }))), [3, 4, 5])
  run.take(push(7))
  assert.deepEqual(acknowledgedBy(run.take(sm('a', { h: '1' }))), [])
  run.take(stanza(xml('iq', ns.client, { type: 'result', id: 'p6' })))
  run.take({ kind: 'lost' })
  const effects = run.take({ kind: 'resumed', h: 1 })
  assert.deepEqual(
    writtenBy(effects).map((text) => readXml(text).attributes.get('id') ?? readXml(text).name),
    ['resumed', 'p7', 'r'],
  )
  assert.deepEqual(acknowledgedBy(run.take(sm('a', { h: '2' }))), [7])
  assert.match(writtenBy(run.take(sm('a', { h: '1' })))[0] ?? '', tooHigh, 'once')
})

test('W-009 N7 what was answered is not sent again, whatever the client has counted', () => {
  const run = managed()
  for (const token of [1, 2, 3]) run.take(push(token))
  run.take(sm('a', { h: '0' }))
  run.take(stanza(xml('iq', ns.client, { type: 'error', id: 'p1' })))
  run.take(stanza(xml('iq', ns.client, { type: 'result', id: 'p3' })))
  run.take({ kind: 'send', xml: `<iq xmlns='jabber:client' type='result' id='own'/>`, token: 0, isGone: false })
  run.take(stanza(xml('iq', ns.client, { type: 'result' })))
  run.take(stanza(xml('iq', ns.client, { type: 'result', id: 'own' })))
  run.take({ kind: 'lost' })
  const effects = run.take({ kind: 'resumed', h: 0 })
  const ids = writtenBy(effects).map((text) => readXml(text).attributes.get('id') ?? readXml(text).name)
  assert.deepEqual(ids, ['resumed', 'p2', 'own', 'r'], 'an answer of ours is not a push')
  assert.deepEqual(acknowledgedBy(effects), [1, 3])
  assert.deepEqual(acknowledgedBy(run.take(sm('a', { h: '2' }))), [2])
  assert.equal(run.state.management?.characters, 0)
})

test('W-009 a count that is none is refused', () => {
  for (const h of ['', '-1', '1.0', 'x', '4294967296', '99999999999']) {
    const effects = managed().take(sm('a', { h }))
    assert.match(writtenBy(effects)[0] ?? '', /bad-format/, h)
  }
})

test('W-009 the counters go round', () => {
  const run = managed()
  const { management } = run.state
  assert.ok(management)
  management.acknowledged = 2 ** 32 - 1
  management.handled = 2 ** 32 - 1
  run.take(push(1))
  run.take(push(2))
  assert.equal(run.take(sm('a', { h: '1' })).filter((effect) => effect.kind === 'acknowledged').length, 2)
  run.take(answer)
  assert.equal(readXml(writtenBy(run.take(sm('r')))[0] ?? '').attributes.get('h'), '0')
})

test('W-009 a lost stream waits, and on resumption sends what is not acknowledged, in order', () => {
  const run = managed()
  run.take(push(1))
  run.take(push(2))
  run.take(sm('a', { h: '1' }))
  assert.deepEqual(run.take({ kind: 'lost' }), [])
  assert.deepEqual(run.take(push(3)), [])
  run.pass(59_000)
  const effects = run.take({ kind: 'resumed', h: 1 })
  const ids = writtenBy(effects).map((text) => readXml(text).attributes.get('id') ?? readXml(text).name)
  assert.deepEqual(ids, ['resumed', 'p2', 'p3', 'r'])
  assert.deepEqual(
    effects.filter((effect) => effect.kind === 'written'),
    [{ kind: 'written', token: 3 }],
    'written is told once',
  )
  assert.deepEqual(kindsOf(effects).slice(-2), ['alive', 'waiting'])
  assert.equal(readXml(writtenBy(effects)[0] ?? '').attributes.get('previd'), run.state.management?.id)
})

test('W-009 a resumption acknowledges what it counts', () => {
  const run = managed()
  run.take(push(1))
  run.take({ kind: 'lost' })
  const effects = run.take({ kind: 'resumed', h: 1 })
  assert.ok(effects.some((effect) => effect.kind === 'acknowledged' && effect.token === 1))
  assert.deepEqual(writtenBy(effects).length, 1)
})

test('W-009 a lost stream that nobody comes back to ends by what lost it, and tells what left and what did not', () => {
  const closed = managed()
  closed.take(push(1))
  closed.take({ kind: 'lost' })
  closed.take(push(2))
  assert.deepEqual(endOf(closed.pass(60_000)), { kind: 'ended', end: 'connection-closed', unsent: [2], unknown: [1] })

  const silent = managed()
  assert.deepEqual(kindsOf(silent.pass(35_000)), ['ping', 'drop'])
  assert.equal(endOf(silent.pass(60_000))?.end, 'inactivity')
})

test('A10 a lost stream is kept as long as its push may be answered', () => {
  const run = managed()
  run.take(push(1))
  run.take({ kind: 'keep-until', atMs: 200_000 })
  run.take({ kind: 'lost' })
  assert.deepEqual(run.pass(199_999), [])
  assert.equal(endOf(run.pass(1))?.end, 'connection-closed')
})

test('W-009 a lost stream can be ended by us', () => {
  const run = managed()
  run.take({ kind: 'lost' })
  const effects = run.take({ kind: 'end', condition: 'conflict', text: undefined })
  assert.deepEqual(kindsOf(effects), ['ended'])
})

test('W-009 resumption is asked for before bind only, and with a count', () => {
  const fresh = () => {
    const run = machine()
    run.take(opening)
    run.take({ kind: 'header', header })
    return run
  }
  assert.ok(kindsOf(fresh().take(sm('resume', { previd: 'a', h: '0' }))).includes('resume'))
  assert.match(writtenBy(fresh().take(sm('resume', { previd: 'a' })))[0] ?? '', /^<failed .*bad-request/)
  assert.match(writtenBy(bound().take(sm('resume', { previd: 'a', h: '0' })))[0] ?? '', /^<failed .*unexpected-request/)
})

test('S-D4 a device that acknowledges nothing has to go before it costs too much', () => {
  const run = managed()
  for (let token = 1; token <= 256; token++) run.take(push(token))
  assert.equal(endOf(run.all), undefined)
  const effects = run.take(push(257))
  assert.match(writtenBy(effects)[0] ?? '', /policy-violation/)
  assert.deepEqual(endOf(effects)?.unsent, [257])
  assert.equal(endOf(effects)?.unknown.length, 256)

  const large = managed()
  large.take({ kind: 'send', xml: 'x'.repeat(1024 * 1024), token: 1, isGone: false })
  assert.equal(endOf(large.all), undefined)
  large.take(push(2))
  assert.deepEqual(endOf(large.all)?.unsent, [2])
})

test('a push that waits for a lost stream can be taken back, one that has left cannot', () => {
  const run = managed()
  run.take(push(1))
  run.take({ kind: 'lost' })
  run.take(push(2))
  run.take(push(3))
  run.take({ kind: 'withdraw', token: 1 })
  run.take({ kind: 'withdraw', token: 2 })
  run.take({ kind: 'withdraw', token: 99 })
  assert.deepEqual(endOf(run.pass(60_000)), { kind: 'ended', end: 'connection-closed', unsent: [3], unknown: [1] })
  assert.equal(run.state.management?.characters, `<iq xmlns='jabber:client' type='get' id='p1'/>`.length * 2)
})
