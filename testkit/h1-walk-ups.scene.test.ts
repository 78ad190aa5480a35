/** H1: somebody is at a device, which knows who it is before it asks for anything, and gets what waits for them there and for nobody else. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findAll, findOne, ipp } from '@fairlead/protocol/ipp'
import { untilState } from './device-look.ts'
import { makePdf } from './documents.ts'
import { joinByHand, openHandDevice, type Pushed } from './hand-device.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { invite, tokenOf } from './person.ts'
import { createPrintClient } from './print-client.ts'
import { findJob, mustSendJob, sendJob, untilJob } from './print-jobs.ts'
import { assertRefusal } from './refusal.ts'
import { nodesBehind } from './relays.ts'
import { callRelay, type Reply } from './service.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const { url, service } = street
const secrets = new Map<string, string>()
for (const id of ['hall', 'cellar']) secrets.set(id, (await street.enrol(id)).secret)
const { person: ann, userId } = await invite(url, service, { email: 'ann@example.com', role: 'operator' })
const { person: ben } = await invite(url, service, { email: 'ben@example.com', role: 'viewer' })
const { person: owner } = await invite(url, service, { email: 'owner@example.com', role: 'owner' })
await service.post('/v1/accounts', { id: 'rivals' })
const { person: rival } = await invite(url, service, { email: 'eve@example.com', role: 'owner', account: 'rivals' })

/** Each call at the next node: what one has begun another goes on with. */
let turn = 0
const nextUrl = () => nodesBehind(url)[turn++ % nodesBehind(url).length] ?? url

const basicOf = (device: string) => ({
  authorization: `Basic ${Buffer.from(`${device}:${secrets.get(device)}`).toString('base64')}`,
})

function call(device: string, method: string, path: string, body?: unknown): Promise<Reply> {
  return callRelay(nextUrl(), method, `/device/v1/walk-ups${path}`, body, basicOf(device))
}

async function mustBegin(device: string, shown: object): Promise<{ walkUpId: string; state: string; url?: string }> {
  const { status, body } = await call(device, 'POST', '', shown)
  assert.equal(status, 201, JSON.stringify(body))
  return body as { walkUpId: string; state: string; url?: string }
}

async function waitingAt(device: string, walkUpId: string): Promise<string[]> {
  const { status, body } = await call(device, 'GET', `/${walkUpId}/jobs`)
  assert.equal(status, 200, JSON.stringify(body))
  return Object(body).jobs.map(({ jobId }: { jobId: string }) => jobId)
}

async function newPin(person: typeof ann): Promise<string> {
  const { status, body } = await person.post('/v1/release-codes', { kind: 'pin' })
  assert.equal(status, 201, JSON.stringify(body))
  assert.match(Object(body).pin, /^\d{8}$/)
  return Object(body).pin
}

const forAnn = (device: string, name: string) =>
  mustSendJob(street, device, makePdf(2), `release=person&for=Ann@example.com&copies=3&name=${name}`)
const pin = await newPin(ann)
const audited = async (action: string) =>
  Object((await service.read(`/v1/audit?action=${action}&account=default`)).body).items[0]

