/** The clock of the running relay is stepped by an hour under load, as by a first NTP answer or an operator's hand. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { openFolder } from '../folder.ts'
import { type Start, startProcess } from '../process.ts'
import { until } from '../until.ts'
import { type Play, played } from './played.ts'
import { openSoak, type Soak } from './soak.ts'
import { waitSeconds } from './street.ts'

const library = '/usr/$LIB/faketime/libfaketimeMT.so.1'
const stepSeconds = 3600

/** A process whose wall clock is moved by what stands in the file; what is monotonic stays so. */
export function startWithClock(file: string): Start {
  const environment = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  return (command, args, options) =>
    startProcess(command, args, { ...options, environment: { ...options?.environment, ...environment } })
}

/** How far the relay's clock is from ours, in seconds. */
async function readOffset({ street }: Soak): Promise<number> {
  const { body } = await street.relay.service.read('/v1/doctor')
  return (Date.parse(Object(body).at) - Date.now()) / 1000
}

function playClock(kind: string, direction: 1 | -1): Play {
  return async ({ seed, rounds, patience, tell }) => {
    const random = createSeededRandom(seed)
    await using folder = await openFolder()
    const file = join(folder.path, 'clock')
    await writeFile(file, '+0')
    await using soak = await openSoak({ seed, patience, start: startWithClock(file) })
    let offlines = 0

    for (let round = 1; round <= rounds; round++) {
      await pause(300 + random.fraction() * 700)
      const offset = direction * stepSeconds * round
      await writeFile(file, `${offset > 0 ? '+' : ''}${offset}`)
      await until('the clock has been stepped', async () => Math.abs((await readOffset(soak)) - offset) < 60, 10_000)
      // In all longer than a request is held: whoever measured it by the wall clock would have ended it, or never would.
      offlines += await countOfflines(soak, Math.max(1, (waitSeconds + 1) / rounds) * 1000)
      tell(`${kind} ${round}/${rounds}: ${offset} s, ${offlines} devices went OFFLINE`)
    }
    if (offlines > 0)
      soak.lies.push({ rule: 'not-back', words: `${offlines} devices went OFFLINE as the clock was stepped.` })
    await soak.settle()
    return played(kind, rounds, soak, { 'went OFFLINE': String(offlines) })
  }
}

export const playClockForward = playClock('clock-forward', 1)
export const playClockBack = playClock('clock-back', -1)

async function countOfflines({ street }: Soak, forMs: number): Promise<number> {
  const untilMs = performance.now() + forMs
  const gone = new Set<string>()
  while (performance.now() < untilMs) {
    const here = await street.online()
    for (const id of street.devices) if (here && !here.has(id)) gone.add(id)
    await pause(100)
  }
  return gone.size
}
