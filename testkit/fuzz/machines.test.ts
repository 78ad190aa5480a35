/** A share of the fuzzing of the smaller machines, and machines with faults that it must find. */
import { test } from 'node:test'
import { ns, xml } from '@fairlead/protocol/xmpp'
import { step as queueStep } from '../../relay/requests/queue-machine.ts'
import { step as presenceStep } from '../../relay/sessions/presence-machine.ts'
import { step as streamStep } from '../../relay/xmpp/stream-machine.ts'
import { step as webSocketStep } from '../../relay/xmpp/websocket-machine.ts'
import { assertFound, playShare } from './for-tests.ts'
import { presenceTarget } from './presence-target.ts'
import { queueTarget } from './queue-target.ts'
import { streamTarget } from './stream-target.ts'
import type { Target } from './target.ts'
import { websocketTarget } from './websocket-target.ts'

test('W-009 a stream on WebSocket keeps its promises after every step of any story', () =>
  playShare(websocketTarget(), 10_000, { steps: 150_000, pushes: 50_000, resumable: 2000 }))

test('nobody is let in unproven, and nothing is taken before the bind, in any story of a stream', () =>
  playShare(streamTarget(), 10_000, { steps: 50_000, 'logged in': 3000, bound: 1500 }))

test('A8 A9 each request has one outcome, and a truthful one, in any story of its device', () =>
  playShare(queueTarget(), 5000, {
    steps: 150_000,
    answered: 3000,
    'connection-lost': 3000,
    'device-timeout': 3000,
    'device-offline': 1000,
    withdrawn: 500,
    deferred: 500,
  }))

test('A4 A6 a device is online and offline in turn, by what is known of its newest line alone', () =>
  playShare(presenceTarget(), 10_000, { steps: 150_000, turns: 10_000 }))

interface Effect {
  kind: string
}

/** Any machine, but for what is done to its effects: they are the last argument of each. */
function spoilt<Step extends (...given: never[]) => void>(step: Step, spoil: (effects: Effect[]) => Effect[]): Step {
  const spoiling = (...given: unknown[]) => {
    const effects = given.at(-1) as Effect[]
    const mine: Effect[] = []
    step(...([...given.slice(0, -1), mine] as never[]))
    effects.push(...spoil(mine))
  }
  return spoiling as unknown as Step
}

const without = (kind: string) => (effects: Effect[]) => effects.filter((effect) => effect.kind !== kind)
const twice = (kind: string) => (effects: Effect[]) =>
  effects.flatMap((effect) => (effect.kind === kind ? [effect, effect] : [effect]))
const changed = (kind: string, change: object) => (effects: Effect[]) =>
  effects.map((effect) => (effect.kind === kind ? { ...effect, ...change } : effect))

type Fault = [spoil: (effects: Effect[]) => Effect[], kind: RegExp]

const machines: Record<string, [make: (spoil: Fault[0]) => Target, faults: Record<string, Fault>]> = {
  websocket: [
    (spoil) => websocketTarget(spoilt(webSocketStep, spoil)),
    {
      'no end told': [without('ended'), /not told so once/],
      'an end told twice': [twice('ended'), /told twice/],
      'a push not told as written': [without('written'), /told as|not told of/],
      'a push acknowledged twice': [twice('acknowledged'), /told as acknowledged/],
      'no wish to be woken': [without('wake'), /too late or never|does not end/],
      'a wish to be woken too late': [changed('wake', { atMs: 1e12 }), /too late or never/],
      'words after the last one': [
        (effects) =>
          effects.some(({ kind }) => kind === 'close') ? [...effects, ...twice('write')(effects)] : effects,
        /after <\/close|after <close|told twice/,
      ],
      'no stream header': [changed('write', { text: '<x/>' }), /begins with something else/],
      'a stanza that is not handed on': [without('receive'), /handled is counted wrongly/],
    },
  ],
  stream: [
    (spoil) => streamTarget(spoilt(streamStep, spoil)),
    {
      'a log-in without a secret': [
        changed('check-secret', { kind: 'send', element: xml('success', ns.sasl) }),
        /let in unproven/,
      ],
      'another device at the bind': [changed('may-bind', { device: 'other' }), /another device/],
      'a bind told twice': [twice('bound'), /bound twice/],
      'a forged sender': [
        changed('answered', { stanza: xml('iq', ns.client, { from: 'other@x/y' }) }),
        /forged sender/,
      ],
      'an IQ answered twice': [twice('send'), /that was not asked|logged in twice|too many log-ins/],
      'a secret that is told': [
        changed('send', { element: xml('x', ns.sasl, {}, 'a-secret-that-is-shown') }),
        /a secret is told/,
      ],
      'words after the end': [(effects) => effects.toReversed(), /after the end|unproven|before the bind/],
      'two questions': [twice('check-secret'), /two questions/],
    },
  ],
  queue: [
    (spoil) => queueTarget(spoilt(queueStep, spoil)),
    {
      'a request that is forgotten': [without('settle'), /forgotten/],
      'two outcomes': [twice('settle'), /two outcomes/],
      'a pretty outcome': [
        changed('settle', { settlement: { outcome: 'not-sent', code: 'connection-lost' } }),
        /not sent, though it has left/,
      ],
      'an ugly outcome': [
        changed('settle', { settlement: { outcome: 'unknown', code: 'connection-lost' } }),
        /unknown, though it has not left/,
      ],
      'a push that is handed over twice': [twice('hand'), /must not be/],
      'a push that is not taken back': [without('take-back'), /elsewhere|must not be/],
      'pushes out of order': [(effects) => effects.toReversed(), /out of order|elsewhere|two outcomes|forgotten/],
      'no wish to be woken': [without('wake'), /too late or never/],
    },
  ],
  presence: [
    (spoil) => presenceTarget(spoilt(presenceStep, spoil)),
    {
      'a turn that is not told': [without('online'), /not told/],
      'a turn that is told twice': [twice('offline'), /told twice/],
      'a wish to be woken too late': [changed('wake', { atMs: 1e12 }), /too late or never/],
      'the wrong line': [changed('expire', { epoch: -1 }), /another line/],
      'the wrong line replaced': [changed('replace', { epoch: -1 }), /another line/],
      'the wrong push': [changed('keep', { untilMs: -1 }), /another push/],
    },
  ],
}

for (const [name, [make, faults]] of Object.entries(machines))
  for (const [fault, [spoil, kind]] of Object.entries(faults))
    test(`found in the ${name} machine: ${fault}`, () => assertFound(make(spoil), 1000, kind))