test('H1 a job waits for its person, is seen at its device by them alone, and is notified once they release it', async () => {
  const jobId = await forAnn('hall', 'letter')
  await forAnn('cellar', 'elsewhere')
  await mustSendJob(street, 'hall', makePdf(1), 'release=person&for=ben@example.com')
  const seen = await findJob(street, jobId)
  assert.deepEqual([seen.state, seen.heldFor, Object(seen).for], ['waiting', 'person', 'ann@example.com'])

  await using hall = await openHandDevice({ relayUrl: url, id: 'hall', secret: secrets.get('hall') ?? '' })
  const told: Pushed[] = []
  hall.serve((pushed) => {
    told.push(pushed)
    return { result: { recorded: pushed.request.arguments?.['jobIds'] } }
  })
  await untilState(service, 'hall', 'online')
  const { walkUpId, ...begun } = await mustBegin('hall', { pin: `${pin.slice(0, 4)} ${pin.slice(4)}` })
  assert.deepEqual([begun.state, Object(begun).person], ['authenticated', { name: 'ann@example.com' }])
  const { body } = await call('hall', 'GET', `/${walkUpId}/jobs`)
  const { createdAt: _, ...job } = Object(body).jobs[0]
  const bytes = makePdf(2).length
  assert.deepEqual(job, { jobId, name: 'letter', copies: 3, bytes, format: 'application/pdf' })
  assert.equal(Object(body).jobs.length, 1)
  assert.equal((await findJob(street, jobId)).state, 'waiting', 'to look at it does nothing')

  for (const _again of [1, 2]) {
    const released = await call('hall', 'POST', `/${walkUpId}/release`, { jobIds: [jobId, 'another'] })
    const reason = 'There is no such job of yours at this device.'
    assert.deepEqual(released.body, { released: [jobId], not: [{ jobId: 'another', reason }] })
  }
  await untilJob(street, jobId, 'received')
  assert.deepEqual(
    told.map(({ request }) => [request.command, request.arguments]),
    [['jobs', { jobIds: [jobId] }]],
  )
  assert.deepEqual(await waitingAt('hall', walkUpId), [])
  assert.deepEqual((await audited('job.changed')).actor, { kind: 'user', id: userId })
  assert.equal((await audited('walk-up.made')).device, 'hall')
  assert.equal((await call('hall', 'DELETE', `/${walkUpId}`)).status, 204)
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/jobs'],
    ['DELETE', ''],
  ] as const)
    assertRefusal(await call('hall', method, `/${walkUpId}${path}`), { status: 404, code: 'not-found' })
})

test('H1 a telephone says who it is: it sees which device it is, is asked, and the device that waits hears of it at once', async () => {
  await callRelay(url, 'POST', '/device/v1/register', { objects: { name: 'Hall printer' } }, basicOf('hall'))
  const { walkUpId, state, url: shown } = await mustBegin('hall', {})
  assert.equal(state, 'waiting')
  const [page, token] = [String(shown).split('#')[0], tokenOf(shown)]
  assert.equal(page, `${street.publicUrl}/console/`)
  assertRefusal(await call('hall', 'GET', `/${walkUpId}/jobs`), { status: 409, code: 'walk-up-waiting' })
  assertRefusal(await call('hall', 'POST', `/${walkUpId}/release`, { jobIds: ['any'] }), {
    status: 409,
    code: 'walk-up-waiting',
  })
  const held = call('hall', 'GET', `/${walkUpId}?wait=30`)

  for (const path of ['look', 'confirm'])
    assertRefusal(await rival.post(`/v1/walk-ups/${path}`, { token }), { status: 404, code: 'no-match' })
  const foreign = await ann.post('/v1/walk-ups/confirm', { token }, { origin: 'https://evil.example' })
  assert.equal(foreign.status, 403)
  const looked = await ann.post('/v1/walk-ups/look', { token })
  const { expiresAt: _, ...device } = Object(looked.body)
  assert.deepEqual(device, { device: 'hall', name: 'Hall printer', location: null, model: null })
  assert.equal((await ann.post('/v1/walk-ups/confirm', { token })).status, 200)
  const { status, body } = await held
  assert.deepEqual(
    [status, Object(body).state, Object(body).person],
    [200, 'authenticated', { name: 'ann@example.com' }],
  )
  assertRefusal(await ben.post('/v1/walk-ups/confirm', { token }), { status: 404, code: 'no-match' })
  assert.deepEqual((await audited('walk-up.confirmed')).actor, { kind: 'user', id: userId })

  const jobId = await forAnn('hall', 'given-up')
  for (const _again of [1, 2])
    assert.deepEqual((await call('hall', 'POST', `/${walkUpId}/cancel`, { jobIds: [jobId] })).body, {
      ...{ cancelled: [jobId], not: [] },
    })
  assert.equal((await findJob(street, jobId)).state, 'cancelled')
  const { body: late } = await call('hall', 'POST', `/${walkUpId}/release`, { jobIds: [jobId] })
  assert.deepEqual(late, { released: [], not: [{ jobId, reason: 'The job is cancelled.' }] })
  // Another device, a walk-up of which it knows; and the next one, with which this one ends.
  assertRefusal(await call('cellar', 'GET', `/${walkUpId}`), { status: 404, code: 'not-found' })
  await mustBegin('hall', { pin })
  assertRefusal(await call('hall', 'GET', `/${walkUpId}`), { status: 404, code: 'not-found' })
})

