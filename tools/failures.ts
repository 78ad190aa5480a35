/** What a run of the tests says last: each that failed, with its reason. Of a run on another machine often only the end is kept. */
import { relative } from 'node:path'
import type { run } from 'node:test'
import { inspect } from 'node:util'
import { home } from './house.ts'

export interface Failure {
  /** Relative to the house; empty where the runner does not know it. */
  file: string
  line: number
  name: string
  reason: string
}

/** A picture of two large objects that differ may have thousands. */
const longestReasonLines = 30

/** @returns the failures of a run, filled in as it goes on; a test that failed only because one within it did is left out */
export function collectFailures(events: ReturnType<typeof run>): Failure[] {
  const failures: Failure[] = []
  events.on('test:fail', ({ file, line, name, details: { error } }) => {
    if ((error as { failureType?: string }).failureType === 'subtestsFailed') return
    failures.push({
      file: file === undefined ? '' : relative(home, file),
      line: line ?? 0,
      name,
      reason: shorten(inspect(error.cause ?? error)),
    })
  })
  return failures
}

export function describeFailure({ file, line, name, reason }: Failure): string {
  return `FAILED ${file}:${line} ${name}\n${reason.replaceAll(/^/gm, '  ')}\n`
}

function shorten(text: string): string {
  const lines = text.split('\n')
  const rest = lines.length - longestReasonLines
  return rest <= 0 ? text : [...lines.slice(0, longestReasonLines), `… ${rest} lines more, see above`].join('\n')
}
