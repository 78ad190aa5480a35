/** Sends a flood: so many requests a second over prepared connections, from one process, and counts what comes back. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { openSpeaker, type Speaker } from './flood-kinds.ts'
import type { FloodPlan, FloodResult } from './plans.ts'

interface Line {
  socket: Socket | undefined
  speaker: Speaker
  open: number
  lastMs: number
  tail: string
}

const tickMs = 5
const interesting = /HTTP\/1\.1 (\d{3})|condition='([a-z-]+)'|<(failure|success|challenge)|\b(sid)='/g
/** Longer than any of the words above, so that none is lost between two chunks. */
const tailLength = 48

/** @param heard told each word of the relay's when it is heard first */
export async function playFlood(
  plan: FloodPlan,
  stopped: AbortSignal,
  heard: (word: string) => void,
): Promise<FloodResult> {
  const result: FloodResult = { sent: 0, answered: 0, heldBack: 0, opened: 0, heard: {} }
  const { hostname, port } = new URL(plan.url)
  const lines: Line[] = Array.from({ length: plan.connections }, (_, n) => ({
    socket: undefined,
    speaker: openSpeaker(plan, n),
    open: 0,
    lastMs: 0,
    tail: '',
  }))

  function open(line: Line): Socket {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    line.socket = socket
    line.open = 0
    line.tail = ''
    result.opened++
    socket.on('data', (chunk) => hear(line, chunk.toString('latin1')))
    // What is refused or cut is what was expected; the next request opens another one.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (line.socket === socket) line.socket = undefined
    })
    return socket
  }

  function hear(line: Line, text: string): void {
    const whole = line.tail + text
    let end = 0
    for (const match of whole.matchAll(interesting)) {
      const [words, status, condition, verdict, session] = match
      const name = status ?? condition ?? verdict ?? (session && 'session') ?? ''
      if (result.heard[name] === undefined) heard(name)
      result.heard[name] = (result.heard[name] ?? 0) + 1
      end = match.index + words.length
      if (status === undefined) continue
      result.answered++
      line.open = Math.max(0, line.open - 1)
      line.lastMs = performance.now()
    }
    line.tail = whole.slice(Math.max(end, whole.length - tailLength))
    line.speaker.hear?.(text)
  }

  function send(line: Line, nowMs: number): boolean {
    if (line.socket !== undefined && line.open > 0 && nowMs - line.lastMs > plan.patienceMs) {
      line.socket.destroy()
      line.socket = undefined
    }
    if (line.open >= plan.ahead && line.socket !== undefined) return false
    const socket = line.socket ?? open(line)
    if (line.open === 0) line.lastMs = nowMs
    socket.write(line.speaker.next())
    line.open++
    result.sent++
    return true
  }

  const startMs = performance.now()
  let given = 0
  let at = 0
  function tick(): void {
    const nowMs = performance.now()
    const due = Math.floor(((nowMs - startMs) / 1000) * plan.perSecond) - given
    given += due
    let full = 0
    for (let n = 0; n < due && full < lines.length; ) {
      const line = lines[at++ % lines.length]
      if (line && send(line, nowMs)) {
        n++
        full = 0
        continue
      }
      full++
      if (full === lines.length) result.heldBack += due - n
    }
  }

  const timer = setInterval(tick, tickMs)
  const ended = AbortSignal.any([stopped, AbortSignal.timeout(plan.seconds * 1000)])
  if (!ended.aborted) await once(ended, 'abort')
  clearInterval(timer)
  for (const { socket } of lines) socket?.destroy()
  return result
}
