/** The doctor's verdict on a way, as values; and servers that are no relay. For tests only. */
import { createServer, type RequestListener } from 'node:http'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { type DoctorOptions, runDoctor } from './doctor.ts'
import type { Check, Finding } from './finding.ts'

/** Something that answers where a relay should. */
export function openStranger(listener: RequestListener) {
  return listenOnFreePort(createServer(listener))
}

/** The doctor's findings by what was asked, and its exit status. */
export async function examine(relayUrl: string, options: Partial<DoctorOptions> = {}) {
  const lines: string[] = []
  const asked = { relayUrl, holdSeconds: 1, environment: {}, ...options }
  const status = await runDoctor({ ...asked, json: true }, (line) => lines.push(line))
  const report: { relay: string; ok: boolean; needs: unknown[]; findings: Finding[] } = JSON.parse(lines.join(''))
  const findings = new Map(report.findings.map((finding) => [finding.check, finding]))
  const of = (check: Check): Finding => findings.get(check) ?? { check, state: 'unknown', says: 'nothing' }
  const troubles = report.findings.filter(({ state }) => state === 'trouble').map(({ check }) => check)
  return { status, report, of, troubles }
}
