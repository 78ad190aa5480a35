/** A light load of requests, each with what became of it; and devices that are asked again and again until they answer. */
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { openApiAsker } from './generator/api-asker.ts'
import type { Address } from './generator/connection.ts'
import type { Device } from './generator/device.ts'

export interface Api extends Address {
  key: string
}

export interface Told {
  device: string
  askedMs: number
  endedMs: number
  /** Of one that was not answered: status, outcome and code. */
  trouble: string | undefined
}

export interface LightLoad {
  /** All so far. */
  readonly told: readonly Told[]
  /** Resolves when what was asked is over. */
  stop(): Promise<void>
}

const connections = 400
const tickMs = 20

/** Asks `perSecond` of the devices, by chance, whatever becomes of those before. */
export function startLightLoad(api: Api, devices: readonly Device[], perSecond: number): LightLoad {
  const random = createSeededRandom(2)
  const asker = openApiAsker(api, api.key, connections)
  const told: Told[] = []
  const startMs = performance.now()
  let asked = 0
  let isOn = true
  const timer = setInterval(() => {
    for (const due = ((performance.now() - startMs) / 1000) * perSecond; isOn && asked < due; asked++) {
      const device = devices[Math.floor(random.fraction() * devices.length)]
      if (!device) return
      const askedMs = performance.now()
      asker.ask(device, (isGood) => {
        const trouble = isGood ? undefined : shorten(asker.lastTrouble)
        told.push({ device: device.id, askedMs, endedMs: performance.now(), trouble })
      })
    }
  }, tickMs)
  return {
    told,
    async stop() {
      isOn = false
      clearInterval(timer)
      while (told.length < asked) await pause(tickMs)
      asker.close()
    },
  }
}

/**
 * Asks each of the devices until it has answered.
 *
 * @returns all that was asked; the last of each device is good
 * @throws {Error} when some have not in that time
 */
export async function askUntilAnswered(
  api: Api,
  devices: readonly Device[],
  inFlight: number,
  withinMs: number,
): Promise<Told[]> {
  const giveUpAtMs = performance.now() + withinMs
  const asker = openApiAsker(api, api.key, inFlight)
  const told: Told[] = []
  const waiting = [...devices]
  const askOne = (device: Device) =>
    new Promise<void>((resolve) => {
      const askedMs = performance.now()
      asker.ask(device, (isGood) => {
        const trouble = isGood ? undefined : shorten(asker.lastTrouble)
        told.push({ device: device.id, askedMs, endedMs: performance.now(), trouble })
        if (!isGood) waiting.push(device)
        resolve()
      })
    })
  let left = devices.length
  async function askSome(): Promise<void> {
    while (left > 0) {
      const device = waiting.shift()
      if (performance.now() > giveUpAtMs) throw new Error(`${left} devices have not answered in ${withinMs / 1000} s`)
      if (!device) {
        await pause(tickMs)
        continue
      }
      await askOne(device)
      if (told.at(-1)?.trouble === undefined) left--
    }
  }
  await Promise.all(Array.from({ length: inFlight }, askSome))
  asker.close()
  return told
}

/** Of a problem of the API its status, outcome and code; of anything else how it begins. */
function shorten(trouble: string): string {
  const status = /^\d{3}/.exec(trouble)?.[0]
  const [outcome, code] = ['outcome', 'code'].map((name) => new RegExp(`"${name}":\\s*"([^"]+)"`).exec(trouble)?.[1])
  if (outcome || code) return [status, outcome, code].filter(Boolean).join(' ')
  return /<title>([^<]+)/.exec(trouble)?.[1] ?? trouble.slice(0, 60)
}
