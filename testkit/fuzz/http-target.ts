/** Fuzzes a real relay over raw sockets: whatever is sent, it answers in HTTP, at once, and goes on for the others. */
import { readFileSync } from 'node:fs'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { openHonest } from './honest.ts'
import { ridPlaceholder, sidPlaceholder } from './http-bodies.ts'
import { playConnection, usualLimits } from './http-connection.ts'
import { makeConnection, separator } from './http-requests.ts'
import { openSessions, type Sessions } from './http-sessions.ts'
import type { Complaint, Run, Target } from './target.ts'

/** Connections at once. */
const lanes = 16

const device = 'fuzz-device'
const secret = 'fuzz-device-secret-0001'

export interface HttpTargetOptions {
  /** How late an answer may be, on a machine that has more to do. */
  longestMs?: number
  /** Where to send it instead of to the relay itself; for tests, something that spoils the answers. */
  through?(port: number): Promise<{ port: number } & AsyncDisposable>
}

/** An input is what goes over one connection: up to thirty requests. */
export function httpTarget(options: HttpTargetOptions = {}): Target {
  return {
    describe: 'a real relay over raw sockets; an input is one connection with up to 30 requests',
    inputs: 10_000,
    batch: 256,
    confirm: true,
    async open() {
      await using opening = new AsyncDisposableStack()
      const street = opening.use(await openNeighbourhood({ relay: ['--wait', '10'] }))
      const { status } = await street.service.post('/v1/devices', { id: device, secret })
      if (status !== 201) throw new Error(`The device of the fuzzing cannot be enrolled: ${status}`)
      const relayPort = Number(new URL(street.url).port)
      const { port } = options.through ? opening.use(await options.through(relayPort)) : { port: relayPort }
      const sessions = openSessions(street.url, { device, secret })
      const honest = opening.use(await openHonest(street))
      return createRun({ street, port, sessions, honest, limits: { ...usualLimits, ...options } }, opening.move())
    },
  }
}

interface Parts {
  limits: typeof usualLimits
  street: Neighbourhood
  port: number
  sessions: Sessions
  honest: Awaited<ReturnType<typeof openHonest>>
}

