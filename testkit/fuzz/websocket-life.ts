/** The life of one stream on WebSocket, with a runner's part played by hand and its promises checked after every step. */
import { isStanza } from '@fairlead/protocol/xmpp'
import { step } from '../../relay/xmpp/websocket-machine.ts'
import { createWebSocketState, type WebSocketEffect, type WebSocketEvent } from '../../relay/xmpp/websocket-state.ts'
import { settings } from '../../relay/xmpp/websocket-trial.ts'
import { expect } from './story.ts'

/** Where a push is, as it was told so far. */
type Place = 'sent' | 'written' | 'acknowledged' | 'withdrawn' | 'unsent' | 'unknown'

const mostWakes = 1000
/** What a stream may keep (S-D4), and the one that was too many. */
const mostStanzas = 257
const mostUnmanaged = 1024

export class WebSocketLife {
  readonly state: ReturnType<typeof createWebSocketState>
  readonly tokens: Place[] = ['acknowledged']
  nowMs = 1000
  steps = 0
  hasEnded = false
  /** A socket is there, and what the device says arrives. */
  isConnected = true
  readonly asked: WebSocketEffect[] = []
  readonly #step: typeof step
  #timerAtMs: number | undefined
  #hasClosed = false
  #writes = 0
  #handled = 0

  constructor(machine: typeof step = step) {
    this.#step = machine
    this.state = createWebSocketState(settings, this.nowMs)
    this.take({ kind: 'time' })
  }

  take(event: WebSocketEvent): void {
    const { state } = this
    const phase = state.phase
    const wasManaged = state.management !== undefined
    const effects: WebSocketEffect[] = []
    this.#step(state, event, this.nowMs, effects)
    this.steps++
    expect(phase !== 'over' || effects.length === 0, 'something is done after the end', () => effects)
    for (const effect of effects) this.#hear(effect)
    if (
      wasManaged &&
      event.kind === 'frame' &&
      effects.some((effect) => effect.kind === 'receive' && isStanza(effect.element))
    )
      this.#handled++
    // The runner lets go of a socket that is lost or done with.
    if (state.phase === 'lost' || state.phase === 'over') this.isConnected = false
    if (event.kind === 'resumed' && state.phase === 'open') this.isConnected = true
    this.#check()
  }

  send(isGone: boolean): void {
    this.tokens.push('sent')
    this.take({ kind: 'send', xml: '<iq/>', token: this.tokens.length - 1, isGone })
  }

  withdraw(token: number): void {
    if (this.state.management?.unsent.some((sent) => sent.token === token)) this.tokens[token] = 'withdrawn'
    this.take({ kind: 'withdraw', token })
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let wakes = 0; (this.#timerAtMs ?? untilMs + 1) <= untilMs && this.state.phase !== 'over'; wakes++) {
      expect(wakes < mostWakes, 'it is woken without end')
      this.nowMs = Math.max(this.nowMs, this.#timerAtMs ?? 0)
      this.#timerAtMs = undefined
      this.take({ kind: 'time' })
    }
    this.nowMs = untilMs
  }

  #hear(effect: WebSocketEffect): void {
    switch (effect.kind) {
      case 'write':
        expect(
          this.#writes++ > 0 || effect.text.startsWith('<open ') || effect.text.startsWith('<close '),
          'a stream begins with something else',
        )
        expect(!this.#hasClosed, 'something is written after <close/>', () => effect.text)
        this.#hasClosed = effect.text.startsWith('<close ')
        break
      case 'written':
        this.#move(effect.token, 'sent', 'written')
        break
      case 'acknowledged':
        this.#move(effect.token, 'written', 'acknowledged')
        break
      case 'wake':
        expect(Number.isFinite(effect.atMs), 'it asks to be woken at no time')
        // The runner's timer is one: the last word counts.
        this.#timerAtMs = effect.atMs
        break
      case 'drop':
        this.isConnected = false
        break
      case 'ended':
        expect(!this.hasEnded, 'the end is told twice')
        this.hasEnded = true
        for (const token of effect.unsent) this.#move(token, 'sent', 'unsent')
        for (const token of effect.unknown) this.#move(token, 'written', 'unknown')
        break
      default:
        this.asked.push(effect)
    }
  }

  #move(token: number, from: Place, to: Place): void {
    const place = this.tokens[token]
    expect(place === from, `a push is told as ${to} that was ${place}`)
    this.tokens[token] = to
  }

  #check(): void {
    const { state } = this
    expect(this.hasEnded === (state.phase === 'closing' || state.phase === 'over'), 'over, but not told so once')
    if (this.hasEnded) this.#checkEnd()
    else this.#checkOpen()
  }

  #checkOpen(): void {
    const { state } = this
    const { management } = state
    expect(state.unmanaged.length <= mostUnmanaged, 'too many tokens are remembered')
    expect(state.phase !== 'lost' || management?.id !== undefined, 'lost, and nobody can come back to it')
    if (management) {
      const kept = [...management.unacknowledged, ...management.unsent]
      expect(kept.length <= mostStanzas, 'too much is kept')
      expect(
        kept.reduce((sum, { xml }) => sum + xml.length, 0) === management.characters,
        'the length of what is kept is wrong',
      )
      expect(management.handled === this.#handled, 'what was handled is counted wrongly', () => [
        management.handled,
        this.#handled,
      ])
      expect(state.phase === 'lost' || management.unsent.length === 0, 'something waits although there is a socket')
    }
    expect((this.#timerAtMs ?? Number.POSITIVE_INFINITY) <= this.#dueMs(), 'it is woken too late or never', () => [
      this.#timerAtMs,
      this.#dueMs(),
    ])
  }

  #dueMs(): number {
    const { state } = this
    if (state.phase === 'lost') return Math.max(state.deadlineMs, state.keepUntilMs)
    const silenceMs =
      state.pingedAtMs === undefined
        ? state.heardAtMs + settings.pingMs
        : Math.max(state.pingedAtMs + settings.pongMs, state.keepUntilMs)
    return state.isBound ? silenceMs : Math.min(silenceMs, state.deadlineMs)
  }

  #checkEnd(): void {
    // Beyond the bound of what is remembered without management the oldest are let go.
    const open = this.tokens.filter((place) => place === 'sent' || place === 'written')
    expect(
      open.length <= Math.max(0, this.tokens.length - mostUnmanaged),
      'over, with a push that was not told of',
      () => this.tokens,
    )
  }
}
