/** Promises of the BOSH machine that hold whatever happens, in whatever order: tried with made-up lives of a session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Attributes, message, openPlay, type Play } from './bosh-play.ts'

/** One thing that a client, a network or a service may do. */
type Deed =
  | { do: 'ask'; ahead: number; withMessage: boolean }
  | { do: 'again'; back: number }
  | { do: 'hang up'; which: number }
  | { do: 'push' }
  | { do: 'take back'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'keep'; ms: number }
  | { do: 'pause'; seconds: number }
  | { do: 'leave' }
  | { do: 'end' }

/** What ends a session must be rare, or lives are short and little is tried. */
function mostly(common: readonly number[], rare: number): fc.Arbitrary<number> {
  return fc.oneof({ weight: 80, arbitrary: fc.constantFrom(...common) }, { weight: 1, arbitrary: fc.constant(rare) })
}

const deeds: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 100,
    arbitrary: fc.record({ do: fc.constant('ask' as const), ahead: mostly([0, 1], 2), withMessage: fc.boolean() }),
  },
  { weight: 40, arbitrary: fc.record({ do: fc.constant('again' as const), back: mostly([0, 1], 5) }) },
  { weight: 40, arbitrary: fc.record({ do: fc.constant('hang up' as const), which: fc.nat(3) }) },
  { weight: 80, arbitrary: fc.constant({ do: 'push' as const }) },
  {
    weight: 60,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(50, 1900, 2000, 2100, 29_000, 31_000),
    }),
  },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('take back' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('keep' as const), ms: fc.nat(90_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), seconds: mostly([0, 1, 60, 120], 130) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'leave' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'end' as const }) },
)

const creations: fc.Arbitrary<Attributes> = fc.record({
  ack: fc.constantFrom(undefined, 1),
  hold: fc.constantFrom(0, 1),
  ver: fc.constantFrom(undefined, '1.6'),
})

interface Life {
  play: Play
  /** Rids for which a message was sent, whether it was taken or not. */
  asked: number[]
  exchanges: number[]
  hungUp: Set<number>
  /** Those that were not taken back in time. */
  pushed: number[]
  pushes: number
  highest: number
}

function live(creation: Attributes, story: readonly Deed[]): Life {
  const life: Life = {
    play: openPlay(creation),
    asked: [],
    exchanges: [1000],
    hungUp: new Set(),
    pushed: [],
    pushes: 0,
    highest: 1000,
  }
  for (const deed of story) if (!life.play.session.isOver) carryOut(life, deed)
  return life
}

function carryOut(life: Life, deed: Deed) {
  const { play } = life
  switch (deed.do) {
    case 'ask':
      return ask(life, { rid: play.session.lastRid + 1 + deed.ahead }, deed.withMessage)
    case 'again':
      return ask(life, { rid: Math.max(1, life.highest - deed.back) }, true)
    case 'pause':
      return ask(life, { rid: play.session.lastRid + 1, pause: deed.seconds }, false)
    case 'leave':
      return ask(life, { rid: play.session.lastRid + 1, type: 'terminate' }, true)
    case 'hang up': {
      const open = life.exchanges.filter((exchange) => play.answersTo(exchange).length === 0)
      const exchange = open[deed.which % open.length]
      if (exchange === undefined || life.hungUp.has(exchange)) return
      life.hungUp.add(exchange)
      play.turn({ kind: 'exchange-closed', exchange })
      return
    }
    case 'push':
      life.pushed.push(++life.pushes)
      play.push(life.pushes)
      return
    case 'take back': {
      const token = life.pushed[deed.which % life.pushed.length]
      if (token === undefined) return
      // What has left cannot be taken back, and is told of as ever.
      const isQueued = play.session.queue.some((stanza) => stanza.token === token)
      play.turn({ kind: 'withdraw', token })
      if (isQueued) life.pushed = life.pushed.filter((other) => other !== token)
      return
    }
    case 'wait':
      play.pass(deed.ms)
      return
    case 'keep':
      play.turn({ kind: 'keep', untilMs: play.nowMs() + deed.ms })
      return
    case 'end':
      play.turn({ kind: 'end', condition: 'conflict' })
  }
}

