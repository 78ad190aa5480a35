/** Runs the queue machine of each device that has requests: hands out its effects and keeps its one timer. */
import type { Clock, Timer } from '@fairlead/base'
import {
  hasRoom,
  isFull,
  newQueue,
  type Queue,
  type QueueEffect,
  type QueueEvent,
  type Settlement,
  step,
} from './queue-machine.ts'

export interface DeviceQueues extends Disposable {
  happen(device: string, event: QueueEvent): void
  isFull(device: string): boolean
  /** Fewer are with the device than may be. */
  hasRoom(device: string): boolean
  /** None has been handed to the device that is not answered or given up. */
  isIdle(device: string): boolean
  has(device: string, id: string): boolean
  /** All requests that are neither answered nor given up. */
  size(): number
}

export interface DeviceQueuesNeeds {
  clock: Clock
  isConnected(device: string): boolean
  hand(device: string, id: string, token: number): void
  takeBack(device: string, token: number): void
  settle(id: string, settlement: Settlement): void
  defer(id: string): void
  forward(id: string): void
}

interface Running {
  queue: Queue
  timer: Timer | undefined
  wakeAtMs: number
}

export function createDeviceQueues(needs: DeviceQueuesNeeds): DeviceQueues {
  const { clock } = needs
  /** Only devices with requests have a queue here: an idle device costs nothing. */
  const devices = new Map<string, Running>()
  let size = 0

  function runningOf(device: string): Running {
    const known = devices.get(device)
    if (known) return known
    const queue = newQueue()
    queue.connected = needs.isConnected(device)
    const running = { queue, timer: undefined, wakeAtMs: Number.POSITIVE_INFINITY }
    devices.set(device, running)
    return running
  }

  function happen(device: string, event: QueueEvent): void {
    if (event.kind !== 'accept' && !devices.has(device)) return
    const running = runningOf(device)
    const effects: QueueEffect[] = []
    const before = running.queue.pending.size
    step(running.queue, event, clock.now(), effects)
    size += running.queue.pending.size - before
    for (const effect of effects) carryOut(device, running, effect)
    if (running.queue.pending.size > 0 || devices.get(device) !== running) return
    running.timer?.cancel()
    devices.delete(device)
  }

  function carryOut(device: string, running: Running, effect: QueueEffect): void {
    switch (effect.kind) {
      case 'hand':
        needs.hand(device, effect.id, effect.token)
        break
      case 'take-back':
        needs.takeBack(device, effect.token)
        break
      case 'settle':
        needs.settle(effect.id, effect.settlement)
        break
      case 'defer':
        needs.defer(effect.id)
        break
      case 'forward':
        needs.forward(effect.id)
        break
      case 'wake':
        wake(device, running, effect.atMs)
        break
    }
  }

  /** A timer that is set already rings first; the machine then says when it wants to be woken next. */
  function wake(device: string, running: Running, atMs: number): void {
    if (running.wakeAtMs <= atMs) return
    running.timer?.cancel()
    running.wakeAtMs = atMs
    running.timer = clock.at(atMs, () => {
      running.wakeAtMs = Number.POSITIVE_INFINITY
      happen(device, { kind: 'time' })
    })
  }

  return {
    happen,
    isFull: (device) => {
      const running = devices.get(device)
      return running !== undefined && isFull(running.queue)
    },
    hasRoom: (device) => {
      const running = devices.get(device)
      return running === undefined || hasRoom(running.queue)
    },
    isIdle(device) {
      const pending = devices.get(device)?.queue.pending.values() ?? []
      return [...pending].every(({ state }) => state === 'waiting')
    },
    has: (device, id) => devices.get(device)?.queue.pending.has(id) ?? false,
    size: () => size,
    [Symbol.dispose]() {
      for (const { timer } of devices.values()) timer?.cancel()
    },
  }
}
