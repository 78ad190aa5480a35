/** Shows a PIN while nobody owns the device: runs its machine over real HTTP and real time. */
import { backoffMs, type Clock, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import { AnnouncementState, type Doubt, type PairingCheck } from '@fairlead/protocol/contract'
import { localNetworks } from '../addresses.ts'
import type { HttpOutcome } from '../uplink/http-client.ts'
import { type RelayDoor, readAnswer, troubleOfAnswer } from '../uplink/relay-door.ts'
import type { Trouble } from '../uplink/trouble.ts'
import { type Listening, listenFor, localUrlOf } from './local-url.ts'
import { createPinShowing, type PairingEffect, type PairingEvent, stepPin } from './pairing-machine.ts'

/** What the panel shows of it. */
export type PairingView =
  /** No terminal could reach the device's page: it listens at no address of a local network. */
  | { state: 'no-address'; listen: string }
  /** There is no such address: the device stands on the open internet, or on no network. */
  | { state: 'no-local-network' }
  | {
      state: 'beginning' | 'waiting' | 'press-needed' | 'sending'
      /** 8 digits; undefined until the relay knows it. */
      pin: string | undefined
      doubts: readonly Doubt[]
      /** Which check of the last try failed. */
      refused: PairingCheck | undefined
      trouble: Trouble | undefined
    }

/** @returns undefined: nobody could type one now */
export function pinIn(view: PairingView | undefined): string | undefined {
  return view?.state === 'waiting' ? view.pin : undefined
}

export interface Pairing {
  view(): PairingView
  start(): void
  stop(): void
  /** Somebody has pressed at the device. */
  press(): void
}

export interface PairingNeeds {
  id: string
  door: RelayDoor
  /** Undefined: there is no page. */
  listening(): Listening | undefined
  clock: Clock
  random: Random
  log: Log
}

const callMs = 15_000
const pauses = { firstMs: 2_000, longestMs: 60_000 }

export function createPairing({ id, door, listening, clock, random, log }: PairingNeeds): Pairing {
  const showing = createPinShowing(
    () => newPin(random),
    (attempt) => 1_000 + backoffMs(attempt, pauses, random.fraction()),
  )
  let timer: Timer | undefined
  let asking = new AbortController()

  function happen(event: PairingEvent): void {
    const effects: PairingEffect[] = []
    stepPin(showing, event, clock.now(), effects)
    for (const effect of effects) carryOut(effect)
  }

  function carryOut(effect: PairingEffect): void {
    switch (effect.kind) {
      case 'announce':
        inBackground(log, 'pairing.announce-failed', () => announce(effect.call, effect.pin))
        break
      case 'ask':
        inBackground(log, 'pairing.ask-failed', () => ask(effect))
        break
      case 'give-up':
        timer?.cancel()
        asking.abort()
        asking = new AbortController()
        break
      case 'wake':
        timer?.cancel()
        timer = clock.at(effect.atMs, () => happen({ kind: 'time' }))
    }
  }

  const post = (body: object, waitSeconds = 0, more = {}) =>
    door.call(`/device/v1/pairing?wait=${waitSeconds}`, body, waitSeconds * 1000 + callMs, {
      signal: asking.signal,
      ...more,
    })

  async function announce(call: number, pin: string): Promise<void> {
    const localUrl = localUrlOf(listening())
    if (localUrl === undefined)
      return happen({ kind: 'failed', call, trouble: { kind: 'other', detail: 'there is no local address' } })
    const outcome = await post({ id, pin, addresses: localNetworks(), localUrl })
    const { token } = ('status' in outcome && outcome.status === 201 && readAnswer(outcome)) || {}
    if (typeof token !== 'string') return happen(notAnnounced(outcome, call))
    // The terminal may come over the other family: from where the device is seen over that, the relay is to know as well.
    for (const family of [4, 6] as const) void post({ token }, 0, { family })
    happen({ kind: 'announced', call, token })
  }

  async function ask({ call, token, known, pressed, waitSeconds }: Extract<PairingEffect, { kind: 'ask' }>) {
    const outcome = await post({ token, pressed, ...(known !== undefined && { known }) }, waitSeconds)
    if ('trouble' in outcome) return happen({ kind: 'failed', call, trouble: outcome.trouble })
    if (outcome.status === 404) return happen({ kind: 'forgotten', call })
    const news = AnnouncementState.safeParse(outcome.status === 200 ? readAnswer(outcome) : undefined)
    if (news.success) happen({ kind: 'told', call, news: news.data })
    else happen({ kind: 'failed', call, trouble: troubleOfAnswer(outcome) })
  }

  return {
    view() {
      if (localUrlOf(listening()) === undefined) {
        const listen = listenFor()
        return listen === undefined ? { state: 'no-local-network' } : { state: 'no-address', listen }
      }
      const { pin, news, refused, trouble } = showing
      const told = news?.state === 'press-needed' || news?.state === 'sending' ? news.state : 'waiting'
      const state = pin === undefined ? 'beginning' : told
      return { state, pin, doubts: news?.doubts ?? [], refused: refused?.check, trouble }
    },
    start: () => happen({ kind: 'start' }),
    stop: () => happen({ kind: 'stop' }),
    press: () => happen({ kind: 'press' }),
  }
}

function notAnnounced(outcome: HttpOutcome, call: number): PairingEvent {
  if ('trouble' in outcome) return { kind: 'failed', call, trouble: outcome.trouble }
  const trouble = troubleOfAnswer(outcome)
  if (trouble.kind === 'status' && trouble.code === 'pin-taken') return { kind: 'pin-taken', call }
  return { kind: 'failed', call, trouble }
}

/** 8 digits, all of them as likely (S-R2). */
function newPin(random: Random): string {
  const number = Buffer.from(random.token(8), 'base64url').readBigUInt64BE()
  return String(number % 100_000_000n).padStart(8, '0')
}
