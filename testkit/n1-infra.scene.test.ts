/** N1: an IPP proxy does the work of a device at the relay (PWG 5100.18), beside the device's own agent or without one. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { findAll, findOne, type IppAttributes, type IppValue, ipp, ippOperations } from '@fairlead/protocol/ipp'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { runIppTool } from './ipptool.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { createPrintClient, type PrintClient } from './print-client.ts'
import { proxyOperations, proxyRequests } from './proxy-requests.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let key: string
/** Of each test its own. */
let device: string
let secret: string
let proxy: PrintClient
let ann: PrintClient
let nth = 0

const uuid = 'urn:uuid:0e3a2f60-1c1d-4d7e-9f70-5a8f6f0e9b11'
const me = { 'output-device-uuid': ipp.uri(uuid) }
const first = { 'document-number': ipp.integer(1) }
const states = { pending: 3, processing: 5, canceled: 7, aborted: 8, completed: 9 }
const job = (number: number) => ({ ...me, 'job-id': ipp.integer(number) })

before(async () => {
  street = scene.use(await openNeighbourhood())
  const { status, body } = await street.service.post('/v1/keys', { account: 'default' })
  assert.equal(status, 201)
  key = Object(body).key
})
after(() => scene.disposeAsync())

beforeEach(async () => {
  device = `press-${++nth}`
  secret = (await street.enrol(device)).secret
  proxy = createPrintClient(street.url, device, `${device}:${secret}`)
  ann = createPrintClient(street.url, device, `ann@example.com:${key}`)
})

/** As a proxy does when it starts. */
async function register(): Promise<void> {
  await update({
    'document-format-supported': ipp.mimeMediaType('application/octet-stream', 'application/pdf'),
    'media-supported': ipp.keyword('iso_a5_148x210mm', 'iso_a4_210x297mm'),
    'media-default': ipp.keyword('iso_a5_148x210mm'),
    'sides-supported': ipp.keyword('one-sided', 'two-sided-long-edge'),
    'copies-supported': ipp.rangeOfInteger({ lower: 1, upper: 20 }),
    'page-ranges-supported': ipp.boolean(true),
    'printer-state': ipp.enum(3),
    'printer-state-message': ipp.none('no-value'),
    'printer-state-reasons': ipp.keyword('none'),
  })
}

async function update(attributes: Record<string, readonly IppValue[]>): Promise<void> {
  await proxy.must('Update-Output-Device-Attributes', { operation: me, groups: [{ kind: 'printer', attributes }] })
}

async function subscribe(): Promise<number> {
  const { groups } = await proxy.must('Create-Printer-Subscriptions', {
    groups: [
      {
        kind: 'subscription',
        attributes: {
          'notify-pull-method': ipp.keyword('ippget'),
          'notify-events': ipp.keyword('job-fetchable', 'job-state-changed', 'printer-state-changed', 'what-else'),
          'notify-lease-duration': ipp.integer(0),
        },
      },
    ],
  })
  const told = groups.find(({ kind }) => kind === 'subscription')?.attributes ?? new Map()
  assert.equal(findOne(told, 'notify-lease-duration', 'integer'), 0, 'until it is cancelled')
  return findOne(told, 'notify-subscription-id', 'integer') ?? assert.fail('it has no number')
}

async function eventsFrom(subscription: number, sequence: number, wait = true): Promise<IppAttributes[]> {
  const { groups } = await proxy.must('Get-Notifications', {
    operation: {
      'notify-subscription-ids': ipp.integer(subscription),
      'notify-sequence-numbers': ipp.integer(sequence),
      'notify-wait': ipp.boolean(wait),
    },
  })
  return groups.filter(({ kind }) => kind === 'event-notification').map(({ attributes }) => attributes)
}

const briefly = (events: readonly IppAttributes[]) =>
  events.map((event) =>
    [
      findOne(event, 'notify-sequence-number', 'integer'),
      findOne(event, 'notify-subscribed-event', 'keyword'),
      findOne(event, 'notify-job-id', 'integer'),
      findOne(event, 'job-state', 'enum'),
    ].join(' '),
  )

async function print(more: Record<string, readonly IppValue[]> = {}, document = makePdf(3)): Promise<number> {
  const operation = { 'job-name': ipp.name('report'), 'document-format': ipp.mimeMediaType('application/pdf') }
  const { job: made } = await ann.must('Print-Job', { operation, job: more, document })
  return findOne(made, 'job-id', 'integer') ?? assert.fail('it has no number')
}

async function jobOf(number: number): Promise<Record<string, unknown>> {
  const { body } = await street.service.read(`/v1/jobs?device=${device}&number=${number}`)
  return Object(body).items[0]
}

