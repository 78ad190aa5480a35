/** The life of a PIN, played with whatever may come in whatever order (C, S-R2). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lifeMs, type PairingEvent, type PairingLife, phaseAt, stepPairing } from './pairing-machine.ts'

const fresh = (): PairingLife => ({
  ...{ phase: 'waiting', expiresAtMs: lifeMs, tries: 0, doubts: [], refused: undefined, owner: undefined },
})
const by = { account: 'default', asker: 'key 1' }
const typed = (more: Partial<Extract<PairingEvent, { kind: 'typed' }>> = {}): PairingEvent => ({
  ...{ kind: 'typed', isPin: true, locality: { verdict: 'same' }, isFree: true, isGuessedAt: false, by },
  ...more,
})

function play(...events: PairingEvent[]): PairingLife {
  const life = fresh()
  for (const event of events) stepPairing(life, event, 1)
  return life
}

test('the right PIN on the same network is a match, and the code is good for 10 minutes from then', () => {
  const life = fresh()
  assert.ok(stepPairing(life, typed(), 1000))
  assert.deepEqual([life.phase, life.expiresAtMs, life.owner], ['sending', 1000 + lifeMs, by])
})

test('weak evidence asks for a press, and only then is there something to send', () => {
  const weak = typed({ locality: { verdict: 'weak', doubts: ['carrier-nat'] } })
  assert.deepEqual([play(weak).phase, play(weak).doubts], ['press-needed', ['carrier-nat']])
  assert.equal(play(weak, { kind: 'spent' }).phase, 'press-needed')
  assert.equal(play(weak, { kind: 'pressed' }).phase, 'sending')
})

test('a press that nobody asked for is for nothing', () => {
  assert.equal(play({ kind: 'pressed' }).phase, 'waiting')
  assert.equal(play({ kind: 'pressed' }, typed({ isPin: false })).phase, 'waiting')
})

test('which check failed is kept for the device', () => {
  const different = { verdict: 'different', check: 'network' } as const
  assert.equal(play(typed({ isPin: false })).refused?.check, 'pin')
  assert.equal(play(typed({ locality: different })).refused?.check, 'network')
  assert.equal(play(typed({ locality: { verdict: 'different', check: 'proxy' } })).refused?.check, 'proxy')
  assert.equal(play(typed({ isFree: false })).refused?.check, 'owner')
  assert.equal(play(typed({ isPin: false, locality: different })).refused, undefined, 'that is about another device')
})

test('S-R2 the fifth failed try ends the PIN', () => {
  const wrong = typed({ isPin: false })
  assert.equal(play(wrong, wrong, wrong, wrong).phase, 'waiting')
  const life = play(wrong, wrong, wrong, wrong, wrong, typed())
  assert.deepEqual([life.phase, life.refused?.check, life.owner], ['expired', 'tries', undefined])
})

const events = fc.oneof(
  fc
    .record({
      isPin: fc.boolean(),
      locality: fc.constantFrom<Extract<PairingEvent, { kind: 'typed' }>['locality']>(
        { verdict: 'same' },
        { verdict: 'weak', doubts: ['ipv6-prefix'] },
        { verdict: 'different', check: 'network' },
      ),
      isFree: fc.boolean(),
      isGuessedAt: fc.boolean(),
    })
    .map(typed),
  fc.constantFrom<PairingEvent>({ kind: 'pressed' }, { kind: 'spent' }, { kind: 'used' }),
)

/** What the requirement says, apart from the machine: whether anything may be sent after all that. */
function mayHaveSent(history: readonly { event: PairingEvent; before: string }[]): boolean {
  const isMatch = ({ event, before }: (typeof history)[number]) =>
    before === 'waiting' &&
    event.kind === 'typed' &&
    event.isPin &&
    event.isFree &&
    event.locality.verdict !== 'different'
  const match = history.findIndex(isMatch)
  const { event } = history[match] ?? {}
  if (event?.kind !== 'typed') return false
  if (event.locality.verdict === 'same' && !event.isGuessedAt) return true
  return history.slice(match).some(({ event, before }) => event.kind === 'pressed' && before === 'press-needed')
}

function mustHold(life: PairingLife, history: readonly { event: PairingEvent; before: string }[]): void {
  if (['sending', 'spent', 'connected'].includes(life.phase))
    assert.ok(mayHaveSent(history), 'nothing is sent without both')
  if (history.at(-1)?.before === 'expired') assert.equal(life.phase, 'expired', 'what is over stays over')
  if (life.phase === 'waiting') assert.equal(life.owner, undefined, 'nothing is stored without a match')
  assert.ok(life.tries <= 5)
}

test('C4, C7 in whatever order things come: nothing is sent but after the right PIN from the same network, with a press where there was a doubt; once', () => {
  const steps = fc.array(fc.tuple(events, fc.integer({ min: 0, max: lifeMs })), { maxLength: 30 })
  fc.assert(
    fc.property(steps, (steps) => {
      const life = fresh()
      const history: { event: PairingEvent; before: string }[] = []
      let nowMs = 0
      let spent = 0
      for (const [event, passedMs] of steps) {
        nowMs += passedMs
        history.push({ event, before: phaseAt(life, nowMs) })
        if (stepPairing(life, event, nowMs) && event.kind === 'spent') spent++
        mustHold(life, history)
      }
      assert.ok(spent <= 1)
    }),
    { numRuns: 2000 },
  )
})
