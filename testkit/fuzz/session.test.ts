/** A share of the fuzzing of the BOSH session machine, and machines with faults that it must find. */
import { test } from 'node:test'
import { step } from '../../relay/xmpp/bosh-session.ts'
import type { BoshEffect, BoshSession } from '../../relay/xmpp/bosh-state.ts'
import { assertFound, playShare } from './for-tests.ts'
import { sessionTarget } from './session-target.ts'

test('B-091 B-092 B-094 B-103 a session keeps its promises after every step of any story', () =>
  playShare(sessionTarget(), 30_000, { steps: 500_000, answers: 100_000, pushes: 100_000, lived: 3000 }))

/** The machine, but for what is done to its effects, or to its state, after each step. */
function spoilt(spoil: (effects: BoshEffect[], session: BoshSession) => BoshEffect[]): typeof step {
  return (session, event, nowMs, effects) => {
    const mine: BoshEffect[] = []
    step(session, event, nowMs, mine)
    effects.push(...spoil(mine, session))
  }
}

const without = (kind: BoshEffect['kind']) => spoilt((effects) => effects.filter((effect) => effect.kind !== kind))
const twice = (kind: BoshEffect['kind']) =>
  spoilt((effects) => effects.flatMap((effect) => (effect.kind === kind ? [effect, effect] : [effect])))

const faults: Record<string, [machine: typeof step, kind: RegExp]> = {
  'an answer that is not given': [without('answer'), /forgotten|no answer/],
  'an answer that is given twice': [twice('answer'), /answered that was answered/],
  'an answer that is another when it is asked for again': [
    spoilt((effects) =>
      effects.map((effect, at) =>
        effect.kind === 'answer' && at === 1 ? { ...effect, body: `${effect.body} ` } : effect,
      ),
    ),
    /two different answers/,
  ],
  'a stanza that is processed twice': [twice('receive'), /out of order or twice/],
  'a push that is not told as written': [without('written'), /a push is (kept|told)/],
  'a push that is told twice': [twice('acknowledged'), /told as acknowledged/],
  'an end that is not told': [without('ended'), /not told so once/],
  'an end that is told twice': [twice('ended'), /after the end/],
  'no request to be woken': [without('wake'), /too late or never/],
  'a request to be woken too late': [
    spoilt((effects) =>
      effects.map((effect) => (effect.kind === 'wake' ? { ...effect, atMs: effect.atMs + 1 } : effect)),
    ),
    /too late or never/,
  ],
  'a length that is counted wrongly': [
    spoilt((effects, session) => {
      if (session.kept.length > 0) session.keptLength++
      return effects
    }),
    /length of what is kept/,
  ],
  'kept answers without a bound': [
    spoilt((effects, session) => {
      const [oldest] = session.kept
      if (session.kept.length === 4 && oldest && session.lastRid > 1010)
        session.kept = [{ ...oldest, rid: 1, body: '', tokens: [] }, ...session.kept]
      return effects
    }),
    /too many answers are kept/,
  ],
  'a request that is held too long': [
    (session, event, nowMs, effects) => {
      if (event.kind !== 'turn-over' || session.held.length < 2) step(session, event, nowMs, effects)
    },
    /more is held/,
  ],
  'a push that is taken back in silence': [
    spoilt((effects, session) => {
      const [first] = session.queue.splice(0, session.queue.length > 2 ? 1 : 0)
      session.queueLength -= first?.xml.length ?? 0
      return effects
    }),
    /in no place/,
  ],
}

for (const [fault, [machine, kind]] of Object.entries(faults))
  test(`found: ${fault}`, () => assertFound(sessionTarget(machine), 3000, kind))