/** As the device's own agent calls. */
function asAgent(path: string): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${device}:${secret}`).toString('base64')}`
  return fetch(`${street.url}/device/v1/${path}`, { headers: { authorization } })
}

test('N1 a proxy tells what the device is, is told of a job at once, prints it, and all of that is seen', async () => {
  await register()
  const { printer } = await ann.must('Get-Printer-Attributes')
  assert.deepEqual(findAll(printer, 'media-supported', 'keyword'), ['iso_a5_148x210mm', 'iso_a4_210x297mm'])
  assert.deepEqual(findAll(printer, 'printer-state-reasons', 'keyword'), ['none'], 'it is served')
  assert.ok(findAll(printer, 'ipp-features-supported', 'keyword')?.includes('infrastructure-printer'))
  const { body } = await street.service.read(`/v1/devices/${device}`)
  assert.equal(Object(body).state, 'offline', 'it has no session')
  assert.ok(Date.now() - Date.parse(Object(body).proxy.lastHeardAt) < 60_000)

  const subscription = await subscribe()
  const [told, number] = await Promise.all([
    eventsFrom(subscription, 1),
    print({ copies: ipp.integer(2), 'page-ranges': ipp.rangeOfInteger({ lower: 2, upper: 3 }) }),
  ])
  assert.deepEqual(briefly(told), [`1 job-fetchable ${number} ${states.pending}`])
  const { jobs } = await proxy.must('Get-Jobs', { operation: { ...me, 'which-jobs': ipp.keyword('fetchable') } })
  assert.equal(findOne(jobs[0] ?? new Map(), 'job-id', 'integer'), number)
  const fetched = await proxy.must('Fetch-Job', { operation: job(number) })
  assert.equal(findOne(fetched.job, 'copies', 'integer'), 2)
  assert.deepEqual(findAll(fetched.job, 'page-ranges', 'rangeOfInteger'), [{ lower: 2, upper: 3 }])
  assert.deepEqual(findAll(fetched.job, 'job-state-reasons', 'keyword'), ['job-fetchable'])
  const early = await proxy.ask('Fetch-Document', { operation: { ...job(number), ...first } })
  assert.equal(early.status, 'client-error-not-possible', 'it is not its own yet')
  await proxy.must('Acknowledge-Job', { operation: job(number) })
  await proxy.must('Update-Job-Status', {
    operation: job(number),
    job: { 'output-device-job-state': ipp.enum(states.processing) },
  })
  assert.equal(await ann.jobState(number), states.processing)
  const { document, operation } = await proxy.must('Fetch-Document', { operation: { ...job(number), ...first } })
  assert.deepEqual(Buffer.from(document), Buffer.from(makePdf(3)))
  assert.equal(findOne(operation, 'document-format', 'mimeMediaType'), 'application/pdf')
  await proxy.must('Acknowledge-Document', { operation: { ...job(number), ...first } })
  await proxy.must('Update-Document-Status', {
    operation: { ...job(number), ...first },
    groups: [{ kind: 'document', attributes: { 'impressions-completed': ipp.integer(1) } }],
  })
  assert.equal((await jobOf(number))['pagesDone'], 1)
  await proxy.must('Update-Job-Status', {
    operation: job(number),
    job: {
      'output-device-job-state': ipp.enum(states.completed),
      'output-device-job-state-reasons': ipp.keyword('none'),
      'job-impressions-completed': ipp.integer(4),
    },
  })
  const { job: done } = await ann.must('Get-Job-Attributes', { operation: { 'job-id': ipp.integer(number) } })
  assert.equal(findOne(done, 'job-state', 'enum'), states.completed)
  assert.equal(findOne(done, 'job-impressions-completed', 'integer'), 4)
  assert.deepEqual(briefly(await eventsFrom(subscription, 2)), [`2 job-state-changed ${number} ${states.completed}`])
  assert.deepEqual(await eventsFrom(subscription, 3, false), [], 'nothing twice')
})

