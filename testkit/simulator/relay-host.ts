/** The machine that the relay runs on: starts it, lets it die at any effect, and starts it again from the disk. */

import type { AskCall } from './calls.ts'
import type { Chance } from './chance.ts'
import type { Kept } from './disk.ts'
import type { Facts } from './facts.ts'
import type { History } from './history.ts'
import type { Door, Letter, Network, Served } from './network.ts'
import { type RelayLife, startRelay } from './relay-life.ts'
import type { RelaySettings } from './settings.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface RelayHost extends Door {
  readonly life: RelayLife | undefined
  readonly upSinceMs: number
  /** It was told to stop, and has not yet. */
  readonly isLeaving: boolean
  start(): void
  /** The process dies at one of its next effects. */
  crashSoon(): void
  /** Not after all. */
  spare(): void
  /** SIGTERM, and started again. */
  restart(): void
  /** Between two turns of the microtask queue: the relay may die here. */
  turn(): void
  isDiskFull: boolean
}

export interface RelayHostNeeds {
  time: VirtualTime
  chance: Chance
  history: History
  facts: Facts
  network: Network
  settings: RelaySettings
  longestSyncMs: number
  crashAtReturnShare: number
  devices: readonly { id: string; account: string }[]
}

const drainMs = 5_000

export function createRelayHost(needs: RelayHostNeeds): RelayHost {
  const { time, chance, history, facts, network, settings } = needs
  const kept: Kept = {
    requests: new Map(),
    presences: new Map(),
    sessions: new Map(),
    aliveAt: 0,
    devices: new Map(needs.devices.map(({ id, account }) => [id, { account, version: 1 }])),
  }
  let life: RelayLife | undefined
  let number = 0
  let isAlive = false
  let upSinceMs = 0
  let isLeaving = false
  let isSpared = false
  /** Effects that are left until it dies. */
  let left = Number.POSITIVE_INFINITY
  /** And turns of the microtask queue. */
  let turnsLeft = Number.POSITIVE_INFINITY
  /** Service calls, and how the relay learns that their connection is gone. */
  const asking = new Map<Served, () => void>()

  function live(): void {
    left = Number.POSITIVE_INFINITY
    turnsLeft = Number.POSITIVE_INFINITY
  }

  function die(): void {
    if (!isAlive) return
    isAlive = false
    life = undefined
    live()
    isLeaving = false
    history.tell('relay', 'dies')
    asking.clear()
    network.cutAll()
    facts.relayDied(kept)
    time.after(chance.between(300, 12_000), start)
  }

  function start(): void {
    if (isAlive) return
    isAlive = true
    const mine = ++number
    facts.relayStarted(mine)
    history.tell('relay', 'starts', mine)
    const started = startRelay({
      time,
      chance,
      history,
      facts,
      settings,
      life: mine,
      kept,
      syncMs: () => chance.fraction() * needs.longestSyncMs,
      isDiskFull: () => host.isDiskFull,
      deviceCame() {
        if (!isSpared && chance.happens(needs.crashAtReturnShare)) left = 1 + chance.integer(25)
      },
      goesOn: () => isAlive && number === mine && goesOn(),
    })
    started.then(
      (running) => {
        if (!isAlive || number !== mine) return
        history.tell('relay', 'is up')
        life = running
        upSinceMs = time.nowMs
      },
      // A relay that cannot write at its start ends, and its supervisor tries again.
      (error) => {
        if (number !== mine) return
        history.tell('relay', 'cannot start', String(error))
        if (!host.isDiskFull) facts.relayFailed('start', error)
        die()
      },
    )
  }

  function goesOn(): boolean {
    if (!isAlive) return false
    left--
    if (left > 0) return true
    die()
    return false
  }

  const host: RelayHost = {
    isDiskFull: false,
    get life() {
      return life
    },
    get upSinceMs() {
      return upSinceMs
    },
    get isLeaving() {
      return isLeaving
    },
    get isUp() {
      return life !== undefined
    },
    start,
    crashSoon() {
      if (!isAlive) return
      if (chance.happens(0.7)) left = 1 + chance.integer(60)
      else turnsLeft = 1 + chance.integer(100)
    },
    spare() {
      isSpared = true
      live()
    },
    restart() {
      if (!life || isLeaving) return
      isLeaving = true
      history.tell('relay', 'is told to stop')
      const leaving = life
      leaving.drain(drainMs, () =>
        time.after(chance.between(1, 1_000), () => {
          if (life === leaving) die()
        }),
      )
    },
    turn() {
      if (--turnsLeft <= 0) die()
    },
    boundary: () => void goesOn(),
    take(served, letter: Letter) {
      if (!life) return
      if (letter.to === 'ask') {
        const whenHungUp = (run: () => void) => void asking.set(served, run)
        life.take(served, { ...letter, given: { ...(letter.given as AskCall), whenHungUp } })
      } else life.take(served, letter)
    },
    lost(served) {
      const hangUp = asking.get(served)
      asking.delete(served)
      if (hangUp && !served.isAnswered) hangUp()
      life?.lost(served)
    },
  }
  return host
}
