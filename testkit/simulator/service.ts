/** A tenant's service: asks devices for things, hangs up, asks again with its key, and looks up what became of it. */
import type { ServiceRequest } from '@fairlead/protocol/contract'
import type { AskCall, FindCall } from './calls.ts'
import type { Chance } from './chance.ts'
import type { History } from './history.ts'
import type { Network, Outcome, Path } from './network.ts'
import { accounts } from './settings.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface ServiceNeeds {
  account: string
  time: VirtualTime
  chance: Chance
  history: History
  network: Network
  path: Path
  devices: readonly { id: string; account: string }[]
  askEveryMs: number
  /** A new one, all over the hour. */
  nextTag(): string
}

export interface Service {
  start(): void
  /** Asks nothing new, but goes on looking. */
  stop(): void
  /** One plain GET, now. */
  askNow(device: string, done: (outcome: string) => void): void
  /** Looks up everything that it was promised. */
  lookUpAll(): void
}

type Asking = Omit<AskCall, 'call' | 'whenHungUp'>

const mostTries = 4
/** Many ask for this one: requests that are equal, and answers that are not (A11). */
const sharedObject = 'status'

export function createService(needs: ServiceNeeds): Service {
  const { account, chance, network, path, time } = needs
  const promised = new Set<string>()
  let isStopped = false
  let calls = 0

  function next(): void {
    time.after(chance.spell(needs.askEveryMs), () => {
      if (isStopped) return
      const device = chance.pick(needs.devices)
      // Now and then a whole crowd of them, for one device.
      const crowd = chance.happens(0.06) ? 4 + chance.integer(10) : 1
      for (let one = 0; one < crowd; one++) ask(draw(device.id, crowd > 1), 1)
      next()
    })
  }

  function draw(device: string, isCrowd: boolean): Asking {
    const tag = needs.nextTag()
    const kind = chance.pick(['get', 'get', 'set', 'command'] as const)
    const request: ServiceRequest = {
      ...(kind === 'get'
        ? { get: [chance.happens(isCrowd ? 0.6 : 0.2) ? sharedObject : tag] }
        : kind === 'set'
          ? { set: { [tag]: 'x' } }
          : { command: 'do', arguments: { tag } }),
      timeoutSeconds: chance.pick(isCrowd ? [5, 30] : [1, 2, 5, 10, 30, 30, 60, 300]),
      deliverWithinSeconds: chance.happens(0.25) ? chance.pick([3, 30, 600]) : 0,
    }
    const isKeyed = kind !== 'get' && chance.happens(0.5)
    return {
      tag,
      account,
      device,
      asker: `key-${account}`,
      request,
      key: isKeyed ? { owner: `key-${account}`, key: tag, fingerprint: tag } : undefined,
      isAsync: chance.happens(0.2),
    }
  }

  function ask(asking: Asking, tries: number, done?: (outcome: string) => void): void {
    const { timeoutSeconds = 30 } = asking.request
    const given: Omit<AskCall, 'whenHungUp'> = { ...asking, call: ++calls }
    const body = `asks ${asking.device} for ${asking.tag}${asking.key ? ' with its key' : ''}`
    let isOver = false
    const over = (outcome: Outcome | undefined) => {
      if (isOver) return
      isOver = true
      patience.cancel()
      const [word = '', requestId = ''] = outcome?.kind === 'answer' ? outcome.body.split(' ') : []
      if (word === 'pending') watch(requestId)
      done?.(word)
      const isUnsure = outcome?.kind !== 'answer' || outcome.status === 409 || outcome.status >= 500
      if (asking.key && isUnsure && tries < mostTries)
        time.after(chance.between(300, 15_000), () => ask(asking, tries + 1))
    }
    const call = network.post(path, { to: 'ask', body, given }, over)
    const hangsUp = !done && chance.happens(0.08)
    const patienceMs = hangsUp ? chance.fraction() * 10_000 : 1000 * timeoutSeconds + 15_000
    const patience = time.after(patienceMs, () => {
      call.abort()
      over(undefined)
    })
  }

  function watch(requestId: string): void {
    if (promised.has(requestId)) return
    promised.add(requestId)
    const again = (times: number) =>
      void time.after(chance.between(500, 40_000), () => {
        look(requestId)
        if (times > 0) again(times - 1)
      })
    again(3)
  }

  function look(requestId: string): void {
    // Somebody else's eyes, now and then.
    const asker = chance.happens(0.15) ? chance.pick(accounts) : account
    const given: FindCall = { requestId, account: asker }
    network.post(path, { to: 'find', body: `looks up ${requestId} as ${asker}`, given }, () => {})
  }

  return {
    start: next,
    stop() {
      isStopped = true
    },
    askNow(device, done) {
      const tag = needs.nextTag()
      const request: ServiceRequest = { get: [tag], timeoutSeconds: 20, deliverWithinSeconds: 0 }
      ask({ tag, account, device, asker: `check-${device}`, request, key: undefined, isAsync: false }, 1, done)
    },
    lookUpAll() {
      for (const requestId of promised) look(requestId)
    },
  }
}
