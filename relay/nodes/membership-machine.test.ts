/** Who is there and who may act: the cases of `safety.md` 6.12, and hours of bad luck in which nobody acts for what another took. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import {
  heard,
  helloEveryMs,
  holds,
  isMet,
  leaseMs,
  type MembershipEffect,
  type MembershipEvent,
  newMembership,
  type Peer,
  renewEveryMs,
  silent,
  step,
} from './membership-machine.ts'

const peer = (number: number): Peer => ({ number, incarnation: `n${number}`, name: `node ${number}`, state: 'serving' })

function play(self = 'n1') {
  const state = newMembership(self, 0)
  return {
    state,
    at(nowMs: number, event: MembershipEvent): MembershipEffect[] {
      const effects: MembershipEffect[] = []
      step(state, event, nowMs, effects)
      return effects
    },
  }
}

const renewed = (askedMs: number, ...rows: [number, number][]): MembershipEvent => ({
  kind: 'renewed',
  askedMs,
  rows: rows.map(([number, ageMs]) => ({ peer: peer(number), ageMs })),
})

test('6.8 a node that has lost the bus since its last hello was away, however soon it is back', () => {
  const { at } = play()
  const hello = (losses?: number): MembershipEvent => {
    return { kind: 'hello', from: 'n2', hears: ['n1'], knowsUs: true, ...(losses === undefined ? {} : { losses }) }
  }
  at(0, { kind: 'bus', connected: true })
  at(0, renewed(0, [2, 100]))
  assert.deepEqual(at(1_000, hello(3)), [], 'what it lost before it was known took nothing along')
  assert.deepEqual(at(2_000, hello(3)), [])
  assert.deepEqual(at(2_300, hello(4)), [{ kind: 'was-away', peer: peer(2) }])
  assert.deepEqual(at(3_000, hello(4)), [])
  assert.deepEqual(at(4_000, hello()), [], 'an older node does not say')
})

test('6.12 a node acts for as long as its lease is good, counted from before it was renewed', () => {
  const { state, at } = play()
  assert.equal(holds(state, 0), false, 'before it has one')
  at(50, renewed(20))
  assert.equal(holds(state, 20 + leaseMs - 1), true)
  assert.equal(holds(state, 20 + leaseMs), false)
})

test('6.8 a node that is not heard for six seconds is silent, and only while the bus could have told', () => {
  const { state, at } = play()
  at(0, { kind: 'bus', connected: true })
  at(0, renewed(0, [2, 100], [3, 100]))
  at(5_000, { kind: 'hello', from: 'n3', hears: ['n1'], knowsUs: true })
  assert.deepEqual(silent(state, 6_000), [])
  assert.deepEqual(silent(state, 6_001), ['n2'])
  at(7_000, { kind: 'hello', from: 'n2', hears: ['n1'], knowsUs: true })
  assert.deepEqual(silent(state, 7_001), [])
  at(20_000, { kind: 'bus', connected: false })
  at(21_000, { kind: 'bus', connected: true })
  assert.deepEqual(silent(state, 22_000), [])
})

test('6.6 a node is met when each of the others that live hears it and finds it by its number, and again when that is new', () => {
  const { state, at } = play()
  const hello = (number: number, hears: string[], knowsUs: boolean) =>
    at(1_000, { kind: 'hello', from: `n${number}`, hears, knowsUs })
  at(0, renewed(0, [2, 100], [3, 100]))
  hello(2, ['n1'], true)
  hello(3, ['n1'], false)
  assert.equal(isMet(state), false)
  hello(3, ['n1'], true)
  assert.equal(isMet(state), true)
  at(2_000, { kind: 'enlisted' })
  hello(2, ['n1'], true)
  assert.equal(isMet(state), false)
  hello(3, ['n1'], true)
  assert.equal(isMet(state), true)
})

test('6.6 a node that comes back as somebody new between two looks has gone, and another has joined', () => {
  const { at } = play()
  at(0, renewed(0, [2, 100]))
  const anew: Peer = { ...peer(2), number: 7 }
  const effects = at(2_000, { kind: 'renewed', askedMs: 2_000, rows: [{ peer: anew, ageMs: 100 }] })
  assert.deepEqual(effects, [
    { kind: 'gone', peer: peer(2) },
    { kind: 'joined', peer: anew },
  ])
})

/** A node that has met two others, and then loses the record. */
function carried() {
  const node = play()
  node.at(0, { kind: 'bus', connected: true })
  node.at(0, renewed(0, [2, 100], [3, 100]))
  const hello = (nowMs: number, number: number, ...hears: string[]) =>
    node.at(nowMs, { kind: 'hello', from: `n${number}`, hears, knowsUs: true })
  const helloFromBoth = (nowMs: number) => {
    hello(nowMs, 2, 'n1')
    hello(nowMs, 3, 'n1')
  }
  helloFromBoth(1_000)
  node.at(2_000, { kind: 'not-renewed' })
  const carry = (fromMs: number, untilMs: number) => {
    for (let nowMs = fromMs; nowMs <= untilMs; nowMs += 1_000) helloFromBoth(nowMs)
  }
  return { ...node, hello, carry }
}

