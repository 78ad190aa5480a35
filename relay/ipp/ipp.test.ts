/** What jobs, devices and print tickets are called in IPP, and the reverse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Device, Job } from '@fairlead/protocol/contract'
import { attributesFrom, findAll, type IppValue, ipp } from '@fairlead/protocol/ipp'
import { canDo } from './can-do.ts'
import { conditionOf } from './condition.ts'
import { jobAttributesOf, shortened, stateOf } from './job-attributes.ts'
import { collectionOf, nameOfCollection, sizeOf } from './media.ts'
import { suppliesOf } from './supplies.ts'
import { readTicket } from './ticket.ts'
import { urisOf, uuidOf } from './uris.ts'

const at = '2026-11-28T12:00:00.000Z'
const waiting: Job = {
  ...{
    jobId: 'j',
    device: 'd',
    account: 'a',
    number: 7,
    name: 'report',
    state: 'waiting',
    states: [{ state: 'waiting', at }],
  },
  ...{
    cancelAsked: false,
    priority: 50,
    format: 'application/pdf',
    bytes: 2000,
    ticket: {},
    createdAt: at,
    expiresAt: at,
  },
}
const received = [...waiting.states, { state: 'received' as const, at }]

test('each state of a job has its own in IPP, and none is prettier than what is known', () => {
  const cases: [Partial<Job>, string, string][] = [
    [{}, 'pending', 'none'],
    [{ heldFor: 'asked' }, 'held', 'job-hold-until-specified'],
    [{ heldFor: 'document' }, 'held', 'job-incoming'],
    [{ heldFor: 'device-changed' }, 'held', 'resources-are-not-ready'],
    [{ state: 'notified' }, 'pending', 'none'],
    [{ state: 'received' }, 'pending', 'none'],
    [{ state: 'fetched', cancelAsked: true }, 'pending', 'processing-to-stop-point'],
    [{ state: 'executing' }, 'processing', 'job-printing'],
    [{ state: 'executing', cancelAsked: true }, 'processing', 'job-printing,processing-to-stop-point'],
    [{ state: 'done' }, 'completed', 'job-completed-successfully'],
    [{ state: 'cancelled' }, 'canceled', 'job-canceled-by-user'],
    [{ state: 'cancelled', states: received }, 'canceled', 'job-canceled-at-device'],
    [{ state: 'cancelled', states: received, cancelAsked: true }, 'canceled', 'job-canceled-by-user'],
    [{ state: 'cancelled', reason: 'Removed.' }, 'canceled', 'job-canceled-by-operator'],
    [{ state: 'failed', reason: 'Jam.' }, 'aborted', 'aborted-by-system'],
    [{ state: 'expired' }, 'aborted', 'aborted-by-system'],
    [{ state: 'unknown' }, 'aborted', 'aborted-by-system'],
  ]
  for (const [changes, state, reasons] of cases) {
    const seen = stateOf({ ...waiting, ...changes })
    assert.deepEqual([seen.state, seen.reasons.join()], [state, reasons], JSON.stringify(changes))
  }
  assert.match(stateOf({ ...waiting, state: 'unknown' }).message ?? '', /not known whether it was printed/)
  assert.equal(stateOf({ ...waiting, state: 'failed', reason: 'Jam.' }).message, 'Jam.')
})

test('times that have not come have no value, and pages are those that came out', () => {
  const { description } = jobAttributesOf({ ...waiting, pagesDone: 3 }, 'ipp://r:1/ipp/print/d', Date.parse(at))
  assert.deepEqual(description.get('time-at-completed'), [{ tag: 'no-value' }])
  assert.deepEqual(description.get('job-impressions-completed'), ipp.integer(3))
  assert.deepEqual(description.get('job-uri'), ipp.uri('ipp://r:1/ipp/print/d/7'))
  assert.deepEqual(description.get('job-k-octets'), ipp.integer(2))
})

test('media are told by name and by size, in millimetres and inches, and found by both', () => {
  assert.deepEqual(sizeOf('iso_a4_210x297mm'), { x: 21_000, y: 29_700 })
  assert.deepEqual(sizeOf('na_letter_8.5x11in'), { x: 21_590, y: 27_940 })
  for (const name of ['a4', '', 'iso_a4_210x297', 'x_0x0mm', `x_${'9'.repeat(300)}x1mm`])
    assert.equal(sizeOf(name), undefined, name)
  const names = ['na_letter_8.5x11in', 'iso_a4_210x297mm']
  for (const name of names) assert.equal(nameOfCollection(collectionOf(name) ?? new Map(), names), name)
  const nearly = ipp.collection(
    attributesFrom({ 'x-dimension': ipp.integer(20_990), 'y-dimension': ipp.integer(29_704) }),
  )
  assert.equal(nameOfCollection(attributesFrom({ 'media-size': nearly }), names), 'iso_a4_210x297mm')
  assert.equal(nameOfCollection(new Map(), names), undefined)
})

test('of a device that has told nothing nothing is promised, and a ticket asks for no more than there is', () => {
  const can = canDo(null)
  assert.deepEqual([can.sides, can.colors, can.takesPageRanges], [['one-sided'], ['auto'], false])
  const wanted: [string, readonly IppValue[]][] = [
    ['copies', ipp.integer(0)],
    ['sides', ipp.keyword('two-sided-long-edge')],
    ['page-ranges', ipp.rangeOfInteger({ lower: 1, upper: 2 })],
    ['media', ipp.keyword('iso_a0_841x1189mm')],
    ['print-quality', ipp.enum(5)],
    ['job-priority', ipp.integer(101)],
    ['job-hold-until', ipp.keyword('night')],
    ['constructor', ipp.integer(1)],
  ]
  const { query, unsupported } = readTicket(new Map(), new Map(wanted), { ...can, canHold: true, canWait: false })
  assert.deepEqual(
    [...unsupported.keys()],
    wanted.map(([name]) => name),
  )
  assert.deepEqual(query, { deliverWithinSeconds: 86_400, priority: 50, hold: false })
  const named = readTicket(new Map([['job-name', ipp.name('two\nlines\u0007')]]), new Map(), {
    ...can,
    canHold: true,
    canWait: false,
  })
  assert.equal(named.query.name, 'two lines')
})

test('a device that is away takes jobs, and says why nothing comes out; one that is there tells its alerts', () => {
  const device = (state: Device['state'], status: string, alerts: string[]) => ({
    state,
    objects: { status: { value: status, at }, alerts: { value: alerts, at } },
  })
  const away = conditionOf(device('offline', 'stopped', ['jammed']), 2, false, Date.parse(at))
  assert.deepEqual([away.state, away.reasons], ['idle', ['offline-report', 'connecting-to-device']])
  const stopped = conditionOf(device('online', 'stopped', ['jammed', 'low-toner']), 0, false, Date.parse(at))
  assert.deepEqual([stopped.state, stopped.reasons], ['stopped', ['media-jam-error', 'toner-low-warning']])
  assert.equal(conditionOf(device('online', 'idle', []), 1, true, Date.parse(at)).state, 'processing')
  assert.deepEqual(conditionOf(device('online', 'idle', []), 1, false, Date.parse(at)).reasons, ['none'])
  const served = { ...device('offline', 'stopped', ['jammed']), proxy: { lastHeardAt: at } }
  assert.equal(conditionOf(served, 1, false, Date.parse(at) + 60_000).state, 'stopped', 'a proxy asks for it')
  assert.deepEqual(conditionOf(served, 0, false, Date.parse(at) + 600_000).reasons, ['offline-report'])
})

test('supplies are told as they are known: a level that nobody knows is none', () => {
  const supplies = suppliesOf([
    { index: 1, type: 'toner', color: 'black', level: 30, percent: 30, description: 'Black' },
    { index: 2, type: 'waste-toner', color: null, level: 'some', percent: null, description: 'Waste' },
    { index: 3, type: 'ink;level=100', color: 'cyan;', level: 'unknown', percent: null, description: 'Ink' },
  ])
  const texts = findAll(new Map([['supply', supplies?.supply ?? []]]), 'supply', 'octetString')?.map((bytes) =>
    Buffer.from(bytes).toString(),
  )
  assert.deepEqual(texts, [
    'index=1;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=30;colorantname=black;',
    'index=2;class=receptacleThatIsFilled;type=wasteToner;unit=percent;maxcapacity=100;level=-3;',
    'index=3;class=supplyThatIsConsumed;type=inklevel;unit=percent;maxcapacity=100;level=-2;colorantname=cyan;',
  ])
  assert.equal(suppliesOf(undefined), undefined)
})

test('a printer is called by a port that IPP does not guess, and by the same UUID for ever', () => {
  assert.equal(urisOf('https://relay.example', 'd').printer, 'ipps://relay.example:443/ipp/print/d')
  assert.equal(urisOf('http://localhost:8080', 'd').printer, 'ipp://localhost:8080/ipp/print/d')
  // Python's `uuid.uuid5(uuid.NAMESPACE_URL, …)` says the same.
  assert.equal(uuidOf('http://www.example.com/'), 'urn:uuid:fcde3c85-2270-590f-9e7c-ee003d65e0e2')
  assert.equal(shortened('äöü', 3), 'ä')
})
