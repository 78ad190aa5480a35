/** Fuzzes the machine of a device's requests: whatever happens, each has one outcome, and a truthful one. */
import {
  inFlightLimit,
  isFull,
  newQueue,
  type QueueEffect,
  type QueueEvent,
  step,
} from '../../relay/requests/queue-machine.ts'
import { weigh } from './chance.ts'
import { type Choices, type Counts, count, expect, storyTarget } from './story.ts'
import type { Target } from './target.ts'

/** An input is the story of one device's requests. */
export function queueTarget(machine: typeof step = step): Target {
  return storyTarget(
    "the machine of a device's requests; an input is the story of one device",
    200_000,
    (choices, counts) => live(machine, choices, counts),
  )
}

interface Asked {
  /** Of its push: with us, with the line, or left. */
  push: 'here' | 'handed' | 'left'
  deadlineMs: number
  end: string | undefined
}

class QueueLife {
  readonly queue = newQueue()
  readonly asked: Asked[] = []
  nowMs = 1000
  steps = 0
  readonly #step: typeof step
  readonly #choices: Choices
  #timerAtMs = Number.POSITIVE_INFINITY
  #lastHanded = -1

  constructor(machine: typeof step, choices: Choices) {
    this.#step = machine
    this.#choices = choices
  }

  take(event: QueueEvent): void {
    const effects: QueueEffect[] = []
    this.#step(this.queue, event, this.nowMs, effects)
    this.steps++
    if (event.kind === 'line-ended') this.#lastHanded = -1
    const left: number[] = []
    for (const effect of effects) this.#hear(effect, left)
    this.#check()
    for (const token of left) this.leave(token)
  }

  accept(): void {
    if (isFull(this.queue)) return
    const deadlineMs = this.nowMs + this.#choices.pick([5000, 1000, 30_000, 300_000] as const)
    this.asked.push({ push: 'here', deadlineMs, end: undefined })
    const token = this.asked.length - 1
    this.take({ kind: 'accept', id: String(token), token, deadlineMs, isDeferrable: this.#choices.below(4) === 3 })
  }

  end(id: number, kind: 'answered' | 'withdraw'): void {
    const asked = this.asked[id]
    if (asked === undefined) return
    if (kind === 'answered') asked.end ??= 'answered'
    this.take({ kind, id: String(id) })
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let wakes = 0; this.#timerAtMs <= untilMs; wakes++) {
      expect(wakes < 1000, 'it is woken without end')
      this.nowMs = Math.max(this.nowMs, this.#timerAtMs)
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.take({ kind: 'time' })
    }
    this.nowMs = untilMs
  }

  #hear(effect: QueueEffect, left: number[]): void {
    if (effect.kind === 'wake') {
      this.#timerAtMs = Math.min(this.#timerAtMs, effect.atMs)
      return
    }
    const asked = this.asked['token' in effect ? effect.token : Number(effect.id)]
    expect(asked !== undefined, 'something is done for a request that there is not')
    switch (effect.kind) {
      case 'hand':
        expect(
          this.queue.connected && asked.push === 'here' && asked.end === undefined,
          'a push is handed over that must not be',
        )
        expect(effect.token > this.#lastHanded, 'pushes leave out of order')
        this.#lastHanded = effect.token
        asked.push = 'handed'
        // Most leave at once; the others wait in the line's own queue.
        if (this.#choices.below(4) < 3) left.push(effect.token)
        break
      case 'take-back':
        expect(asked.push === 'handed', 'a push is taken back that is not with the line')
        asked.push = 'here'
        break
      case 'defer':
        expect(asked.push !== 'left', 'a request is put off that has left')
        this.#end(asked, 'deferred')
        break
      case 'settle':
        expect(asked.push !== 'left' || effect.settlement.outcome === 'unknown', 'not sent, though it has left')
        expect(asked.push === 'left' || effect.settlement.outcome === 'not-sent', 'unknown, though it has not left')
        expect(
          effect.settlement.code !== 'device-timeout' || this.nowMs >= asked.deadlineMs,
          'timed out before its time',
        )
        this.#end(asked, effect.settlement.code)
    }
  }

  #end(asked: Asked, how: string): void {
    expect(asked.end === undefined, 'a request has two outcomes', () => [asked.end, how])
    asked.end = how
  }

  #check(): void {
    const { pending } = this.queue
    const open = this.asked.filter(({ end }) => end === undefined).length
    expect(pending.size === open, 'a request is forgotten, or kept for ever', () => [pending.size, open])
    let inFlight = 0
    for (const { state, token, deadlineMs, graceUntilMs } of pending.values()) {
      if (state === 'handed' || state === 'written') inFlight++
      const push = this.asked[token]?.push
      expect(
        (state === 'waiting') === (push === 'here') && (state !== 'handed' || push === 'handed'),
        'a push is elsewhere',
      )
      const dueMs = Math.min(deadlineMs, graceUntilMs ?? Number.POSITIVE_INFINITY)
      expect(this.#timerAtMs <= dueMs, 'it is woken too late or never', () => [this.#timerAtMs, dueMs])
    }
    expect(inFlight <= inFlightLimit, 'too many are with the device')
    if (!this.queue.connected) return
    const waits = [...pending.values()].some(({ state }) => state === 'waiting')
    expect(!waits || inFlight === inFlightLimit, 'a push waits though the device is there')
  }

  /** What the line reports of a push that it has in its queue. */
  leave(token: number): void {
    const asked = this.asked[token]
    if (asked?.push !== 'handed') return
    asked.push = 'left'
    this.take({ kind: 'written', token })
  }
}

function live(machine: typeof step, choices: Choices, counts: Counts): void {
  const life = new QueueLife(machine, choices)
  while (choices.left > 0) choices.pick(deeds)(life, choices)
  life.pass(1_000_000)
  expect(life.queue.pending.size === 0, 'left alone it does not empty')
  count(counts, 'steps', life.steps)
  count(counts, 'requests', life.asked.length)
  for (const { end = '' } of life.asked) count(counts, end)
}

type Deed = (life: QueueLife, choices: Choices) => void
const latest = (life: QueueLife, choices: Choices) => life.asked.length - 1 - choices.below(12)

const deeds = weigh<Deed>(
  [30, (life) => life.accept()],
  [10, (life, choices) => life.end(latest(life, choices), 'answered')],
  [8, (life) => life.take({ kind: 'connected' })],
  [8, (life, choices) => life.leave(latest(life, choices))],
  [6, (life, choices) => life.pass(choices.pick([10, 900, 1000, 5000, 31_000] as const))],
  [5, (life, choices) => life.end(latest(life, choices), 'withdraw')],
  [4, (life) => life.take({ kind: 'line-ended' })],
  [3, (life) => life.take({ kind: 'time' })],
  [2, (life, choices) => offline(life, choices.below(4) === 3)],
  [
    1,
    (life) => {
      for (let more = 45; more > 0; more--) life.accept()
    },
  ],
)

/** A device is OFFLINE once its line has ended. */
function offline(life: QueueLife, removed: boolean): void {
  life.take({ kind: 'line-ended' })
  life.take({ kind: 'offline', removed })
}