test('6.12 without the record a node goes on while everybody else hears it', () => {
  const { state, hello, carry, at } = carried()
  carry(3_000, 60_000)
  assert.equal(holds(state, 60_000), true)
  hello(61_000, 2, 'n1', 'n3')
  hello(61_000, 3, 'n2')
  assert.equal(holds(state, 62_900), true, 'one does not hear it any more, and needs longer to be sure')
  assert.equal(holds(state, 63_000), false)
  carry(64_000, 70_000)
  assert.equal(holds(state, 70_000), false, 'somebody may have taken over meanwhile')
  at(71_000, renewed(70_900, [2, 100], [3, 100]))
  assert.equal(holds(state, 71_000), true)
})

test('6.12 without record and bus nobody acts, and without the record nobody longer than five minutes', () => {
  const { state, carry, at } = carried()
  carry(3_000, 301_000)
  assert.equal(holds(state, 301_900), true)
  carry(302_000, 303_000)
  assert.equal(holds(state, 302_000), false)

  const other = carried()
  other.carry(3_000, 20_000)
  other.at(20_500, { kind: 'bus', connected: false })
  assert.equal(holds(other.state, 20_500), false)
  assert.deepEqual(at(400_000, renewed(399_999, [2, 0], [3, 0])), [])
})

test('6.12 one node alone goes on without the record', () => {
  const { state, at } = play()
  at(0, { kind: 'bus', connected: true })
  at(0, renewed(0))
  at(2_000, { kind: 'not-renewed' })
  for (let nowMs = 3_000; nowMs < 200_000; nowMs += 1_000) at(nowMs, { kind: 'time' })
  assert.equal(holds(state, 200_000), true)
  assert.equal(holds(state, 210_000), false, 'after a pause in which somebody may have come')
})

test('6.12 a node is dead when its lease is over and it is silent; one that is heard is not', () => {
  const { at } = play()
  at(0, { kind: 'bus', connected: true })
  assert.deepEqual(at(0, renewed(0, [2, 0])), [{ kind: 'joined', peer: peer(2) }])
  for (let nowMs = 0; nowMs < 20_000; nowMs += 2_000) at(nowMs, renewed(nowMs, [2, 500]))
  at(20_000, { kind: 'hello', from: 'n2', hears: ['n1'], knowsUs: true })
  assert.deepEqual(at(22_000, renewed(22_000, [2, leaseMs + 1])), [], 'it is heard')
  assert.deepEqual(at(27_000, renewed(27_000, [2, leaseMs])), [], 'its lease is good')
  assert.deepEqual(at(28_000, renewed(28_000, [2, leaseMs + 1])), [{ kind: 'dead', peer: peer(2) }])
  assert.deepEqual(at(29_000, renewed(29_000)), [{ kind: 'gone', peer: peer(2) }])
})

test('6.12 after a time without the record nobody is declared dead before all had time to come back', () => {
  const { at } = play()
  at(0, { kind: 'bus', connected: true })
  at(0, renewed(0, [2, 0]))
  at(30_000, { kind: 'hello', from: 'n2', hears: ['n1'], knowsUs: true })
  at(40_000, { kind: 'not-renewed' })
  assert.deepEqual(at(60_000, renewed(60_000, [2, 60_000])), [])
  assert.deepEqual(at(60_000 + leaseMs - 1, renewed(60_000, [2, 70_000])), [])
  assert.deepEqual(at(60_000 + leaseMs, renewed(60_000, [2, 70_000])), [{ kind: 'dead', peer: peer(2) }])
})

test('6.12 one that was never met is dead only after all the time for which others might carry it', () => {
  const { at } = play()
  at(0, { kind: 'bus', connected: true })
  at(0, renewed(0, [2, 20_000]))
  assert.deepEqual(at(280_000, renewed(280_000, [2, 300_000])), [])
  assert.deepEqual(at(291_000, renewed(291_000, [2, 311_000])), [{ kind: 'dead', peer: peer(2) }])
})

