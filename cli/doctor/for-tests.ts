/** A relay reduced to what the doctor asks of it, and the doctor's verdict on the way there. For tests only. */
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { Failure, systemClock } from '@fairlead/base'
import { probeRoutes } from '../../relay/http/probe-routes.ts'
import { createProbes } from '../../relay/http/probes.ts'
import type { Certificate } from '../../testkit/certificate.ts'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { type DoctorOptions, runDoctor } from './doctor.ts'
import type { Check, Finding } from './finding.ts'

/** Only the probes, without the rest of the relay's HTTP door. */
export function probesOnly(wallNow: () => number = Date.now): RequestListener {
  const probes = createProbes(systemClock, new AbortController().signal)
  const routes = probeRoutes({ probes, version: '0.1.0', wallNow })
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://relay')
    const found = routes.find(({ path }) => path === url.pathname)
    const hungUp = new AbortController()
    response.on('close', () => hungUp.abort())
    try {
      const answer = await found?.handle({
        caller: { kind: 'nobody' },
        params: undefined,
        query: found.query?.parse(Object.fromEntries(url.searchParams)),
        body: undefined,
        headers: new Map(),
        address: '198.51.100.2',
        hungUp: hungUp.signal,
        raw: { request, response },
      })
      if (answer) response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body))
      else if (!response.headersSent) response.writeHead(404).end()
    } catch (error) {
      response.writeHead(error instanceof Failure ? 429 : 500).end()
    }
  }
}

export function openServer(listener: RequestListener = probesOnly()) {
  return listenOnFreePort(createServer(listener))
}

export async function openTlsServer({ cert, key }: Certificate & { key: string }, listener = probesOnly()) {
  const listening = await listenOnFreePort(createTlsServer({ cert, key }, listener))
  return { ...listening, url: `https://127.0.0.1:${listening.port}` }
}

/** The doctor's findings by what was asked, its exit status and its lines. */
export async function examine(relayUrl: string, options: Partial<DoctorOptions> = {}) {
  const lines: string[] = []
  const asked = { relayUrl, holdSeconds: 1, environment: {}, ...options }
  const status = await runDoctor({ ...asked, json: true }, (line) => lines.push(line))
  const report: { relay: string; ok: boolean; findings: Finding[] } = JSON.parse(lines.join(''))
  const findings = new Map(report.findings.map((finding) => [finding.check, finding]))
  const of = (check: Check): Finding => findings.get(check) ?? { check, state: 'unknown', says: 'nothing' }
  return {
    status,
    report,
    of,
    troubles: report.findings.filter(({ state }) => state === 'trouble').map(({ check }) => check),
  }
}