test('N1 agent and proxy of one device never have the same job; what waits is told to a proxy that comes later', async () => {
  const [one, other, third] = [
    await print(),
    await print(),
    await print({ 'job-hold-until': ipp.keyword('indefinite') }),
  ]
  const agents = String((await jobOf(one))['jobId'])
  assert.equal((await asAgent(`jobs/${agents}`)).status, 200)
  await register()
  const told = await eventsFrom(await subscribe(), 1)
  assert.deepEqual(briefly(told), [`1 job-fetchable ${other} ${states.pending}`])
  for (const number of [one, third])
    for (const operation of ['Fetch-Job', 'Acknowledge-Job'] as const)
      assert.equal((await proxy.ask(operation, { operation: job(number) })).status, 'client-error-not-fetchable')
  await proxy.must('Acknowledge-Job', { operation: job(other) })
  await proxy.must('Acknowledge-Job', { operation: job(other) })
  const elses = { ...job(other), 'output-device-uuid': ipp.uri(uuid.replace('0e3a', '1e3a')) }
  await proxy.must('Update-Output-Device-Attributes', { operation: elses })
  assert.equal((await proxy.ask('Acknowledge-Job', { operation: elses })).status, 'client-error-not-fetchable')
  const late = { 'output-device-job-state': ipp.enum(states.aborted) }
  const foreign = await proxy.ask('Update-Job-Status', { operation: elses, job: late })
  assert.equal(foreign.status, 'client-error-not-possible')
  const its = String((await jobOf(other))['jobId'])
  assert.equal((await asAgent(`jobs/${its}`)).status, 404)
  assert.equal((await asAgent(`jobs/${its}/document`)).status, 404)
  const { jobs } = Object(await (await asAgent('jobs')).json())
  assert.deepEqual(
    jobs.map(({ jobId }: { jobId: string }) => jobId),
    [agents],
  )
})

test('N1 a proxy hears of a cancellation, and of what it does not know; what it leaves behind is of unknown end', async () => {
  await register()
  const subscription = await subscribe()
  const [number, left] = [await print(), await print()]
  for (const each of [number, left]) await proxy.must('Acknowledge-Job', { operation: job(each) })
  const taken = await eventsFrom(subscription, 1, false)
  const next = 1 + (findOne(taken.at(-1) ?? new Map(), 'notify-sequence-number', 'integer') ?? 0)
  const [told] = await Promise.all([
    eventsFrom(subscription, next),
    ann.must('Cancel-Job', { operation: { 'job-id': ipp.integer(number) } }),
  ])
  assert.deepEqual(briefly(told), [`${next} job-state-changed ${number} ${states.canceled}`])
  assert.notEqual(await ann.jobState(number), states.canceled, 'it is asked for, and not done yet')
  const active = await proxy.ask('Update-Active-Jobs', {
    operation: {
      ...me,
      'job-ids': ipp.integer(number, 999),
      'output-device-job-states': ipp.enum(states.processing, states.processing),
    },
  })
  assert.deepEqual(findAll(active.operation, 'job-ids', 'integer'), [left, number])
  assert.deepEqual(findAll(active.operation, 'output-device-job-states', 'enum'), [states.pending, states.canceled])
  assert.deepEqual(findAll(active.unsupported, 'job-ids', 'integer'), [999])
  await proxy.must('Update-Job-Status', {
    operation: job(number),
    job: { 'output-device-job-state': ipp.enum(states.canceled) },
  })
  assert.equal(await ann.jobState(number), states.canceled)
  await proxy.must('Deregister-Output-Device', { operation: me })
  const { state, reason } = await jobOf(left)
  assert.equal(state, 'unknown')
  assert.match(String(reason), /signed off before it told the end/)
  assert.equal((await proxy.ask('Fetch-Job', { operation: job(left) })).status, 'client-error-not-found')
  await proxy.must('Cancel-Subscription', { operation: { 'notify-subscription-id': ipp.integer(subscription) } })
  const { body } = await street.service.read(`/v1/devices/${device}`)
  assert.equal(Object(body).proxy, undefined)
})

test('N1 what is a proxy’s is for the secret of that device alone, and prints nothing', async () => {
  await register()
  const number = await print()
  for (const operation of [
    'Fetch-Job',
    'Acknowledge-Job',
    'Create-Printer-Subscriptions',
    'Get-Notifications',
  ] as const)
    assert.equal(
      (await ann.ask(operation, { operation: job(number) })).status,
      'client-error-not-authorized',
      operation,
    )
  for (const operation of ['Print-Job', 'Cancel-Job', 'Hold-Job', 'Identify-Printer'] as const)
    assert.equal(
      (await proxy.ask(operation, { operation: job(number) })).status,
      'client-error-not-authorized',
      operation,
    )
  const { secret: others } = await street.enrol(`${device}-b`)
  const stranger = createPrintClient(street.url, device, `${device}-b:${others}`)
  assert.equal((await stranger.ask('Get-Printer-Attributes')).status, 'client-error-not-found')
  const wrong = createPrintClient(street.url, device, `${device}:${others}`)
  await assert.rejects(wrong.ask('Get-Printer-Attributes'), /401/)
  const codesOf = async (client: PrintClient) =>
    findAll((await client.must('Get-Printer-Attributes')).printer, 'operations-supported', 'enum') ?? []
  const [hers, its] = [await codesOf(ann), await codesOf(proxy)]
  assert.ok(hers.includes(ippOperations['Print-Job']) && !hers.includes(ippOperations['Fetch-Job']))
  assert.ok(its.includes(ippOperations['Fetch-Job']) && !its.includes(ippOperations['Print-Job']))
  const { body } = await street.service.post('/v1/keys', { account: 'default', scopes: ['jobs:write', 'devices:read'] })
  const few = await codesOf(createPrintClient(street.url, device, `x:${Object(body).key}`))
  assert.ok(few.includes(ippOperations['Print-Job']) && !few.includes(ippOperations['Get-Jobs']))
})