/** Nodes, a record and a bus, with everything that may go wrong between them. */
function bigWorld(seed: number) {
  const random = createSeededRandom(seed)
  const chance = (odds: number) => random.fraction() < odds
  const names = ['n1', 'n2', 'n3']
  /** By the record's clock, which is the world's. */
  const rows = new Map<string, { seenAtMs: number; state: Peer['state'] }>()
  const nodes = names.map((name, at) => ({
    name,
    state: newMembership(name, 0),
    // Monotonic clocks begin anywhere, and nothing else about them differs.
    offsetMs: at * 1_000_003,
    record: true,
    bus: true,
    frozenUntilMs: 0,
    /** What others took from it, and it does not know yet. */
    isBuried: false,
    renewAtMs: Math.floor(random.fraction() * renewEveryMs),
    helloAtMs: Math.floor(random.fraction() * helloEveryMs),
    /** Renewals on their way back. */
    inbox: [] as { atMs: number; event: MembershipEvent }[],
  }))
  type Node = (typeof nodes)[number]
  for (const node of nodes) rows.set(node.name, { seenAtMs: 0, state: 'serving' })
  const buried: string[] = []

  function feed(node: Node, event: MembershipEvent, nowMs: number): void {
    const effects: MembershipEffect[] = []
    step(node.state, event, nowMs + node.offsetMs, effects)
    for (const effect of effects) if (effect.kind === 'dead') bury(effect.peer.incarnation, nowMs)
  }

  /** As the record does it: only whose lease is over by its clock. */
  function bury(name: string, nowMs: number): void {
    const row = rows.get(name)
    if (!row || nowMs - row.seenAtMs <= leaseMs) return
    rows.delete(name)
    buried.push(name)
    const node = nodes.find((one) => one.name === name)
    if (node) node.isBuried = true
  }

  function renew(node: Node, nowMs: number): void {
    const askedMs = nowMs + node.offsetMs
    const backMs = nowMs + Math.floor(random.fraction() * (chance(0.05) ? 6_000 : 50))
    if (!node.record) {
      node.inbox.push({ atMs: backMs, event: { kind: 'not-renewed' } })
      return
    }
    const own = rows.get(node.name)
    if (!own) {
      // It learns that it was buried: it forgets all it had, and is there anew.
      node.isBuried = false
      rows.set(node.name, { seenAtMs: nowMs, state: 'serving' })
      return
    }
    own.seenAtMs = nowMs
    const others = [...rows].filter(([name]) => name !== node.name)
    const event: MembershipEvent = {
      kind: 'renewed',
      askedMs,
      rows: others.map(([name, row]) => ({
        peer: { ...peer(Number(name[1])), state: row.state },
        ageMs: nowMs - row.seenAtMs,
      })),
    }
    node.inbox.push({ atMs: backMs, event })
  }

  function hello(node: Node, nowMs: number): void {
    if (!node.bus) return
    const hears = heard(node.state, nowMs + node.offsetMs)
    for (const other of nodes)
      if (other !== node && other.bus && !chance(0.01))
        other.inbox.push({
          atMs: nowMs + Math.floor(random.fraction() * 20),
          event: { kind: 'hello', from: node.name, hears, knowsUs: true },
        })
  }

  function misfortune(nowMs: number): void {
    for (const node of nodes) {
      if (chance(1 / 40)) node.frozenUntilMs = nowMs + Math.floor(random.fraction() * 30_000)
      if (chance(1 / 20)) node.record = chance(0.6)
      if (chance(1 / 20)) {
        const bus = chance(0.6)
        if (bus !== node.bus) node.inbox.push({ atMs: nowMs, event: { kind: 'bus', connected: bus } })
        node.bus = bus
      }
    }
    if (chance(1 / 60)) for (const node of nodes) node.record = !node.record
  }

  /** One node's turn. @throws when it acts for what others took from it */
  function live(node: Node, nowMs: number): void {
    if (nowMs < node.frozenUntilMs) return
    // What acts first after a pause has not read anything yet: it has only its clock.
    if (holds(node.state, nowMs + node.offsetMs))
      assert.equal(node.isBuried, false, `seed ${seed}: ${node.name} acts at ${nowMs}, and was buried`)
    const due = node.inbox.filter(({ atMs }) => atMs <= nowMs)
    node.inbox = node.inbox.filter(({ atMs }) => atMs > nowMs)
    for (const { event } of due) feed(node, event, nowMs)
    if (nowMs >= node.renewAtMs) {
      node.renewAtMs = nowMs + renewEveryMs
      renew(node, nowMs)
    }
    if (nowMs >= node.helloAtMs) {
      node.helloAtMs = nowMs + helloEveryMs
      feed(node, { kind: 'time' }, nowMs)
      hello(node, nowMs)
    }
  }

  for (const node of nodes) feed(node, { kind: 'bus', connected: true }, 0)
  return {
    buried,
    run(untilMs: number) {
      for (let nowMs = 0; nowMs < untilMs; nowMs += 50) {
        if (nowMs % 1_000 === 0) misfortune(nowMs)
        for (const node of nodes) live(node, nowMs)
      }
    },
  }
}

test('I7 in hours of bad luck no node acts for what another may have taken from it', () => {
  let buried = 0
  for (let seed = 1; seed <= 40; seed++) {
    const world = bigWorld(seed)
    world.run(600_000)
    buried += world.buried.length
  }
  assert.ok(buried > 100, `only ${buried} were buried: the luck was not bad enough`)
})
