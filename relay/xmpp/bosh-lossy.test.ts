/** A client that keeps to the rules loses nothing and gets nothing twice, however bad the network between is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Attributes, message, openPlay } from './bosh-play.ts'

/** What the network does with one request, from its sending to the client's notice of what became of it. */
type Fate = 'well' | 'request lost' | 'response lost' | 'cut while held' | 'sent twice'

const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 5, arbitrary: fc.constant('well' as const) },
  { weight: 1, arbitrary: fc.constantFrom('request lost', 'response lost', 'cut while held', 'sent twice') },
)

const rounds = fc.record({
  fate: fates,
  says: fc.boolean(),
  pushes: fc.nat(2),
  ms: fc.constantFrom(0, 100, 2500, 9000),
})

/** A request of the client that it has no response to. */
interface Open {
  rid: number
  payload: string
  /** The exchange that may still bring the response; undefined: to be sent again. */
  exchange: number | undefined
  fate: Fate
  /** The bound of duplicates is another matter (B-106). */
  losses: number
}

function createClient(creation: Attributes) {
  const play = openPlay(creation)
  const acks = creation['ack'] === 1
  const window = 2
  let nextRid = 1001
  let nextExchange = 1_000_000
  let taken = 0
  let receivedRid = 1000
  const open: Open[] = []
  /** Responses whose turn has not come: a client takes them in order of rid. */
  const early = new Map<number, string>()
  const said: string[] = []
  const heard: number[] = []
  /** In responses that came, in whatever order. */
  const arrived = new Set<number>()
  /** Acknowledged at a moment when no response with them had come. */
  const presumedWrongly: number[] = []

  function ask(fate: Fate, says: boolean): void {
    const lowest = open[0]?.rid ?? nextRid
    if (nextRid >= lowest + window || (open.length > 0 && !says)) return
    const rid = nextRid++
    if (says) said.push(String(rid))
    open.push({ rid, payload: says ? message(String(rid)) : '', exchange: undefined, fate, losses: 0 })
  }

  function lose(request: Open): void {
    request.exchange = undefined
    // After a few losses the network has mercy.
    if (++request.losses > 3) request.fate = 'well'
  }

  /** Whatever is not under way is sent, lowest rid first (XEP-0124 §14.3). */
  function send(): void {
    for (const request of open) {
      if (request.exchange !== undefined) continue
      if (request.fate === 'request lost') lose(request)
      else deliver(request)
    }
  }

  function deliver(request: Open): void {
    const attributes = { rid: request.rid, ...(acks && { ack: Math.min(receivedRid, request.rid - 1) }) }
    const copies = request.fate === 'sent twice' ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      request.exchange = ++nextExchange
      for (const effect of play.request(attributes, request.payload, request.exchange))
        if (effect.kind === 'acknowledged' && !arrived.has(effect.token)) presumedWrongly.push(effect.token)
    }
    if (request.fate === 'cut while held' && play.answersTo(nextExchange).length === 0) {
      play.turn({ kind: 'exchange-closed', exchange: nextExchange })
      lose(request)
    }
  }

  function receive(): void {
    const answers = play.effects.slice(taken).filter((effect) => effect.kind === 'answer')
    taken = play.effects.length
    for (const { exchange, body } of answers) {
      const request = open.find((one) => one.exchange === exchange)
      if (!request) continue
      if (request.fate === 'response lost' || body.includes("type='error'")) lose(request)
      else {
        early.set(request.rid, body)
        for (const token of pushesIn(body)) arrived.add(token)
        open.splice(open.indexOf(request), 1)
      }
    }
    for (let body = early.get(receivedRid + 1); body !== undefined; body = early.get(receivedRid + 1)) {
      early.delete(++receivedRid)
      heard.push(...pushesIn(body))
    }
  }

  return { play, open, said, heard, presumedWrongly, ask, send, receive }
}

function pushesIn(body: string): number[] {
  return [...body.matchAll(/push (\d+)</g)].map(([, token]) => Number(token))
}

type Round = typeof rounds extends fc.Arbitrary<infer Value> ? Value : never

function run(creation: Attributes, story: readonly Round[]) {
  const client = createClient(creation)
  let pushed = 0
  for (const { fate, says, pushes, ms } of story) {
    client.ask(fate, says)
    client.send()
    for (let push = 0; push < pushes; push++) client.play.push(++pushed)
    client.play.pass(ms)
    client.receive()
  }
  // Then the network is well again, and everything comes to its end.
  for (let round = 0; round < 40; round++) {
    for (const request of client.open) request.fate = 'well'
    client.ask('well', false)
    client.send()
    client.play.pass(2500)
    client.receive()
  }
  return { ...client, pushed }
}

const runs = { numRuns: Number(process.env['FAIRLEAD_FUZZ_RUNS'] ?? 800) }
const creations = fc.constantFrom<Attributes>({}, { ver: undefined }, { ack: 1 })

test('R-09 everything said is heard once and in order, both ways, and the session lives', () => {
  fc.assert(
    fc.property(creations, fc.array(rounds, { minLength: 20, maxLength: 60 }), (creation, story) => {
      const { play, said, heard, pushed } = run(creation, story)
      assert.equal(play.ended(), undefined)
      assert.deepEqual(play.received(), said)
      assert.deepEqual(
        heard,
        Array.from({ length: pushed }, (_, index) => index + 1),
      )
    }),
    runs,
  )
})

test('R-09 no push is told as acknowledged before the client has it', () => {
  fc.assert(
    fc.property(creations, fc.array(rounds, { minLength: 20, maxLength: 60 }), (creation, story) => {
      assert.deepEqual(run(creation, story).presumedWrongly, [])
    }),
    runs,
  )
})
