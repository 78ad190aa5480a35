/** What became of a push is told truthfully, whatever happens on a WebSocket in whatever order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { WebSocketEffect, WebSocketEvent } from './websocket-state.ts'
import { answer, bound, endOf, farewell, header, kindsOf, managed, opening, sm } from './websocket-trial.ts'

/** Every token has one fate, and it is the true one. */
function checkFates(all: readonly WebSocketEffect[], tokens: number): void {
  const tokensOf = (kind: 'acknowledged' | 'written') =>
    all.flatMap((effect) => (effect.kind === kind ? [effect.token] : []))
  const { unsent = [], unknown = [] } = endOf(all) ?? {}
  const acknowledged = tokensOf('acknowledged')
  const written = tokensOf('written')
  const fates = [...acknowledged, ...unsent, ...unknown].toSorted((one, other) => one - other)
  assert.deepEqual(
    fates,
    Array.from({ length: tokens }, (_, at) => at + 1),
  )
  assert.equal(new Set(written).size, written.length, 'written once')
  assert.ok(!unsent.some((token) => written.includes(token)), 'unsent never left')
  assert.ok([...acknowledged, ...unknown].every((token) => written.includes(token)))
}

/** The end is told once, and nothing is told after it. */
function checkEnd(all: readonly WebSocketEffect[]): void {
  const kinds = kindsOf(all)
  assert.equal(kinds.filter((kind) => kind === 'ended').length, 1)
  const after = kinds.slice(kinds.indexOf('ended') + 1)
  assert.deepEqual(
    after.filter((kind) => kind !== 'close' && kind !== 'wake'),
    [],
  )
}

test('whatever comes in whatever order: one end, last, and every token has one fate', () => {
  const anyEvent = fc.oneof(
    fc.constantFrom<WebSocketEvent>(opening, answer, farewell, sm('r'), sm('enable', { resume: 'true' })),
    fc.constantFrom<WebSocketEvent>({ kind: 'lost' }, { kind: 'binary' }, { kind: 'broken' }, { kind: 'sign-of-life' }),
    fc.constantFrom<WebSocketEvent>({ kind: 'header', header }, { kind: 'bound', resumable: true }),
    fc.nat({ max: 6 }).map((h) => sm('a', { h: String(h) })),
    fc.nat({ max: 6 }).map((h): WebSocketEvent => ({ kind: 'resumed', h })),
    fc.boolean().map((isGone): WebSocketEvent => ({ kind: 'send', xml: '<iq/>', token: 1, isGone })),
    fc.boolean().map((isGone): WebSocketEvent => ({ kind: 'send', xml: '<iq/>', token: 1, isGone })),
    fc.constant<WebSocketEvent>({ kind: 'end', condition: 'conflict', text: undefined }),
  )
  const move = fc.record({ event: anyEvent, ms: fc.constantFrom(0, 0, 0, 1000, 20_000) })
  fc.assert(
    fc.property(fc.boolean(), fc.array(move, { maxLength: 40 }), (isManaged, moves) => {
      const run = isManaged ? managed() : bound()
      let last = 0
      for (const { event, ms } of moves) {
        run.pass(ms)
        // The stream above sends nothing once it is told the end.
        if (event.kind === 'send' && endOf(run.all)) continue
        run.take(event.kind === 'send' ? { ...event, token: ++last } : event)
      }
      run.take({ kind: 'end', condition: 'system-shutdown', text: undefined })
      checkEnd(run.all)
      checkFates(run.all, last)
    }),
    { numRuns: 500 },
  )
})
