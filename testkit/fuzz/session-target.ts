/** Fuzzes the BOSH session machine: what a client, a network, a stream and a clock may do, in any order. */
import { hash } from 'node:crypto'
import { type BoshBody, ns, type Xml, xml } from '@fairlead/protocol/xmpp'
import { agreeOn } from '../../relay/xmpp/bosh-creation.ts'
import { plainBody } from '../../relay/xmpp/bosh-play.ts'
import { step } from '../../relay/xmpp/bosh-session.ts'
import { type BoshEvent, createBoshSession } from '../../relay/xmpp/bosh-state.ts'
import { weigh } from './chance.ts'
import { SessionLife } from './session-life.ts'
import { Broken, type Choices, type Counts, count, storyTarget } from './story.ts'
import type { Target } from './target.ts'

/** An input is the story of one session. */
export function sessionTarget(machine: typeof step = step): Target {
  return storyTarget('the BOSH session machine; an input is the story of one session', 200_000, (choices, counts) =>
    live(machine, choices, counts),
  )
}

const firstRid = 1000
const startMs = 1_000_000
const options = { waitSeconds: 30, inactivitySeconds: 60 }
const keys = keySequence(2000)

function live(machine: typeof step, choices: Choices, counts: Counts): void {
  const story = begin(machine, choices)
  const { life } = story
  let deeds = 0
  while (choices.left > 0 && !life.session.isOver) {
    doSomething(story, choices)
    deeds++
  }
  if (deeds > 20) count(counts, 'lived')
  if (choices.oneIn(2)) life.turn({ kind: 'end', condition: 'conflict' })
  // Left alone, it comes to its end: no request hangs, no session stays.
  else life.pass(1_000_000)
  if (!life.session.isOver) throw new Broken('left alone it does not end')
  life.turn({ kind: 'time' }, { kind: 'send', xml: '<late/>', token: 0 }, { kind: 'end', condition: 'reset' })
  count(counts, 'steps', life.steps)
  count(counts, 'answers', life.exchanges.length)
  count(counts, 'pushes', life.tokens.length - 1)
}

interface Story {
  life: SessionLife
  usesKeys: boolean
  stanzas: number
}

function begin(machine: typeof step, choices: Choices): Story {
  const usesKeys = choices.below(8) === 7
  const creation: BoshBody = {
    ...bodyOf(firstRid),
    sid: undefined,
    to: 'localhost',
    ack: choices.below(2) === 1 ? 1 : undefined,
    hold: choices.below(4) === 3 ? 0 : 1,
    wait: choices.pick([30, 5, 0, 60] as const),
    ver: choices.below(3) === 2 ? undefined : { major: 1, minor: 6 },
    newkey: usesKeys ? keyBefore(firstRid) : undefined,
  }
  const terms = agreeOn(creation, 'localhost', options)
  if (typeof terms === 'string') throw new Error(`The session is refused: ${terms}`)
  const life = new SessionLife(machine, createBoshSession('SID', terms, firstRid, startMs), startMs)
  const first = life.request(creation)
  if (choices.below(4) === 3) life.turn(first)
  else
    life.turn(first, { kind: 'opened', id: 's' }, { kind: 'send', xml: '<features/>', token: 0 }, { kind: 'logged-in' })
  return { life, usesKeys, stanzas: 1 }
}

// What ends a session must be rare, or lives are short and little is tried.
const aheads = weigh([24, 0], [7, 1], [1, 2])
const backs = weigh([8, 0], [5, 1], [1, 2], [1, 3], [1, 5])

type Deed = (story: Story, choices: Choices) => void

const ask: Deed = (story, choices) => {
  const { life } = story
  const ahead = choices.pick(aheads)
  const rid = life.session.lastRid + 1 + ahead
  const event = life.request({
    ...bodyOf(rid),
    children: stanzasFor(story, rid, choices.pick([0, 1, 2, 0, 1] as const)),
    ack: ackFor(story, choices),
    key: keyFor(story, rid, choices),
  })
  life.turn(event, ...reactions(story, choices))
}

const again: Deed = (story, choices) => {
  const { life } = story
  const back = choices.pick(backs)
  const rid = Math.max(1, life.session.lastRid - back)
  life.turn(life.request({ ...bodyOf(rid), children: stanzasFor(story, rid, 1), key: keyFor(story, rid, choices) }))
}

/** The same early request once more. */
const againEarly: Deed = (story) => {
  const [rid] = story.life.session.early.keys()
  if (rid !== undefined) story.life.turn(story.life.request(bodyOf(rid)))
}

const hangUp: Deed = ({ life }, choices) => {
  const open = life.exchanges.flatMap(({ state }, at) => (state === 'open' ? [at] : []))
  const exchange = open[choices.below(4) % Math.max(1, open.length)]
  if (exchange !== undefined) life.hangUp(exchange)
}

const small = '<message/>'
const large = `<message>${'x'.repeat(60_000)}</message>`

const push: Deed = ({ life }, choices) => life.turn(life.push(choices.below(32) === 31 ? large : small))

