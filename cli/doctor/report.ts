/** The doctor's findings as lines that a person reads. */
import type { Finding } from './finding.ts'

const words: Record<Finding['state'], string> = { ok: 'ok', trouble: 'TROUBLE', unknown: 'unknown' }

/** `ok       name         relay.example is 203.0.113.7.` and below it what to do. */
export function renderFinding({ check, state, says, todo }: Finding): string {
  const line = `${words[state].padEnd(8)} ${check.padEnd(12)} ${says}`
  return todo === undefined ? line : `${line}\n${' '.repeat(22)}→ ${todo}`
}

export function renderSummary(relay: string, findings: readonly Finding[]): string {
  const troubles = findings.filter(({ state }) => state === 'trouble').map(({ check }) => check)
  const unknowns = findings.filter(({ state }) => state === 'unknown').map(({ check }) => check)
  if (troubles.length > 0) return `In the way to ${relay}: ${troubles.join(', ')}.`
  if (unknowns.length > 0) return `Nothing found in the way to ${relay}; not known: ${unknowns.join(', ')}.`
  return `Nothing stands in the way to ${relay}.`
}