function ask(life: Life, attributes: Attributes & { rid: number }, withMessage: boolean): void {
  const exchange = 1_000_000 + life.exchanges.length
  life.exchanges.push(exchange)
  life.highest = Math.max(life.highest, attributes.rid)
  life.asked.push(attributes.rid)
  // A client's text names its rid, so that what was processed can be told.
  life.play.request(attributes, withMessage ? message(String(attributes.rid)) : '', exchange)
}

const runs = { numRuns: Number(process.env['FAIRLEAD_FUZZ_RUNS'] ?? 1500) }

/** Runs the check over made-up lives. */
function always(name: string, check: (life: Life) => void): void {
  test(name, () =>
    fc.assert(
      fc.property(creations, fc.array(deeds, { minLength: 1, maxLength: 60 }), (creation, story) =>
        check(live(creation, story)),
      ),
      runs,
    ),
  )
}

always('each rid is processed once, and in order', ({ play }) => {
  const taken = play.received().map(Number)
  assert.deepEqual(
    taken,
    [...new Set(taken)].sort((one, other) => one - other),
  )
})

always('no exchange is answered twice, nor after it was hung up', ({ play, exchanges, hungUp }) => {
  for (const exchange of exchanges) {
    const { length } = play.answersTo(exchange)
    assert.ok(length <= (hungUp.has(exchange) ? 0 : 1), `exchange ${exchange}: ${length} answers`)
  }
})

always('when a session is over, every exchange that was not hung up has its answer', (life) => {
  const { play } = life
  play.turn({ kind: 'end', condition: 'reset' })
  for (const exchange of life.exchanges)
    assert.equal(play.answersTo(exchange).length, life.hungUp.has(exchange) ? 0 : 1, `exchange ${exchange}`)
})

always('left alone, every exchange is answered: no request hangs', (life) => {
  life.play.pass(400_000)
  assert.ok(life.play.session.isOver)
  for (const exchange of life.exchanges)
    assert.equal(life.play.answersTo(exchange).length, life.hungUp.has(exchange) ? 0 : 1, `exchange ${exchange}`)
})

always('every push is told of as unsent, unknown or acknowledged, and as one of them only', ({ play, pushed }) => {
  play.turn({ kind: 'end', condition: 'reset' })
  const end = play.ended()
  assert.ok(end)
  const written = play.tokens('written')
  const acknowledged = play.tokens('acknowledged')
  const told = [...end.unsent, ...end.unknown, ...acknowledged]
  assert.deepEqual(
    told.sort((one, other) => one - other),
    pushed,
  )
  // Unsent never left; the others did, once.
  assert.deepEqual([...acknowledged, ...end.unknown].sort(byNumber), [...written].sort(byNumber))
  assert.equal(play.effects.filter((effect) => effect.kind === 'ended').length, 1)
})

always('a push counts as written only if some exchange was given it', ({ play }) => {
  const given = play.effects.flatMap((effect) => (effect.kind === 'answer' ? [effect.body] : [])).join('')
  for (const token of play.tokens('written')) assert.ok(given.includes(`push ${token}<`), `push ${token}`)
})

always('pushes leave in the order in which they came', ({ play }) => {
  const written = play.tokens('written')
  assert.deepEqual(written, [...written].sort(byNumber))
})

always(
  'nothing grows beyond its bound, and nobody reads what is queued while nobody is held',
  ({ play: { session } }) => {
    if (session.isOver) return
    assert.ok(session.held.filter((held) => held.exchange !== undefined).length <= session.terms.hold)
    assert.ok(session.early.size < session.terms.requests)
    assert.ok(session.kept.length <= 64)
    assert.ok(session.queue.length === 0 || session.held.every((held) => held.exchange === undefined))
  },
)

function byNumber(one: number, other: number): number {
  return one - other
}
