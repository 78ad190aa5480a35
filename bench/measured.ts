/** What was measured last, of nodes and of devices that are only enrolled: the model is fed with it. */
import { readFileSync } from 'node:fs'
import type { Enrolled, Measured } from './model.ts'

/** Written by `npm run bench:costs -- --json` and `npm run bench:known -- --json`. */
const folder = new URL('./measured/', import.meta.url)

export function readMeasured(): Measured {
  return JSON.parse(readFileSync(new URL('costs.json', folder), 'utf8'))
}

/** So much more memory, and time to start, as there were more devices. */
export function readEnrolled(): Enrolled {
  const all: Known[] = JSON.parse(readFileSync(new URL('known.json', folder), 'utf8'))
  const [first, last] = [all.at(0), all.at(-1)]
  if (!first || !last || first === last) throw new Error('It takes two numbers of devices.')
  const devices = last.devices - first.devices
  return {
    bytes: ((last.mb - first.mb) * 2 ** 20) / devices,
    startCpuUs: ((last.startCpuSeconds - first.startCpuSeconds) * 1e6) / devices,
  }
}

export interface Known {
  devices: number
  /** From the start of the process until it can serve. */
  startSeconds: number
  startCpuSeconds: number
  /** Of the resident memory. */
  mb: number
  mbAtStart: number
}
