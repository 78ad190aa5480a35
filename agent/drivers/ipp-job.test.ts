/** What a printer says of a job, and what that means for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributesFrom, type IppValue, ipp } from '@fairlead/protocol/ipp'
import {
  isStillOurs,
  jobName,
  jobState,
  likenessOf,
  readJob,
  verdictOf,
  verdictOfAnew,
  verdictOfGone,
} from './ipp-job.ts'
import { type KnownJob, readMark, wasOff } from './ipp-mark.ts'

const known: KnownJob = { step: 'job', jobId: 7, document: 'begun', atMs: 0, upSeconds: 100 }
const notBegun = { 'time-at-processing': ipp.none('no-value') }

const seen = (state: number, more: Record<string, readonly IppValue[]> = {}) =>
  readJob(attributesFrom({ 'job-state': ipp.enum(state), ...more }))

test('M1 a job is printed anew only where surely nothing of it came out', () => {
  const cases: [what: string, verdict: ReturnType<typeof verdictOf>['is'], ...Parameters<typeof verdictOf>][] = [
    ['it never began', 'anew', seen(jobState.aborted, notBegun), known, false],
    ['it began', 'end', seen(jobState.aborted, { 'time-at-processing': ipp.integer(9) }), known, false],
    ['it does not say whether it began', 'end', seen(jobState.aborted), known, false],
    ['it had the whole document', 'end', seen(jobState.aborted, notBegun), { ...known, document: 'whole' }, false],
    ['somebody cancelled it at the printer', 'end', seen(jobState.canceled, notBegun), known, false],
    [
      'we did, since it lacked its document',
      'anew',
      seen(jobState.canceled, notBegun),
      { ...known, anew: true },
      false,
    ],
    ['it ended, and does not say that it began', 'end', seen(jobState.completed, notBegun), known, false],
    ['it is done', 'end', seen(jobState.completed, { 'time-at-processing': ipp.integer(9) }), known, false],
  ]
  for (const [what, verdict, ...given] of cases) assert.equal(verdictOf(...given).is, verdict, what)
})

test('M1 a job that waits for a document that is not on its way is lacking; one at work knows best', () => {
  const incoming = { 'job-state-reasons': ipp.keyword('job-incoming'), ...notBegun }
  assert.equal(verdictOf(seen(jobState.held, incoming), known, false).is, 'lacking')
  assert.equal(verdictOf(seen(jobState.held, incoming), known, true).is, 'wait')
  assert.equal(verdictOf(seen(jobState.processing, incoming), known, false).is, 'wait')
  assert.equal(verdictOf(seen(jobState.held), known, false).is, 'wait')
})

test('M1 a job that the printer forgot is done if all of it had been told, and unknown else', () => {
  const counted = { ...known, pages: 6, total: 3 }
  assert.deepEqual(verdictOfGone(counted, 2, true), { is: 'end', end: { state: 'done', pages: 6 } })
  const verdict = verdictOfGone({ ...counted, pages: 5 }, 2, true)
  assert.ok(verdict.is === 'end' && verdict.end.state === 'unknown')
  assert.match(verdict.end.reason, /has been off meanwhile.*had told of 5 pages/)
  assert.equal(verdictOfGone({ ...known, document: 'none' }, 1, true).is, 'anew')
  assert.equal(verdictOfGone({ ...known, anew: true }, 1, true).is, 'end')
  assert.equal(verdictOfAnew(known, true).is, 'end')
  assert.equal(verdictOfAnew(known, false).is, 'anew')
})

test('M1 a printer was off when its clock began anew, and where nobody can tell', () => {
  const since = { atMs: 1_000_000, upSeconds: 5000 }
  const after = (seconds: number, upSeconds: number | undefined) =>
    wasOff(since, { atMs: since.atMs + seconds * 1000, upSeconds })
  assert.equal(after(600, 5600), false)
  assert.equal(after(600, 5598), false)
  assert.equal(after(600, 590), true)
  assert.equal(after(600, undefined), true)
  // It came back, and the agent's clock was set back as well.
  assert.equal(after(-50, 20), true)
  assert.equal(after(0, 20), true)
  // Both were off together for a week; the agent's clock had stood still.
  assert.equal(after(2, 60), true)
})

test('M1 a job is known by its ID in its name, whole in 255 octets, also where a printer keeps less of it', () => {
  const name = jobName(`${'ü'.repeat(200)}.pdf`, 'j-42')
  assert.ok(Buffer.byteLength(name) <= 255 && name.endsWith(' (fl-j-42)'), name)
  const named = (text: string | undefined) => seen(5, text === undefined ? {} : { 'job-name': ipp.name(text) })
  assert.equal(likenessOf(named(name), name), 'same')
  assert.equal(likenessOf(named(jobName('Other', 'j-42')), name), 'same')
  assert.equal(likenessOf(named(name.slice(0, 40)), name), 'unclear')
  assert.equal(likenessOf(named(undefined), name), 'unclear')
  assert.equal(likenessOf(named(jobName('Report', 'j-421')), jobName('Report', 'j-42')), 'other')
  const other = { ...seen(5, { 'job-uuid': ipp.uri('urn:uuid:2') }), name }
  assert.equal(isStillOurs(other, { ...known, jobUuid: 'urn:uuid:1' }, name), false)
})

test('M1 what another driver has kept is not understood', () => {
  assert.equal(readMark({ tray: 3 }), undefined)
  assert.deepEqual(readMark({ step: 'nothing' }), { step: 'nothing' })
})
