/** A sensor on a line of the machine's GPIO, read by `gpiomon` of Debian's `gpiod`: each edge is a line that it writes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { backoffMs, type Timer } from '@fairlead/base'
import type { SensorNeeds, SensorSpec } from './sensor.ts'

type GpioSpec = Extract<SensorSpec, { kind: 'gpio' }>

const pauses = { firstMs: 1000, longestMs: 60_000 }
/** Ran so long: it is not one that fails at once. */
const goodMs = 60_000

/** What a shell would say of a program that is not there; `stdbuf` says so as well. Source: POSIX, "env", exit status. */
const notFound = 127

/** Rising edges alone; each at once, and not when some kilobytes have come together (`stdbuf`). Source: gpiomon(1) of gpiod 1.6 and 2. */
export function gpioWords({ chip, line, isActiveLow }: GpioSpec, major: 1 | 2): string[] {
  const edges = major === 1 ? ['--rising-edge', chip, line] : ['--edges=rising', '--chip', chip, line]
  return ['--output=L', 'gpiomon', ...(isActiveLow ? ['--active-low'] : []), ...edges]
}

export function openGpioSensor(spec: GpioSpec, { approach, clock, log, device }: SensorNeeds): AsyncDisposable {
  let child: ChildProcess | undefined
  let timer: Timer | undefined
  let attempt = 0
  let isStopped = false
  /** Debian 12 has gpiod 1.6, Debian 13 has 2: one that does not know the other's words ends at once. */
  let major: 1 | 2 = 2

  function run(): void {
    const sinceMs = clock.now()
    let edges = 0
    let isOver = false
    const monitor = spawn('stdbuf', gpioWords(spec, major), { stdio: ['ignore', 'pipe', 'ignore'] })
    child = monitor
    // It writes one line for each edge; what it writes in it differs, and does not matter.
    monitor.stdout?.on('data', (piece: Buffer) => {
      if (!piece.includes(0x0a)) return
      edges++
      approach()
    })
    const over = (words: string) => {
      if (isOver || isStopped) return
      isOver = true
      if (edges > 0 || clock.now() - sinceMs >= goodMs) attempt = 0
      else major = major === 2 ? 1 : 2
      log.warn('power.no-sensor', words, { device, chip: spec.chip, line: spec.line })
      timer = clock.at(clock.now() + backoffMs(attempt++, pauses, 0.5), run)
    }
    const missing = 'The sensor of --walk-up needs the program gpiomon: apt-get install gpiod.'
    monitor.on('error', () => over(missing))
    monitor.on('exit', (status) =>
      over(
        status === notFound ? missing : `gpiomon, which reads the sensor, has ended (${status}); it is started again.`,
      ),
    )
  }

  run()
  return {
    async [Symbol.asyncDispose]() {
      isStopped = true
      timer?.cancel()
      child?.kill()
    },
  }
}