test('N1 what happens at the device is told by its proxy, and somebody who looks for it finds it', async () => {
  await register()
  const subscription = await subscribe()
  await update({
    'printer-state': ipp.enum(5),
    'printer-state-reasons': ipp.keyword('media-empty-error', 'toner-low-warning'),
    'printer-supply': ipp.octetString(Buffer.from('type=toner;maxcapacity=200;level=30;colorantname=black;')),
    'media-default': ipp.none('delete-attribute'),
  })
  const { body } = await street.service.read(`/v1/devices/${device}`)
  const { objects } = Object(body)
  assert.deepEqual(objects.alerts.value, ['no-paper', 'low-toner'])
  assert.deepEqual([objects.status.value, objects['toner.black'].value], ['stopped', 15])
  const { printer } = await ann.must('Get-Printer-Attributes')
  assert.equal(findOne(printer, 'printer-state', 'enum'), 5)
  const kept = await proxy.must('Get-Output-Device-Attributes', { operation: me })
  assert.equal(findOne(kept.printer, 'printer-state', 'enum'), 5)
  assert.equal(kept.printer.has('media-default'), false)
  assert.ok(kept.printer.has('media-supported'), 'what was not told again is as it was')

  const seen = (await eventsFrom(subscription, 1, false)).length
  await ann.must('Identify-Printer')
  const [event = new Map()] = await eventsFrom(subscription, seen + 1)
  assert.deepEqual(findAll(event, 'printer-state-reasons', 'keyword'), ['identify-printer-requested'])
  const { operation } = await proxy.must('Acknowledge-Identify-Printer', { operation: me })
  assert.ok(findAll(operation, 'identify-actions', 'keyword')?.includes('sound'))
  assert.equal((await proxy.ask('Acknowledge-Identify-Printer', { operation: me })).status, 'client-error-not-possible')
})

test('N1 ipptool, which is not ours, takes each of these operations with its own words', async () => {
  await using folder = await openFolder()
  const number = await print()
  const file = join(folder.path, 'proxy.test')
  await writeFile(file, proxyRequests(uuid, number))
  const uri = `${street.url.replace('http://', `ipp://${device}:${secret}@`)}/ipp/print/${device}`
  const { passed, failed, skipped } = await runIppTool(uri, file, file, folder.path)
  assert.deepEqual(failed, [])
  assert.deepEqual(skipped, [])
  assert.deepEqual(passed, proxyOperations)
  const { state, pagesDone } = await jobOf(number)
  assert.deepEqual([state, pagesDone], ['done', 3])
})

test('N1 a relay that stops keeps no proxy waiting, and one that comes back knows who has what and what was told', async () => {
  await register()
  const subscription = await subscribe()
  const number = await print()
  assert.equal((await eventsFrom(subscription, 1)).length, 1)
  await proxy.must('Acknowledge-Job', { operation: job(number) })
  const [, next] = [await eventsFrom(subscription, 2, false), await print()]
  const waiting = eventsFrom(subscription, 3)
  assert.deepEqual(briefly(await waiting), [`3 job-fetchable ${next} ${states.pending}`])
  const held = eventsFrom(subscription, 4)
  const stoppedAt = performance.now()
  // Its connection may be gone before the answer is.
  await Promise.all([street.restartRelay('SIGTERM'), held.catch(() => [])])
  assert.ok(performance.now() - stoppedAt < 25_000, 'it would be held for 30 seconds')
  await proxy.must('Update-Job-Status', {
    operation: job(number),
    job: { 'output-device-job-state': ipp.enum(states.completed) },
  })
  assert.equal((await jobOf(number))['state'], 'done')
  assert.deepEqual(briefly(await eventsFrom(subscription, 4)), [`4 job-state-changed ${number} ${states.completed}`])
})
