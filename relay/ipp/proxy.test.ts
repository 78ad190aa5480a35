/** What an IPP proxy tells and is told, in its words and in those of the contract. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '@fairlead/protocol/contract'
import { attributesFrom, type IppValue, ipp } from '@fairlead/protocol/ipp'
import type { HeldJob } from '../jobs/holding.ts'
import { alertsOf } from './condition.ts'
import { abilitiesOf, objectsOf } from './output-device.ts'
import { newsBetween, type Told } from './proxy-news.ts'

const at = '2026-11-28T12:00:00.000Z'
const nothing: Told = { jobs: {}, version: 'a', identify: false }

function held(number: number, changes: Partial<Job>, isFetchable = false): HeldJob {
  const job: Job = {
    ...{
      jobId: 'j',
      device: 'd',
      account: 'a',
      number,
      name: 'n',
      state: 'waiting',
      states: [{ state: 'waiting', at }],
    },
    ...{
      cancelAsked: false,
      priority: 50,
      format: 'application/pdf',
      bytes: 9,
      ticket: {},
      createdAt: at,
      expiresAt: at,
    },
    ...changes,
  }
  return { job, holder: isFetchable ? null : 'urn:uuid:1', isFetchable }
}

/** What is told, step by step. */
function tellOf(...steps: HeldJob[][]): string[][] {
  let told = nothing
  return steps.map((jobs) => {
    const { news, told: now } = newsBetween(told, { jobs, version: 'a', identify: false })
    told = now
    return news.map(({ event, job }) => `${event} ${job?.number} ${job?.state}`)
  })
}

test('a proxy is told of a job when it can be fetched, and of each other state, once', () => {
  const waiting = held(1, {}, true)
  assert.deepEqual(tellOf([waiting], [waiting], [held(1, { state: 'received' })], [held(1, { state: 'done' })], []), [
    ['job-fetchable 1 pending', 'document-fetchable 1 pending'],
    [],
    ['job-state-changed 1 pending'],
    ['job-state-changed 1 completed', 'job-completed 1 completed'],
    [],
  ])
})

test('a job that is held and released can be fetched again; one that has ended before it was told of is none', () => {
  const hold = held(1, { heldFor: 'asked' })
  const [, , again = []] = tellOf([held(1, {}, true)], [hold], [held(1, {}, true)])
  assert.ok(again.includes('job-fetchable 1 pending'), again.join())
  assert.deepEqual(tellOf([held(2, { state: 'done' })]), [[]])
})

test('a job that is to be cancelled is cancelled for who has it, before it is so for anybody else', () => {
  const [, told = []] = tellOf([held(1, { state: 'executing' })], [held(1, { state: 'executing', cancelAsked: true })])
  assert.deepEqual(told, ['job-state-changed 1 canceled'])
})

test('other abilities, and that somebody looks for the device, are told of the printer', () => {
  const { news } = newsBetween(nothing, { jobs: [], version: 'b', identify: true })
  assert.deepEqual(
    news.map(({ event }) => event),
    ['printer-config-changed', 'printer-state-changed'],
  )
})

test('what a printer says of itself is read, and what it does not know is not there', () => {
  const told = attributesFrom({
    'document-format-supported': ipp.mimeMediaType(
      'application/octet-stream',
      'Image/URF',
      'application/pdf; v=1',
      'no',
    ),
    'media-supported': ipp.keyword('iso_a4_210x297mm', 'iso_a4_210x297mm'),
    'media-default': ipp.none('no-value'),
    'sides-supported': ipp.keyword('one-sided', 'both'),
    'print-quality-supported': ipp.enum(4, 99),
    'copies-supported': ipp.rangeOfInteger({ lower: 1, upper: 9 }),
  })
  assert.deepEqual(abilitiesOf(told), {
    formats: ['image/urf', 'application/pdf', 'application/octet-stream'],
    ...{ media: ['iso_a4_210x297mm'], sides: ['one-sided'], qualities: ['normal'], mostCopies: 9 },
  })
  assert.equal(abilitiesOf(new Map()), undefined)
  const supply = (text: string): IppValue => ({ tag: 'octetString', value: Buffer.from(text) })
  const objects = objectsOf(
    attributesFrom({
      'printer-state': ipp.enum(4),
      'printer-impressions-completed': ipp.integer(12),
      'printer-supply': [
        supply('index=1;type=toner;maxcapacity=100;level=40;colorantname=cyan;'),
        supply('type=toner;maxcapacity=100;level=20;colorantname=cyan;'),
        supply('type=toner;maxcapacity=100;level=-3;colorantname=black;'),
        supply('type=wasteToner;;=;level;maxcapacity=0;level=1;'),
      ],
    }),
  )
  assert.deepEqual([objects['status'], objects['pages']], ['printing', { value: 12, unit: 'impressions' }])
  assert.deepEqual([objects['toner.cyan'], objects['toner.black']], [20, 'unknown'], 'never 0 where nobody knows')
  assert.equal((objects['supplies'] as { type: string }[])[3]?.type, 'waste-toner')
  assert.deepEqual(objectsOf(new Map()), {})
})

test('reasons of a printer are alerts, whatever their severity, and a tray that is empty is no end of the paper', () => {
  assert.deepEqual(alertsOf(['none']), [])
  assert.deepEqual(alertsOf(['media-jam-error', 'cover-open', 'toner-low-report', 'marker-supply-empty-error']), [
    'jammed',
    'door-open',
    'low-toner',
    'no-toner',
  ])
  assert.deepEqual(alertsOf(['media-empty-error', 'media-empty-warning']), ['no-paper', 'input-tray-empty'])
  assert.deepEqual(alertsOf(['other-warning', 'constructor']), [])
})
