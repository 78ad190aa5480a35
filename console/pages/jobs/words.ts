/** Jobs in words: how each stands, its format, its size, its paper. */
import type { Job } from '@fairlead/protocol/contract'
import { RelayError } from '@fairlead/sdk'
import type { SayOfJobs } from '../../messages/for-jobs.ts'
import type { IconName } from '../../parts/icons.tsx'
import { explain } from '../../relay.ts'

const ended: ReadonlySet<Job['state']> = new Set(['done', 'failed', 'cancelled', 'expired', 'unknown'])

export const hasEnded = ({ state }: Job) => ended.has(state)
/** Nothing of it is at the device. */
export const isWithRelay = ({ state }: Job) => state === 'waiting' || state === 'notified'

export function stateInWords({ state, heldFor, for: person = '' }: Job, { jobs }: SayOfJobs): string {
  if (heldFor === undefined) return jobs.states[state]
  if (heldFor === 'person') return jobs.personWaits(person)
  return { asked: jobs.held, 'device-changed': jobs.wantsWord, document: jobs.documentWaits }[heldFor]
}

export function iconOf({ state, heldFor }: Pick<Job, 'state' | 'heldFor'>): IconName {
  if (heldFor === 'asked') return 'pause'
  if (heldFor === 'device-changed' || state === 'unknown') return 'warning'
  if (state === 'done') return 'online'
  if (state === 'failed') return 'warning'
  return state === 'cancelled' || state === 'expired' ? 'offline' : 'wait'
}

export function lookOf(job: Job): string {
  if (job.heldFor === 'asked' || job.heldFor === 'device-changed' || job.state === 'unknown') return 'is-suspect'
  if (job.state === 'done') return 'is-online'
  if (job.state === 'failed' || job.state === 'expired') return 'is-offline'
  return ''
}

const formats: Readonly<Record<string, string>> = {
  'application/pdf': 'PDF',
  'application/postscript': 'PostScript',
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/pwg-raster': 'PWG Raster',
  'image/urf': 'Apple Raster',
}

export function formatInWords(format: string, { jobs }: SayOfJobs): string {
  return format === 'text/plain' ? jobs.text : (formats[format] ?? format)
}

export function sizeInWords(bytes: number, language: string): string {
  const [unit, by] = bytes < 1000 ? ['byte', 1] : bytes < 1e6 ? ['kilobyte', 1e3] : ['megabyte', 1e6]
  const unitDisplay = unit === 'byte' ? 'long' : 'short'
  const digits = unit === 'megabyte' && bytes < 1e8 ? 1 : 0
  return new Intl.NumberFormat(language, {
    ...{ style: 'unit', unit: String(unit), unitDisplay, maximumFractionDigits: digits },
  }).format(bytes / Number(by))
}

/** `iso_a4_210x297mm`, as PWG 5101.1 makes its names. */
const mediaForm = /^[a-z]+_([a-z0-9.-]+)_([\d.]+)x([\d.]+)(mm|in)$/

/** `A4`; what is named otherwise stays as it is. */
export function mediaName(media: string): string {
  const name = mediaForm.exec(media)?.[1]
  if (name === undefined) return media
  return /^[abc]\d+$/.test(name) ? name.toUpperCase() : `${name[0]?.toUpperCase()}${name.slice(1).replaceAll('-', ' ')}`
}

/** With its size. */
export function mediaInWords(media: string): string {
  const [, name, wide, high, unit] = mediaForm.exec(media) ?? []
  return name === undefined ? media : `${mediaName(media)} (${wide} × ${high} ${unit})`
}

const saysWhy: ReadonlySet<string> = new Set(['bad-document', 'not-again'])

/** What was refused, and where only the relay knows why, its own sentence of that. */
export function refusalInWords(error: unknown, say: SayOfJobs): string | undefined {
  if (!(error instanceof RelayError)) return undefined
  const words = say.jobs.refusals[error.code]
  return saysWhy.has(error.code) ? `${words} ${error.message}` : (words ?? explain(error, say))
}