test('H1 a badge is one person’s in an account, a code that is removed is nobody’s, and whoever manages users sees them all', async () => {
  const badge = '04:A2:19:7F'
  const made = await ann.post('/v1/release-codes', { kind: 'badge', badge, name: 'Key ring' })
  assert.deepEqual([made.status, Object(made.body).pin, Object(made.body).name], [201, undefined, 'Key ring'])
  const { releaseCodeId } = Object(made.body)
  assertRefusal(await ben.post('/v1/release-codes', { kind: 'badge', badge }), { status: 409, code: 'badge-taken' })
  assert.equal((await rival.post('/v1/release-codes', { kind: 'badge', badge })).status, 201)
  assert.equal((await mustBegin('cellar', { badge })).state, 'authenticated')
  const mine = Object((await ann.read('/v1/release-codes')).body).items
  assert.deepEqual(
    mine.map(({ kind, lastUsedAt }: { kind: string; lastUsedAt: string | null }) => [kind, lastUsedAt !== null]),
    [
      ['pin', true],
      ['badge', true],
    ],
  )
  assert.doesNotMatch(JSON.stringify(mine), new RegExp(`${pin}|04:A2`))
  assert.equal((await ann.read('/v1/release-codes?of=account')).status, 403)
  assert.equal(Object((await owner.read('/v1/release-codes?of=account')).body).items.length, 2)
  assertRefusal(await ben.call('DELETE', `/v1/release-codes/${releaseCodeId}`), { status: 404, code: 'not-found' })
  assert.equal((await owner.call('DELETE', `/v1/release-codes/${releaseCodeId}`)).status, 204)
  assertRefusal(await call('cellar', 'POST', '', { badge }), { status: 404, code: 'no-match' })
})

test('H1 what is nobody’s is told of no other, and guessing ends soon, at the device and in the account', async () => {
  const { walkUpId } = await mustBegin('cellar', {})
  const pinOfRival = await newPin(rival)
  const answers: Reply[] = []
  for (const shown of ['nonsense', pinOfRival, ...Array.from({ length: 9 }, (_, at) => `1234567${at}`)])
    answers.push(await call('cellar', 'POST', '', { pin: shown }))
  const words = new Set(answers.slice(0, 9).map(({ status, body }) => `${status} ${JSON.stringify(body)}`))
  assert.equal(words.size, 1, [...words].join('\n'))
  assertRefusal(answers[0] as Reply, { status: 404, code: 'no-match' })
  const refused = answers.at(-1) as Reply
  assertRefusal(refused, { status: 429, code: 'too-many-requests' })
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  assert.equal((await call('cellar', 'POST', '', { pin })).status, 429, 'the right one, too, until then')
  assert.equal((await mustBegin('hall', { pin })).state, 'authenticated', 'at another device it is one')
  assert.equal((await call('cellar', 'GET', `/${walkUpId}`)).status, 200, 'a wrong PIN ends nothing')
  assert.equal((await audited('walk-up.refused')).device, 'cellar')
})

test('H1 whose job it is, is asked of whoever sends it; somebody who may releases it without them', async () => {
  for (const [query, words] of [
    ['release=person', /give `for`/],
    ['release=person&for=nobody@example.com', /no user/],
    ['release=person&for=eve@example.com', /no user/],
    ['for=ann@example.com', /release=person/],
    ['release=person&for=ann@example.com&hold=true', /hold/],
    ['release=person&for=ann@example.com&deliverWithinSeconds=0', /deliverWithinSeconds/],
  ] as const) {
    const { status, body } = await sendJob(street, 'cellar', makePdf(1), query)
    assert.equal(status, 400, query)
    assert.match(Object(body).detail, words)
  }
  const jobId = await forAnn('cellar', 'released')
  const { body } = await ann.call('PATCH', `/v1/jobs/${jobId}`, { hold: false })
  assert.equal(Object(body).heldFor, undefined)
})

