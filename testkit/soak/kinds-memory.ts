/** A relay with a small heap is flooded with more than it can take: it sheds, lives, and is as before when the flood is over. */
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { joinByHand } from '../hand-device.ts'
import { type Start, startProcess } from '../process.ts'
import type { RequestReply } from '../service.ts'
import { until } from '../until.ts'
import { type Play, played } from './played.ts'
import { lookToken, openSoak, type Soak } from './soak.ts'

const heapMegabytes = 128
const heapBytes = heapMegabytes * 1024 * 1024

const startWithSmallHeap: Start = (command, args, options) =>
  startProcess(command, [`--max-old-space-size=${heapMegabytes}`, ...args], options)

type Flood = (soak: Soak, number: number) => Promise<RequestReply>

const deviceAt = ({ street }: Soak, number: number) => street.devices[number % street.devices.length] ?? ''

/** More at once than may be in flight and wait for these devices. */
const ask: Flood = (soak, number) =>
  soak.street.relay.service.ask(deviceAt(soak, number), { get: [`note:${lookToken}`], timeoutSeconds: 2 })

const large = 'x'.repeat(60_000)
const largeAnswer = large.repeat(15)

/** Large requests that wait on disk for devices that do not come. */
const defer: Flood = ({ street }, number) =>
  street.relay.service.ask(`away-${number % 8}`, { set: { note: large }, deliverWithinSeconds: 600 })

/** Large answers, one after another. */
const hear: Flood = ({ street }) => street.relay.service.ask('talker', { get: ['note'], timeoutSeconds: 5 })

interface Pour {
  flood: Flood
  callers: number
  /** In all: in bytes more than the heap, where they are large. */
  calls: number
}

const many: Pour = { flood: ask, callers: 400, calls: 1_200 }
const answers: Pour = { flood: hear, callers: 8, calls: Math.ceil((1.2 * heapBytes) / largeAnswer.length) }
const deferred: Pour = { flood: defer, callers: 16, calls: Math.ceil((2 * heapBytes) / large.length) }

/** @returns how many were answered, by status */
async function pour(soak: Soak, { flood, callers, calls }: Pour): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  let number = 0
  const callOn = async () => {
    while (number < calls) {
      const reply = await flood(soak, number++).catch(() => undefined)
      const what = String(reply?.status ?? 'lost')
      counts.set(what, (counts.get(what) ?? 0) + 1)
      checkShed(soak, reply)
      // What is turned away comes again, but not at once.
      if (reply?.status !== 200) await pause(20)
    }
  }
  await Promise.all(Array.from({ length: callers }, callOn))
  return counts
}

function checkShed({ lies }: Soak, reply: RequestReply | undefined): void {
  if (reply?.status !== 429 && reply?.status !== 503) return
  if (reply.outcome === 'not-sent' && /^[1-9]\d*$/.test(reply.headers.get('retry-after') ?? '')) return
  lies.push({ rule: 'no-outcome', words: `Shed with ${reply.status}, ${reply.outcome}, without a time to come again.` })
}

async function readResidentMegabytes({ street }: Soak): Promise<number> {
  const status = await readFile(`/proc/${street.relay.relay().pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
}

export const playMemoryLimit: Play = async (options) => {
  const { seed, rounds, patience, tell } = options
  const random = createSeededRandom(seed).fraction
  // A heap that is nearly full is collected again and again, and meanwhile nobody is answered.
  const rules = { lateMs: 2_000 * patience }
  await using soak = await openSoak({ seed, patience, start: startWithSmallHeap, callers: 2, rules })
  const { street } = soak
  await using talker = await joinByHand({ url: street.relay.url, enrol: street.relay.enrol }, 'talker')
  talker.serve(() => ({ values: { note: largeAnswer }, errors: {} }))
  for (let number = 0; number < 8; number++) await street.relay.enrol(`away-${number}`)
  const floods = [many, answers, deferred]
  let ended = false
  void street.relay.relay().exited.then(() => {
    ended = true
  })
  let [shed, most] = [0, 0]

  for (let round = 1; round <= rounds && !ended; round++) {
    // What is large is poured in once: it is kept for longer than the rounds last.
    for (const flood of round === 1 ? floods : [many]) {
      const counts = await pour(soak, flood)
      shed += (counts.get('429') ?? 0) + (counts.get('503') ?? 0)
      most = Math.max(most, await readResidentMegabytes(soak).catch(() => 0))
      tell(
        `memory-limit ${round}/${rounds}: ${[...counts].map(([what, count]) => `${count} × ${what}`).join(', ')}, ${most.toFixed()} MB`,
      )
    }
    if (ended) break
    await until('the relay is as before', async () => {
      const sinceMs = performance.now()
      const { status } = await ask(soak, round)
      return status === 200 && performance.now() - sinceMs < 200 * patience
    })
    await pause(random() * 500)
  }
  if (ended) {
    await tellOfEnd(soak)
    return played('memory-limit', rounds, soak, { shed: String(shed), 'most MB': most.toFixed() })
  }
  await soak.settle()
  if (shed === 0) soak.lies.push({ rule: 'mistake', words: 'The flood was none: nothing was shed.' })
  return played('memory-limit', rounds, soak, { shed: String(shed), 'most MB': most.toFixed() })
}

async function tellOfEnd({ street, lies }: Soak): Promise<void> {
  const log = street.relay.relay().output().stderr
  lies.push({ rule: 'ended', words: `The relay ended under the flood: ${/FATAL.*/.exec(log)?.[0] ?? log.slice(-500)}` })
  try {
    await street.relay.restartRelay('SIGKILL')
  } catch (error) {
    // It was told what to keep, and cannot bear it: it would never come back by itself.
    lies.push({ rule: 'ended', words: `It does not start again either: ${String(error).split('\n')[0]}` })
  }
}
