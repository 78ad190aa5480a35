/** Fuzzes the WebSocket machine: frames, silence, lost sockets, resumptions, in any order. */
import { ns, type Xml, xml } from '@fairlead/protocol/xmpp'
import { step } from '../../relay/xmpp/websocket-machine.ts'
import type { WebSocketEvent } from '../../relay/xmpp/websocket-state.ts'
import { weigh } from './chance.ts'
import { type Choices, type Counts, count, expect, storyTarget } from './story.ts'
import type { Target } from './target.ts'
import { WebSocketLife } from './websocket-life.ts'

/** An input is the story of one stream. */
export function websocketTarget(machine: typeof step = step): Target {
  return storyTarget('the WebSocket machine; an input is the story of one stream', 200_000, (choices, counts) =>
    live(machine, choices, counts),
  )
}

function live(machine: typeof step, choices: Choices, counts: Counts): void {
  const life = new WebSocketLife(machine)
  logIn(life, choices)
  while (choices.left > 0 && !life.hasEnded) {
    choices.pick(deeds)(life, choices)
    answerWhatIsAsked(life, choices)
  }
  if (choices.below(2) === 1) life.take({ kind: 'lost' })
  // Left alone, a stream that nobody speaks on comes to its end, and its socket with it.
  life.pass(1_000_000)
  expect(life.hasEnded, 'left alone it does not end')
  expect(life.state.phase === 'over', 'left alone its socket is not closed')
  life.take({ kind: 'time' })
  life.take({ kind: 'lost' })
  count(counts, 'steps', life.steps)
  count(counts, 'pushes', life.tokens.length - 1)
  count(counts, 'resumable', life.state.management?.id === undefined ? 0 : 1)
}

type Deed = (life: WebSocketLife, choices: Choices) => void

const opening: WebSocketEvent = {
  kind: 'frame',
  frame: { kind: 'open', to: 'relay.example', from: undefined, id: undefined, lang: undefined, version: '1.0' },
}
const header: WebSocketEvent = { kind: 'header', header: { from: 'relay.example', id: 's', lang: 'en' } }
const farewell: WebSocketEvent = { kind: 'frame', frame: { kind: 'close', seeOther: undefined } }
const frame = (element: Xml): WebSocketEvent => ({ kind: 'frame', frame: { kind: 'stanza', element } })
const sm = (name: string, attributes: Record<string, string> = {}) => frame(xml(name, ns.sm, attributes))

/** Most streams get so far, or nothing of what comes after would be tried. */
function logIn(life: WebSocketLife, choices: Choices): void {
  if (choices.below(8) === 7) return
  life.take(opening)
  life.take(header)
  if (choices.below(8) === 7) return
  life.take({ kind: 'bound', resumable: choices.below(8) < 7 })
  if (choices.below(4) > 0) life.take(sm('enable', choices.below(4) > 0 ? { resume: 'true', max: '20' } : {}))
}

/** What the runner and the stream do when the machine asks them to. */
function answerWhatIsAsked(life: WebSocketLife, choices: Choices): void {
  for (const asked of life.asked.splice(0)) {
    if (asked.kind === 'open' && !life.state.headerSent) life.take(header)
    if (asked.kind !== 'resume') continue
    const handled = choices.below(2) === 1 ? 3 : undefined
    life.take({ kind: 'resume-refused', refusal: 'item-not-found', handled })
  }
}

const hear =
  (event: WebSocketEvent): Deed =>
  (life) => {
    if (life.isConnected) life.take(event)
  }

const send: Deed = (life, choices) => {
  if (life.state.headerSent) life.send(!life.isConnected || choices.below(16) === 15)
}

const acknowledge: Deed = (life, choices) => {
  const { management } = life.state
  if (!management || !life.isConnected) return
  const most = management.unacknowledged.length
  const h = management.acknowledged + choices.pick([most, most, 1, 0, most, most + 1] as const)
  life.take(
    sm('a', choices.below(32) === 31 ? { h: 'x' } : { h: String(Math.min(h, management.acknowledged + most + 1)) }),
  )
}

const resume: Deed = (life, choices) => {
  const { management, phase } = life.state
  if (management?.id === undefined || (phase !== 'lost' && phase !== 'open')) return
  const behind = choices.pick([0, 0, 1, 2] as const)
  const most = management.unacknowledged.length
  life.take({
    kind: 'resumed',
    h: management.acknowledged + Math.max(0, most - behind) + (choices.below(32) === 31 ? 9 : 0),
  })
}

const bind: Deed = (life) => {
  if (life.state.headerSent && !life.state.isBound) life.take({ kind: 'bound', resumable: true })
}

const deeds = weigh<Deed>(
  [24, send],
  [24, hear(frame(xml('iq', ns.client, { type: 'result', id: 'x' })))],
  [16, acknowledge],
  [10, (life, choices) => life.pass(choices.pick([10, 5000, 10_000, 25_000, 26_000, 61_000] as const))],
  [8, resume],
  [6, hear({ kind: 'sign-of-life' })],
  [6, (life, choices) => life.withdraw(Math.max(1, life.tokens.length - 1 - choices.below(4)))],
  [4, (life) => life.take({ kind: 'lost' })],
  [4, hear(sm('r'))],
  [3, hear(sm('enable', { resume: 'true' }))],
  [3, bind],
  [2, hear(opening)],
  [2, hear(frame(xml('x', 'u:x')))],
  [2, hear(sm('resume', { previd: 'p', h: '0' }))],
  [2, hear(sm('resume', { h: 'x' }))],
  [2, (life) => life.take({ kind: 'time' })],
  [2, (life, choices) => life.take({ kind: 'keep-until', atMs: life.nowMs + choices.below(91) * 1000 })],
  [1, hear(sm('nonsense'))],
  [1, hear({ kind: 'unreadable', condition: 'not-well-formed', text: 'It is no XML.' })],
  [1, hear({ kind: 'binary' })],
  [1, hear({ kind: 'broken' })],
  [1, hear(farewell)],
  [1, (life) => life.take({ kind: 'end', condition: 'conflict', text: undefined })],
  [1, (life) => life.take({ kind: 'redirect', uri: 'wss://elsewhere' })],
  [
    1,
    (life) => {
      for (let more = 300; more > 0 && !life.hasEnded && life.state.headerSent; more--) life.send(!life.isConnected)
    },
  ],
)
