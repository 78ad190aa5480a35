/** Runs the machine of low power over a real device: down to its sensor alone, and up again when somebody comes (H1). */
import type { Clock, Log, Timer } from '@fairlead/base'
import type { Device } from '../device.ts'
import type { Driver } from '../drivers/driver.ts'
import type { WalkUpSettings } from '../memory/device-record.ts'
import type { Panel } from '../panel/panel.ts'
import type { HttpClient } from '../uplink/http-client.ts'
import { createPowerState, type PowerEffect, type PowerEvent, stepPower } from './power-machine.ts'
import { openSensor } from './sensors.ts'

export interface PowerNeeds {
  settings: WalkUpSettings
  device: Device
  driver: Driver
  /** Undefined: it has no page. */
  panel: Panel | undefined
  /** The device's alone: all its connections are closed. */
  http: HttpClient
  clock: Clock
  log: Log
}

export interface PowerRunner extends AsyncDisposable {
  start(): void
  /** Somebody touches the panel. */
  touched(): void
}

/** @throws {Failure} `unavailable` when the sensor's address is taken */
export async function openPower({
  settings,
  device,
  driver,
  panel,
  http,
  clock,
  log,
}: PowerNeeds): Promise<PowerRunner> {
  const power = createPowerState(settings.sleepAfterSeconds * 1000)
  let going = new AbortController()
  let moving: Promise<void> = Promise.resolve()
  let timer: Timer | undefined
  let isStopped = false

  function happen(event: PowerEvent): void {
    if (isStopped) return
    const effects: PowerEffect[] = []
    stepPower(power, event, clock.now(), effects)
    for (const effect of effects) carryOut(effect)
  }

  function carryOut(effect: PowerEffect): void {
    switch (effect.kind) {
      case 'sleep':
        going = new AbortController()
        move(goDown)
        break
      case 'wake':
        // What is still on its way down is broken off: somebody comes.
        going.abort()
        // The way to the relay takes longest: it is begun at once, whatever the panel and the printer are at.
        device.wake()
        move(comeUp)
        break
      case 'wake-at':
        timer?.cancel()
        timer = clock.at(effect.atMs, () => happen({ kind: 'time', isBusy: device.isBusy() }))
    }
  }

  /** One after the other: what goes down is down, or broken off, before it comes up. */
  function move(run: () => Promise<void>): void {
    moving = moving.then(run).catch((error: unknown) => {
      log.error('power.failed', 'The device could not change its power mode.', error, { device: device.id })
      // Better awake and seen than half asleep.
      if (power.phase === 'going-to-sleep') happen({ kind: 'approach' })
      else happen({ kind: 'up' })
    })
  }

  async function goDown(): Promise<void> {
    const { signal } = going
    await device.rest(signal)
    if (signal.aborted) return
    await panel?.rest()
    if (signal.aborted) return
    http.rest()
    await driver.power?.sleep()
    happen({ kind: 'down' })
  }

  async function comeUp(): Promise<void> {
    // A page that cannot be shown does not leave the printer asleep.
    await Promise.all([panel?.wake(), driver.power?.wake()])
    log.info('power.awake', 'Somebody comes: the device is awake.', { device: device.id })
    happen({ kind: 'up' })
  }

  const sensor = await openSensor(settings.sensor, {
    clock,
    log,
    device: device.id,
    approach: () => happen({ kind: 'approach' }),
  })
  return {
    start: () => happen({ kind: 'start' }),
    touched: () => happen({ kind: 'activity' }),
    async [Symbol.asyncDispose]() {
      isStopped = true
      timer?.cancel()
      going.abort()
      await sensor[Symbol.asyncDispose]()
      await moving
    },
  }
}