test('H1 a queue that always waits holds what people print, over IPP and the console, and not what services send', async () => {
  const set = await owner.call('PATCH', '/v1/devices/cellar', { releaseAtDevice: true })
  assert.deepEqual([set.status, Object(set.body).releaseAtDevice], [200, true])
  const { password } = Object((await ann.post('/v1/app-passwords', { name: 'Laptop' })).body)
  const client = createPrintClient(url, 'cellar', `ann@example.com:${password}`)
  const { printer } = await client.must('Get-Printer-Attributes')
  assert.deepEqual(findAll(printer, 'job-release-action-supported', 'keyword'), ['none', 'owner-authorized'])
  assert.equal(findOne(printer, 'job-release-action-default', 'keyword'), 'owner-authorized')
  const operation = { 'document-format': ipp.mimeMediaType('application/pdf') }
  const { job } = await client.must('Print-Job', { operation, document: makePdf(1) })
  assert.deepEqual(findAll(job, 'job-state-reasons', 'keyword'), ['job-release-wait'])
  const none = { 'job-release-action': ipp.keyword('none') }
  const { job: atOnce } = await client.must('Print-Job', { operation, job: none, document: makePdf(1) })
  assert.deepEqual(findAll(atOnce, 'job-state-reasons', 'keyword'), ['none'])
  // Begun first: it waits for its document, and then for her.
  const { job: begun } = await client.must('Create-Job', { operation: {} })
  const number = findOne(begun, 'job-id', 'integer') ?? 0
  const last = { ...operation, 'job-id': ipp.integer(number), 'last-document': ipp.boolean(true) }
  const { job: sent } = await client.must('Send-Document', { operation: last, document: makePdf(1) })
  assert.deepEqual(findAll(sent, 'job-state-reasons', 'keyword'), ['job-release-wait'])

  const headers = { cookie: ann.cookie() ?? '', origin: url, 'content-type': 'application/pdf' }
  const posted = await fetch(`${url}/v1/devices/cellar/jobs`, { method: 'POST', headers, body: makePdf(1) })
  assert.equal((await findJob(street, Object(await posted.json()).jobId)).heldFor, 'person')
  assert.equal((await findJob(street, await mustSendJob(street, 'cellar', makePdf(1)))).heldFor, undefined)

  const { walkUpId } = await mustBegin('cellar', {})
  const { url: shown } = await mustBegin('cellar', {})
  assertRefusal(await call('cellar', 'GET', `/${walkUpId}`), { status: 404, code: 'not-found' })
  assert.equal((await ben.post('/v1/walk-ups/confirm', { token: tokenOf(shown) })).status, 200)
})

test('H1 it goes on over a restart: who is there, what waits for them, and what was released', async () => {
  await using device = await joinByHand(street, 'porch')
  secrets.set('porch', device.secret)
  const jobId = await forAnn('porch', 'late')
  assert.equal((await device.call('/device/v1/sleep', {})).status, 200)
  await untilState(service, 'porch', 'asleep')
  const { walkUpId } = await mustBegin('porch', { pin })
  await street.restartRelay('SIGKILL')
  assert.deepEqual(await waitingAt('porch', walkUpId), [jobId])
  const { body } = await call('porch', 'POST', `/${walkUpId}/release`, { jobIds: [jobId] })
  assert.deepEqual(body, { released: [jobId], not: [] })
  assert.equal((await findJob(street, jobId)).state, 'waiting', 'nobody is there to be notified')
  await using awake = await openHandDevice({ relayUrl: url, id: 'porch', secret: device.secret })
  awake.serve(({ request }) => ({ result: { recorded: request.arguments?.['jobIds'] } }))
  await untilJob(street, jobId, 'received')
})
