/** How a device shows a PIN, played without a network (C1, C3). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnnouncementState } from '@fairlead/protocol/contract'
import { createPinShowing, type PairingEffect, type PairingEvent, stepPin } from './pairing-machine.ts'

function openShowing() {
  let made = 0
  const showing = createPinShowing(
    () => String(++made).padStart(8, '0'),
    () => 5_000,
  )
  let nowMs = 0
  const effects: PairingEffect[] = []
  const happen = (event: PairingEvent) => stepPin(showing, event, nowMs, effects)
  const last = <Kind extends PairingEffect['kind']>(kind: Kind) => {
    const found = effects.filter((effect): effect is Extract<PairingEffect, { kind: Kind }> => effect.kind === kind)
    return found.at(-1) ?? assert.fail(`no ${kind}`)
  }
  const count = (kind: PairingEffect['kind']) => effects.filter((effect) => effect.kind === kind).length
  return {
    showing,
    happen,
    last,
    count,
    announced() {
      happen({ kind: 'announced', call: last('announce').call, token: `token of ${last('announce').pin}` })
    },
    told(news: Partial<AnnouncementState>) {
      const base: AnnouncementState = {
        state: 'waiting',
        version: 'waiting.0',
        expiresAt: '',
        doubts: [],
        refused: null,
      }
      happen({ kind: 'told', call: last('ask').call, news: { ...base, ...news } })
    },
    pass(ms: number) {
      nowMs += ms
      happen({ kind: 'time' })
    },
  }
}

test('a PIN is shown once the relay knows it, and asked about in held calls', () => {
  const play = openShowing()
  play.happen({ kind: 'start' })
  assert.equal(play.showing.pin, undefined, 'nobody could type it yet')
  play.announced()
  assert.equal(play.showing.pin, '00000001')
  assert.deepEqual([play.last('ask').known, play.last('ask').waitSeconds], [undefined, 0])
  play.told({ version: 'waiting.0' })
  assert.deepEqual([play.last('ask').known, play.last('ask').waitSeconds], ['waiting.0', 30])
})

test('a PIN that a neighbour shows, or that is over, gives way to another; why stays to be read', () => {
  const play = openShowing()
  play.happen({ kind: 'start' })
  play.happen({ kind: 'pin-taken', call: play.last('announce').call })
  assert.equal(play.last('announce').pin, '00000002')
  play.announced()
  const refused = { check: 'tries', at: '2026-11-28T00:00:00.000Z' } as const
  play.told({ state: 'expired', refused })
  assert.equal(play.last('announce').pin, '00000003')
  play.announced()
  play.told({})
  assert.deepEqual([play.showing.pin, play.showing.refused], ['00000003', refused])
  play.happen({ kind: 'forgotten', call: play.last('ask').call })
  assert.equal(play.last('announce').pin, '00000004')
})

test('a press is told at once, and only one that was asked for', () => {
  const play = openShowing()
  play.happen({ kind: 'start' })
  play.announced()
  play.told({})
  play.happen({ kind: 'press' })
  assert.equal(play.last('ask').pressed, false)
  play.told({ state: 'press-needed', version: 'press-needed.0', doubts: ['carrier-nat'] })
  const held = play.last('ask').call
  play.happen({ kind: 'press' })
  assert.deepEqual([play.last('ask').pressed, play.last('ask').waitSeconds, play.count('give-up')], [true, 0, 1])
  play.happen({ kind: 'failed', call: held, trouble: { kind: 'cut' } })
  assert.equal(play.showing.trouble, undefined, 'what was given up is of no interest')
  play.told({ state: 'sending', version: 'sending.0' })
  assert.equal(play.last('ask').pressed, false)
})

test('a press that got lost on the way is told again', () => {
  const play = openShowing()
  play.happen({ kind: 'start' })
  play.announced()
  play.told({ state: 'press-needed', version: 'press-needed.0' })
  play.happen({ kind: 'press' })
  play.happen({ kind: 'failed', call: play.last('ask').call, trouble: { kind: 'cut' } })
  play.pass(4_999)
  const before = play.count('ask')
  play.pass(1)
  assert.deepEqual([play.count('ask'), play.last('ask').pressed], [before + 1, true])
})

test('without a relay it tries again after a pause, and once it has an owner it is silent', () => {
  const play = openShowing()
  play.happen({ kind: 'start' })
  play.happen({ kind: 'failed', call: play.last('announce').call, trouble: { kind: 'cut' } })
  assert.equal(play.last('wake').atMs, 5_000)
  play.pass(5_000)
  assert.equal(play.count('announce'), 2)
  play.announced()
  play.happen({ kind: 'stop' })
  const { length } = [...Array(play.count('ask'))]
  play.told({ state: 'expired' })
  play.pass(60_000)
  assert.deepEqual([play.count('ask'), play.count('announce'), play.showing.pin], [length, 2, undefined])
})