function createRun({ street, port, sessions, honest, limits }: Parts, opened: AsyncDisposableStack): Run {
  const counts: Record<string, number> = { answers: 0, cut: 0 }
  const memory = createMemoryWatch(street.relay().pid)
  const log = createErrorLog(street)
  let addresses = 0
  let hasEnded = false
  void street.relay().exited.then(() => {
    hasEnded = true
  })

  /** A network of its own for each connection, so that one's guesses do not slow down another's answers. */
  function nextAddress(): string {
    addresses++
    return `127.${1 + ((addresses >> 16) % 250)}.${(addresses >> 8) & 255}.${addresses & 255}`
  }

  async function playInput(input: Uint8Array): Promise<string | undefined> {
    const requests = splitAt(await withSession(input, sessions), separator)
    const { answers, beyond, wasCut, what } = await playConnection(port, nextAddress(), requests, limits)
    count('answers', answers.length)
    for (const { status } of answers) count(String(status))
    if (beyond) count(beyond)
    if (wasCut) count('cut')
    if (hasEnded) return `the relay has ended: ${street.relay().output().stderr.slice(-500)}`
    return what
  }

  function count(name: string, times = 1): void {
    counts[name] = (counts[name] ?? 0) + times
  }

  async function playAll(inputs: readonly Uint8Array[]): Promise<Complaint[]> {
    const complaints: Complaint[] = []
    let next = 0
    const lane = async () => {
      for (let at = next++; at < inputs.length; at = next++) {
        const what = await playInput(inputs[at] ?? new Uint8Array())
        if (what !== undefined) complaints.push({ at, what })
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    memory.look()
    return complaints
  }

  /** The log does not say whose fault it was: each input is tried alone. */
  async function blame(inputs: readonly Uint8Array[]): Promise<Complaint[]> {
    const complaints: Complaint[] = []
    for (const [at, input] of inputs.entries()) {
      await playInput(input)
      const error = log.next()
      if (error !== undefined) complaints.push({ at, what: `the relay logs an error: ${error}` })
    }
    return complaints
  }

  return {
    counts,
    make: (chance) => makeConnection(chance, { adminKey: street.adminKey, device, secret }),
    async tryOut(inputs) {
      const complaints = await playAll(inputs)
      const error = log.next()
      if (error === undefined) return complaints
      if (inputs.length === 1) return [...complaints, { at: 0, what: `the relay logs an error: ${error}` }]
      return [...complaints, ...(await blame(inputs))]
    },
    async atEnd() {
      const took = honest.took()
      counts['honest calls'] = took.length
      counts['ms the honest median'] = Math.round(took[took.length >> 1] ?? 0)
      counts['ms the honest longest'] = Math.round(took.at(-1) ?? 0)
      counts['honest over a second'] = took.filter((ms) => ms > 1000).length
      Object.assign(counts, memory.told())
      return [...honest.complaints(), ...memory.complaints(), ...log.all()]
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

async function withSession(input: Uint8Array, sessions: Sessions): Promise<Uint8Array> {
  const at = Buffer.from(input).indexOf(sidPlaceholder)
  if (at < 0) return input
  const { sid, rid } = await sessions.next()
  const sent = Buffer.from(input)
  sent.write(sid.padEnd(sidPlaceholder.length).slice(0, sidPlaceholder.length), at)
  const ridAt = sent.indexOf(ridPlaceholder)
  if (ridAt >= 0) sent.write(String(rid), ridAt)
  return sent
}

function splitAt(input: Uint8Array, mark: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  for (let at = input.indexOf(mark); at >= 0; at = input.indexOf(mark, start)) {
    parts.push(input.subarray(start, at))
    start = at + 1
  }
  return [...parts, input.subarray(start)].filter((part) => part.length > 0)
}

/** Lines of level `error`: a bug, by the house's rule. */
function createErrorLog(street: Neighbourhood) {
  let read = 0
  const seen: string[] = []
  const collect = () => {
    const { stderr } = street.relay().output()
    const end = stderr.lastIndexOf('\n') + 1
    const lines = stderr.slice(read, end).split('\n')
    read = Math.max(read, end)
    return lines.filter((line) => line.includes('"level":"error"') || /^\s+at |Warning/.test(line))
  }
  return {
    /** The first since it was asked before. */
    next() {
      const [line] = collect()
      if (line !== undefined && !seen.includes(line)) seen.push(line)
      return line?.slice(0, 600)
    },
    all: () =>
      [...seen, ...collect()].slice(0, 3).map((line) => `the relay has logged an error: ${line.slice(0, 600)}`),
  }
}

/** What the process holds, early and late: it may grow for a while, and not without end. */
function createMemoryWatch(pid: number) {
  const readings: number[] = []
  const mibOf = (list: readonly number[]) => Math.round(Math.max(0, ...list))
  const early = () => mibOf(readings.slice(0, Math.ceil(readings.length / 4)))
  const middle = () => mibOf(readings.slice(0, Math.ceil(readings.length / 2)))
  const late = () => mibOf(readings.slice(-Math.ceil(readings.length / 10)))
  return {
    look() {
      const [, kib] = /VmRSS:\s+(\d+) kB/.exec(statusOf(pid)) ?? []
      if (kib !== undefined) readings.push(Number(kib) / 1024)
    },
    told: () => ({ 'MiB early': early(), 'MiB until the middle': middle(), 'MiB late': late() }),
    complaints: () => (late() > 2 * early() + 100 ? [`the relay grows: from ${early()} MiB to ${late()} MiB`] : []),
  }
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    // It has ended, which is told elsewhere; or this is no Linux.
    return ''
  }
}
