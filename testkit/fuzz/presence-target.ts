/** Fuzzes the machine that says whether a device is here: lines come and go, late words of older ones change nothing. */
import {
  newPresence,
  type OfflineReason,
  type PresenceEffect,
  type PresenceEvent,
  step,
} from '../../relay/sessions/presence-machine.ts'
import { weigh } from './chance.ts'
import { type Choices, type Counts, count, expect, storyTarget } from './story.ts'
import type { Target } from './target.ts'

const limits = { managementMs: 120_000 }
const longestPushMs = 300_000

/** An input is the story of one device. */
export function presenceTarget(machine: typeof step = step): Target {
  return storyTarget('the presence machine; an input is the story of one device', 200_000, (choices, counts) =>
    live(machine, choices, counts),
  )
}

class PresenceLife {
  readonly presence = newPresence(0, 'never-seen')
  nowMs = 1000
  steps = 0
  turns = 0
  epochs = 0
  readonly #step: typeof step
  #timerAtMs: number | undefined
  #isOnline = false
  #heardAtMs = 0
  #pushUntilMs = 0

  constructor(machine: typeof step) {
    this.#step = machine
  }

  take(event: PresenceEvent): void {
    const { line, connected } = this.presence
    const effects: PresenceEffect[] = []
    this.#step(this.presence, event, this.nowMs, limits, effects)
    this.steps++
    const isStale = 'epoch' in event && event.kind !== 'bound' && event.epoch !== line
    expect(!isStale || effects.length === 0, 'a late word of an older line changes something', () => effects)
    const isNew = event.kind === 'connected' && !isStale && !connected
    const isSign = event.kind === 'bound' || event.kind === 'alive' || isNew
    if (isSign) {
      this.#heardAtMs = this.nowMs
      this.#pushUntilMs = 0
    }
    if (event.kind === 'pushed' && line !== undefined && this.#pushUntilMs === 0) this.#pushUntilMs = event.untilMs
    for (const effect of effects) this.#hear(effect, line)
    this.#check()
  }

  bind(): void {
    this.take({ kind: 'bound', epoch: ++this.epochs })
    expect(this.presence.line === this.epochs, 'the newest line does not stand')
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let wakes = 0; (this.#timerAtMs ?? untilMs + 1) <= untilMs; wakes++) {
      expect(wakes < 1000, 'it is woken without end')
      this.nowMs = Math.max(this.nowMs, this.#timerAtMs ?? 0)
      this.#timerAtMs = undefined
      this.take({ kind: 'time' })
    }
    this.nowMs = untilMs
  }

  #hear(effect: PresenceEffect, line: number | undefined): void {
    switch (effect.kind) {
      case 'wake':
        this.#timerAtMs = effect.atMs
        break
      case 'online':
        this.#turn(true)
        break
      case 'offline':
        this.#turn(false)
        break
      case 'connected':
        expect(this.presence.line !== undefined, 'connected without a line')
        break
      case 'replace':
        expect(effect.epoch === line, 'another line than the one that stood is replaced')
        break
      case 'expire':
        expect(effect.epoch === line, 'another line than the one that stood is ended')
        expect(this.nowMs >= this.#dueMs(), 'a line is ended before its time', () => [this.nowMs, this.#dueMs()])
        break
      case 'keep':
        expect(
          effect.untilMs === Math.max(this.#pushUntilMs, this.#heardAtMs),
          'it is kept for another push than the first',
        )
    }
  }

  #turn(online: boolean): void {
    expect(this.#isOnline !== online, 'the same state is told twice', () => online)
    this.#isOnline = online
    this.turns++
  }

  #dueMs(): number {
    return Math.max(this.#heardAtMs + limits.managementMs, this.#pushUntilMs)
  }

  #check(): void {
    const { presence } = this
    expect(presence.online === this.#isOnline, 'a turn is not told')
    expect(!presence.online || presence.line !== undefined, 'online without a line')
    expect(presence.online === (presence.reason === undefined), 'offline without a reason, or online with one')
    // Before that it has no management timer (A4).
    if (!presence.online) return
    expect((this.#timerAtMs ?? Number.POSITIVE_INFINITY) <= this.#dueMs(), 'it is woken too late or never', () => [
      this.#timerAtMs,
      this.#dueMs(),
    ])
  }
}

function live(machine: typeof step, choices: Choices, counts: Counts): void {
  const life = new PresenceLife(machine)
  while (choices.left > 0) choices.pick(deeds)(life, choices)
  life.pass(limits.managementMs + longestPushMs)
  // One that never got its connection is ended by its carrier.
  const { online, line, connected } = life.presence
  expect(!online && (line === undefined || !connected), 'left alone it stays')
  count(counts, 'steps', life.steps)
  count(counts, 'turns', life.turns)
}

type Deed = (life: PresenceLife, choices: Choices) => void

/** The newest line's, or of one before. */
const epochOf = ({ epochs }: PresenceLife, choices: Choices) =>
  Math.max(0, epochs - choices.pick([0, 0, 0, 1, 2] as const))
const reasons: readonly [OfflineReason, ...OfflineReason[]] = [
  'terminated',
  'connection-closed',
  'inactivity',
  'mode-off',
  'removed',
]

const deeds = weigh<Deed>(
  [8, (life) => life.bind()],
  [16, (life, choices) => life.take({ kind: 'connected', epoch: epochOf(life, choices) })],
  [16, (life) => life.take({ kind: 'alive' })],
  [10, (life, choices) => life.take({ kind: 'pushed', untilMs: life.nowMs + choices.below(300) * 1000 })],
  [6, (life, choices) => life.take({ kind: 'ended', epoch: epochOf(life, choices), reason: choices.pick(reasons) })],
  [10, (life, choices) => life.pass(choices.pick([10, 5000, 60_000, 119_999, 120_000, 200_000] as const))],
  [2, (life) => life.take({ kind: 'time' })],
)
