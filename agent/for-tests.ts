/** An agent with a virtual device, at the relay's real device doors. For tests only. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@fairlead/base'
import { tableOf } from '../cli/table.ts'
import { type DeviceDoor, type DeviceDoorOptions, openDeviceDoor } from '../testkit/device-door.ts'
import { until } from '../testkit/until.ts'
import { runAgent } from './main.ts'

export const secret = 'a-secret-of-the-lobby'

export interface Running extends AsyncDisposable {
  relay: DeviceDoor
  data: string
  lines: { event: string; id?: string; reason?: string; url?: string | null }[]
  errors: string[]
  /** The events of the warnings in its log. */
  warnings: string[]
  said(event: string, reason?: string): Promise<boolean>
  /** Another `fairlead agent` command on the same folder. */
  command(...argv: string[]): Promise<number>
  stop(): Promise<number>
}

export async function openRunning(
  options: Partial<DeviceDoorOptions> & { relayUrl?: (url: string) => Promise<string> } = {},
  argv: string[] = [],
  environment: Record<string, string> = {},
): Promise<Running> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-agent-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const relay = stack.use(await openDeviceDoor({ devices: { lobby: secret }, ...options }))
  const data = join(folder, 'data')
  const stop = new AbortController()
  const lines: Running['lines'] = []
  const errors: string[] = []
  const warnings: string[] = []
  const io = {
    out: (line: string) => void (line.startsWith('{') && lines.push(JSON.parse(line))),
    err: (line: string) => void errors.push(line),
    environment: { FAIRLEAD_SECRET: secret, ...environment },
    table: tableOf,
    log: { ...silentLog, warn: (event: string) => void warnings.push(event) },
    stop: stop.signal,
  }
  const start = [
    '--relay',
    (await options.relayUrl?.(relay.url)) ?? relay.url,
    '--id',
    'lobby',
    '--driver',
    'virtual',
    '--data',
    data,
  ]
  const ended = runAgent([...start, ...argv], io)
  stack.defer(async () => {
    stop.abort()
    await ended
  })
  const opened = stack.move()
  return {
    relay,
    data,
    lines,
    errors,
    warnings,
    said: (event, reason) =>
      until(`${event} ${reason ?? ''}`, () =>
        lines.some((line) => line.event === event && (reason === undefined || line.reason === reason)),
      ),
    command: (...words) => runAgent([...words, '--data', data], { ...io, environment: {} }),
    stop() {
      stop.abort()
      return ended
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
