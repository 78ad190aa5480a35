/** A device in the simulator: what all kinds have in common, and what they do when the relay asks something of them. */
import type { Json } from '@fairlead/protocol/contract'
import type { DeviceCall } from './calls.ts'
import type { Chance } from './chance.ts'
import type { Facts } from './facts.ts'
import type { History } from './history.ts'
import type { Letter, Network, Outcome, Path } from './network.ts'
import { secretOf } from './settings.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface DeviceNeeds {
  id: string
  time: VirtualTime
  chance: Chance
  history: History
  facts: Facts
  network: Network
  path: Path
  /** What share of its work may take longer than the request's time-out. */
  slowShare(): number
}

export interface SimulatedDevice {
  readonly id: string
  readonly path: Path
  /** It is to be reached: power and mode are ON, and its secret is good. */
  readonly wantsOnline: boolean
  /** Its session stands, as far as it knows. */
  readonly isUp: boolean
  /** It owes no answer: switched OFF, it says farewell at once, whether it is up or opens another session. */
  readonly isIdle: boolean
  /** When it tries next of its own accord, or will have tried; not in the future once it is connected. */
  readonly nextTryMs: number
  powerOn(): void
  /** @param isCrash its process dies, but its machine says so to the other side */
  powerOff(isCrash: boolean): void
  switchMode(on: boolean): void
  /** The operator tells it another secret. */
  setSecret(version: number): void
}

/** What a push asks for: the one tag that is in it, wherever it is; of a GET, the object, for which others may ask as well. */
export interface Wish {
  tag: string
  kind: 'get' | 'set' | 'command'
  timeoutMs: number
}

export function readWish(text: string): Wish {
  const { get, set, arguments: args, timeoutSeconds = 30 } = JSON.parse(text)
  const timeoutMs = timeoutSeconds * 1000
  if (get) return { tag: get[0], kind: 'get', timeoutMs }
  if (set) return { tag: Object.keys(set)[0] ?? '', kind: 'set', timeoutMs }
  return { tag: String(args?.tag), kind: 'command', timeoutMs }
}

export type Answer = { values: Record<string, Json>; errors: Record<string, never> } | { result: Json }

/** The value is made for this one execution: an answer that went astray shows. */
export function executeWish(needs: DeviceNeeds, requestId: string, { tag, kind }: Wish): Answer {
  const value = `${needs.id}-${tag}-${needs.chance.integer(2 ** 30)}`
  needs.history.tell(needs.path.name, 'executes', tag)
  needs.facts.executed(needs.id, requestId, value)
  return kind === 'command' ? { result: value } : { values: { [tag]: value }, errors: {} }
}

export function workMsOf({ chance, slowShare }: DeviceNeeds, timeoutMs: number): number {
  return chance.happens(slowShare()) ? chance.fraction() * 1.2 * timeoutMs : chance.between(5, 400)
}

/** Posts, and gives up after a while: `undefined` then. */
export function postFor(
  { network, path, time }: DeviceNeeds,
  letter: Letter,
  timeoutMs: number,
  done: (outcome: Outcome | undefined) => void,
  sent?: () => void,
): { abort(): void } {
  let isOver = false
  const call = network.post(
    path,
    letter,
    (outcome) => {
      if (isOver) return
      isOver = true
      timer.cancel()
      done(outcome)
    },
    sent,
  )
  const timer = time.after(timeoutMs, () => {
    if (isOver) return
    isOver = true
    call.abort()
    done(undefined)
  })
  return {
    abort() {
      if (isOver) return
      isOver = true
      timer.cancel()
      call.abort()
    },
  }
}

export function letterOf(
  to: 'register' | 'survival' | 'response',
  device: string,
  version: number,
  more: Omit<DeviceCall, 'device' | 'secret'>,
): Letter {
  const given: DeviceCall = { device, secret: secretOf(device, version), ...more }
  return { to, body: to === 'response' ? `response to ${more.requestId}` : to, given }
}