const pushMany: Deed = ({ life }, choices) => {
  const times = choices.pick([3, 20, 255, 257] as const)
  const xml = choices.below(4) === 3 ? large : small
  for (let more = times; more > 0 && !life.session.isOver; more--) life.turn(life.push(xml))
}

const takeBack: Deed = ({ life }, choices) => {
  const token = life.tokens.length - 1 - choices.below(4)
  if (token > 0) life.turn(life.withdraw(token))
}

const wait: Deed = ({ life }, choices) => {
  const ms = choices.pick([0, 50, 1000, 1900, 2000, 2100, 5000, 15_000, 29_000, 31_000, 61_000] as const)
  life.pass(ms, choices.below(8) === 7)
}

const ringEarly: Deed = ({ life }) => life.turn({ kind: 'time' })
const keepOn: Deed = ({ life }, choices) => life.turn({ kind: 'keep', untilMs: life.nowMs + choices.below(91) * 1000 })
const logIn: Deed = ({ life }) => life.turn({ kind: 'logged-in' })

const special: Deed = (story, choices) => {
  const { life } = story
  const rid = life.session.lastRid + 1 + choices.pick([0, 0, 0, 1] as const)
  const body = { ...bodyOf(rid), key: keyFor(story, rid, choices) }
  const pause = choices.pick([1, 0, 60, 120, 130] as const)
  const made = choices.pick([
    { ...body, pause },
    { ...body, restart: true },
    { ...body, restart: true, pause },
    { ...body, children: [xml('auth', ns.sasl)] },
    { ...body, pause },
    { ...body, type: 'terminate', children: stanzasFor(story, rid, 1) },
  ] as const)
  life.turn(life.request(made))
}

/** Two requests that come in one turn, and a hang-up in its middle. */
const atOnce: Deed = (story, choices) => {
  const { life } = story
  const rid = life.session.lastRid + 1
  const both = [bodyOf(rid + 1), bodyOf(rid)].map((body) => ({ ...body, key: keyFor(story, body.rid, choices) }))
  if (choices.below(2) === 1) both.reverse()
  life.turn(...both.map((body) => life.request(body)))
}

const endings: readonly [BoshEvent, ...BoshEvent[]] = [
  { kind: 'end', condition: 'conflict' },
  { kind: 'end', condition: 'system-shutdown' },
  { kind: 'end', condition: 'policy-violation', text: 'Too <much>.' },
  { kind: 'broken' },
]

const end: Deed = ({ life }, choices) => life.turn(choices.pick(endings))

const deeds = weigh<Deed>(
  [60, ask],
  [24, push],
  [24, wait],
  [16, again],
  [16, hangUp],
  [10, takeBack],
  [6, atOnce],
  [2, againEarly],
  [3, ringEarly],
  [2, logIn],
  [2, keepOn],
  [3, special],
  [1, pushMany],
  [1, end],
)

function doSomething(story: Story, choices: Choices): void {
  choices.pick(deeds)(story, choices)
}

/** What the stream says to a request, in the same turn. */
function reactions({ life }: Story, choices: Choices): BoshEvent[] {
  switch (choices.below(16)) {
    case 12:
      return [life.push(small)]
    case 13:
      return [
        { kind: 'opened', id: 's2' },
        { kind: 'send', xml: '<features/>', token: 0 },
      ]
    case 14:
      return [life.push(small), life.push(small), { kind: 'keep', untilMs: life.nowMs + 30_000 }]
    case 15:
      return choices.below(8) === 7 ? [{ kind: 'end', condition: 'not-authorized' }] : []
    default:
      return []
  }
}

function bodyOf(rid: number): BoshBody {
  return { ...plainBody, rid }
}

/** Stanzas say their place among all: those of one rid rise, and those of a later rid are above them. */
function stanzasFor(story: Story, rid: number, many: number): Xml[] {
  return Array.from({ length: many }, () => {
    const at = rid * 1_000_000 + ++story.stanzas
    return xml('message', ns.client, { at: String(at) })
  })
}

function ackFor({ life }: Story, choices: Choices): number | undefined {
  const { session } = life
  if (!session.terms.acks) return undefined
  const { answeredRid } = session
  return choices.pick([
    answeredRid,
    answeredRid,
    undefined,
    answeredRid - 1,
    answeredRid - 2,
    answeredRid,
    0,
    answeredRid,
  ] as const)
}

/** Keys of XEP-0124 §15, from the last backwards: each is the hash of the one that comes after it. */
function keySequence(length: number): string[] {
  const sequence = ['seed']
  for (let at = 1; at < length; at++) sequence.push(hash('sha1', sequence[at - 1] ?? '', 'hex'))
  return sequence.reverse()
}

function keyBefore(rid: number): string {
  return keys[rid - firstRid] ?? ''
}

function keyFor({ usesKeys }: Story, rid: number, choices: Choices): string | undefined {
  if (!usesKeys) return undefined
  return choices.below(64) === 63 ? 'wrong' : keys[rid - firstRid]
}
