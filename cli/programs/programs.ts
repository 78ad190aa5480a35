/** The programs that come with it, hosted beside a relay: scan to e-mail, and today's page. */
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as passing } from 'node:timers/promises'
import { Failure, inBackground, type Log, type Random } from '@fairlead/base'
import { type Client, NoRelayError, RelayError } from '@fairlead/sdk'
import type { ProgramLanguage } from './languages.ts'
import { createMailing } from './mailing.ts'
import { openPrintToday } from './print-today.ts'
import { openSecrets, register } from './registering.ts'
import { createScanDoor } from './scan-door.ts'
import { openScanToEmail } from './scan-to-email.ts'
import { openScans } from './scans.ts'
import { createServing } from './serving.ts'
import type { SmtpServer } from './smtp-server.ts'

export interface ProgramsOptions {
  client: Client
  listen: { host: string; port: number }
  /** As relay and devices reach it, without a slash at the end. Undefined: where it listens. */
  publicUrl: string | undefined
  smtp: SmtpServer
  from: string
  folder: string
  zone: string
  language: ProgramLanguage
  random: Random
  log: Log
  now(): number
  stopping: AbortSignal
}

export interface RunningPrograms extends AsyncDisposable {
  readonly url: string
  readonly programs: readonly string[]
}

/** A relay that is away when this starts: both may be started by the same machine. */
const askAgainMs = 3_000
const forgetEveryMs = 3_600_000

/** @throws {RelayError} the relay refused @throws {Failure} `unavailable`: port or folder cannot be had */
export async function openPrograms(options: ProgramsOptions): Promise<RunningPrograms> {
  const { client, folder, zone, language, log, now } = options
  await using building = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const secrets = await openSecrets(folder)
  let publicUrl = ''
  const urlOfScan = (scanId: string) => `${publicUrl}/scans/${scanId}`
  const scans = await openScans(join(folder, 'scans'), secrets.own, now)
  const hosted = [
    await openScanToEmail({ scans, folder: join(folder, 'addresses'), language, urlOf: urlOfScan }),
    await openPrintToday({ client, folder: join(folder, 'pages'), zone, language, now }),
  ]
  const mailing = building.use(createMailing({ ...options, scans }))
  const door = createScanDoor({ scans, mailing, urlOf: urlOfScan })
  const server = createServing({ hosted, secretOf: (program) => secrets.signing[program], scans: door, log })
  building.defer(async () => {
    server.close()
    server.closeAllConnections()
  })
  const port = await listen(server, options.listen)
  publicUrl = options.publicUrl ?? `http://${hostOf(options.listen.host)}:${port}`
  // Two processes on one folder would send everything twice; a port is one's alone.
  await mailing.resume()
  const forget = () => inBackground(log, 'programs.not-forgotten', scans.forgetOld)
  forget()
  const timer = setInterval(forget, forgetEveryMs)
  building.defer(() => clearInterval(timer))
  for (;;) {
    try {
      await register(client, hosted, (program) => `${publicUrl}/programs/${program}`, folder, secrets)
      break
    } catch (error) {
      const isAway = error instanceof NoRelayError || (error instanceof RelayError && error.status >= 500)
      if (!isAway || options.stopping.aborted) throw error
      log.warn('programs.no-relay', 'The relay does not answer: it is asked again.', { why: error.message })
      await passing(askAgainMs, undefined, { signal: options.stopping }).catch(() => undefined)
    }
  }
  const built = building.move()
  return {
    url: publicUrl,
    programs: hosted.map(({ offer }) => offer.program),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

async function listen(
  server: ReturnType<typeof createServing>,
  { host, port }: ProgramsOptions['listen'],
): Promise<number> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Failure('unavailable', `Nothing can listen on ${host}:${port} (${why}). Choose another --listen.`)
  }
  return (server.address() as AddressInfo).port
}

function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
