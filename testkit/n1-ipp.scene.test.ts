/** N1: every device is an IPP printer at the relay: documents come out of it, and what becomes of them is told in IPP. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import {
  attributesFrom,
  decodeResponse,
  encodeRequest,
  findAll,
  findOne,
  ipp,
  ippOperations,
  ippStatus,
} from '@fairlead/protocol/ipp'
import { makePdf } from './documents.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { createPrintClient, type PrintClient } from './print-client.ts'
import { pagesOf } from './print-jobs.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let key: string
let lobby: PrintClient

const pdf = ipp.mimeMediaType('application/pdf')
const name = (text: string) => ({ 'job-name': ipp.name(text), 'document-format': pdf })
const job = (number: number) => ({ 'job-id': ipp.integer(number) })
const states = { pending: 3, held: 4, canceled: 7, aborted: 8, completed: 9 }

before(async () => {
  street = scene.use(await openNeighbourhood())
  await street.openAgent({ id: 'lobby' })
  await street.enrol('cellar')
  key = await newKey({ account: 'default' })
  lobby = createPrintClient(street.url, 'lobby', `ann@example.com:${key}`)
})
after(() => scene.disposeAsync())

async function newKey(order: Record<string, unknown>): Promise<string> {
  const { status, body } = await street.service.post('/v1/keys', order)
  assert.equal(status, 201, JSON.stringify(body))
  return Object(body).key
}

async function untilState(client: PrintClient, number: number, state: number): Promise<void> {
  await until(`job ${number} is ${state}`, async () => (await client.jobState(number)) === state)
}

function numberOf({ job }: { job: Awaited<ReturnType<PrintClient['ask']>>['job'] }): number {
  return findOne(job, 'job-id', 'integer') ?? assert.fail('it has no number')
}

test('N1 Print-Job prints, with what its ticket asks for, and tells how many pages came out', async () => {
  const before = await pagesOf(street, 'lobby')
  const printed = await lobby.must('Print-Job', {
    operation: name('report'),
    job: {
      copies: ipp.integer(2),
      'page-ranges': ipp.rangeOfInteger({ lower: 1, upper: 1 }, { lower: 3, upper: 3 }),
      sides: ipp.keyword('two-sided-long-edge'),
      'media-col': ipp.collection(
        attributesFrom({
          'media-size': ipp.collection(
            attributesFrom({ 'x-dimension': ipp.integer(21_000), 'y-dimension': ipp.integer(29_700) }),
          ),
        }),
      ),
    },
    document: makePdf(3),
  })
  const number = numberOf(printed)
  await untilState(lobby, number, states.completed)
  const { job: told } = await lobby.must('Get-Job-Attributes', { operation: job(number) })
  assert.equal(findOne(told, 'job-impressions-completed', 'integer'), 4)
  assert.equal(findOne(told, 'job-originating-user-name', 'name'), 'ann@example.com')
  assert.equal(await pagesOf(street, 'lobby'), before + 4)
  const { body } = await street.service.read(`/v1/jobs?device=lobby&number=${number}`)
  const [seen] = Object(body).items
  assert.deepEqual(seen.ticket, {
    copies: 2,
    media: 'iso_a4_210x297mm',
    sides: 'two-sided-long-edge',
    pages: '1-1,3-3',
  })
  assert.deepEqual([seen.user, seen.name, seen.state], ['ann@example.com', 'report', 'done'])
})

test('N1 Create-Job is held until Send-Document, whichever way the document comes', async () => {
  const created = await lobby.must('Create-Job', { operation: { 'job-name': ipp.name('later') } })
  const number = numberOf(created)
  assert.equal(await lobby.jobState(number), states.held)
  assert.deepEqual(findAll(created.job, 'job-state-reasons', 'keyword'), ['job-incoming'])
  const early = await lobby.ask('Release-Job', { operation: job(number) })
  assert.equal(early.status, 'client-error-not-possible', early.message)
  const last = { 'last-document': ipp.boolean(true), 'document-format': pdf }
  const nothing = await lobby.ask('Send-Document', { operation: { ...job(number), ...last } })
  assert.equal(nothing.status, 'client-error-bad-request')
  const wrong = await lobby.ask('Send-Document', { operation: { ...job(number), ...last }, document: 'Dear Sir' })
  assert.equal(wrong.status, 'client-error-document-format-not-supported')
  const other = createPrintClient(street.url, 'lobby', `bob@example.com:${key}`)
  const foreign = await other.ask('Send-Document', { operation: { ...job(number), ...last }, document: makePdf(1) })
  assert.equal(foreign.status, 'client-error-not-authorized')
  await lobby.must('Send-Document', { operation: { ...job(number), ...last }, document: makePdf(1) })
  await untilState(lobby, number, states.completed)
  const second = await lobby.ask('Send-Document', { operation: { ...job(number), ...last }, document: makePdf(1) })
  assert.equal(second.status, 'server-error-multiple-document-jobs-not-supported')
  const closed = numberOf(await lobby.must('Create-Job'))
  await lobby.must('Close-Job', { operation: job(closed) })
  assert.equal(await lobby.jobState(closed), states.aborted)
  const late = await lobby.ask('Send-Document', { operation: { ...job(closed), ...last }, document: makePdf(1) })
  assert.equal(late.status, 'client-error-not-possible')
})

test('N1 jobs are held, released and cancelled, also at a device that is off', async () => {
  const cellar = createPrintClient(street.url, 'cellar', `ann@example.com:${key}`)
  const { printer } = await cellar.must('Get-Printer-Attributes')
  assert.equal(findOne(printer, 'printer-state', 'enum'), 3)
  assert.equal(findOne(printer, 'printer-is-accepting-jobs', 'boolean'), true)
  assert.deepEqual(findAll(printer, 'printer-state-reasons', 'keyword'), ['offline-report'])
  const held = numberOf(
    await cellar.must('Print-Job', {
      operation: name('held'),
      job: { 'job-hold-until': ipp.keyword('indefinite') },
      document: makePdf(1),
    }),
  )
  assert.equal(await cellar.jobState(held), states.held)
  await cellar.must('Release-Job', { operation: job(held) })
  assert.equal(await cellar.jobState(held), states.pending)
  await cellar.must('Hold-Job', { operation: job(held) })
  assert.equal(await cellar.jobState(held), states.held)
  await cellar.must('Cancel-Job', { operation: job(held) })
  assert.equal(await cellar.jobState(held), states.canceled)
  const again = await cellar.ask('Cancel-Job', { operation: job(held) })
  assert.equal(again.status, 'client-error-not-possible')

  const mine = numberOf(await cellar.must('Print-Job', { operation: name('mine'), document: makePdf(1) }))
  const bob = createPrintClient(street.url, 'cellar', `bob@example.com:${key}`)
  const theirs = numberOf(await bob.must('Print-Job', { operation: name('theirs'), document: makePdf(1) }))
  const listed = await bob.must('Get-Jobs', { operation: { 'my-jobs': ipp.boolean(true) } })
  assert.deepEqual(
    listed.jobs.map((told) => findOne(told, 'job-id', 'integer')),
    [theirs],
  )
  assert.equal((await bob.must('Get-Jobs', { operation: { limit: ipp.integer(1) } })).jobs.length, 1)
  const notMine = await bob.ask('Cancel-My-Jobs', { operation: { 'job-ids': ipp.integer(mine) } })
  assert.equal(notMine.status, 'client-error-not-possible')
  await bob.must('Cancel-My-Jobs')
  assert.deepEqual([await bob.jobState(mine), await bob.jobState(theirs)], [states.pending, states.canceled])
})

test('N1 what cannot be done is told: ignored, or refused where all or nothing was asked for', async () => {
  const asked = { copies: ipp.integer(2000), 'number-up': ipp.integer(4), staple: ipp.keyword('yes') }
  const loose = await lobby.ask('Validate-Job', { operation: name('loose'), job: asked })
  assert.equal(loose.status, 'successful-ok-ignored-or-substituted-attributes')
  assert.deepEqual([...loose.unsupported.keys()], ['copies', 'number-up', 'staple'])
  const strict = await lobby.ask('Print-Job', {
    operation: { 'ipp-attribute-fidelity': ipp.boolean(true), ...name('strict') },
    job: asked,
    document: makePdf(1),
  })
  assert.equal(strict.status, 'client-error-attributes-or-values-not-supported')
  assert.equal(strict.unsupported.size, 3)
  const cases: [string, Parameters<PrintClient['ask']>, string][] = [
    ['an unknown operation', [0x4001], 'server-error-operation-not-supported'],
    ['no job', ['Cancel-Job', { operation: job(999) }], 'client-error-not-found'],
    ['no number', ['Cancel-Job'], 'client-error-bad-request'],
    [
      'a wrong syntax',
      ['Get-Jobs', { operation: { limit: ipp.keyword('all') } }],
      'client-error-attributes-or-values-not-supported',
    ],
    [
      'a word of no meaning',
      ['Get-Jobs', { operation: { 'which-jobs': ipp.keyword('odd') } }],
      'client-error-attributes-or-values-not-supported',
    ],
    [
      'packed in a way that is not taken',
      ['Validate-Job', { operation: { compression: ipp.keyword('compress') } }],
      'client-error-compression-not-supported',
    ],
    [
      'another format',
      ['Validate-Job', { operation: { 'document-format': ipp.mimeMediaType('image/urf') } }],
      'client-error-document-format-not-supported',
    ],
    [
      'no PDF',
      ['Print-Job', { operation: name('x'), document: 'Dear Sir' }],
      'client-error-document-format-not-supported',
    ],
    [
      'too many attributes',
      ['Validate-Job', { job: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`a${i}`, ipp.integer(i)])) }],
      'client-error-request-entity-too-large',
    ],
  ]
  for (const [what, question, status] of cases) assert.equal((await lobby.ask(...question)).status, status, what)
  await lobby.must('Identify-Printer')
})

test('N1 a document that is refused before it came is let through, so that its sender hears why', async () => {
  const head = encodeRequest({
    version: { major: 2, minor: 0 },
    operation: ippOperations['Send-Document'],
    requestId: 7,
    groups: [
      {
        kind: 'operation',
        attributes: attributesFrom({
          'attributes-charset': ipp.charset('utf-8'),
          'attributes-natural-language': ipp.naturalLanguage('en'),
          'printer-uri': ipp.uri(`${street.url.replace('http', 'ipp')}/ipp/print/lobby`),
          'job-id': ipp.integer(999),
          'last-document': ipp.boolean(true),
        }),
      },
    ],
  })
  const sending = request(`${street.url}/ipp/print/lobby`, {
    method: 'POST',
    auth: `x:${key}`,
    headers: { 'content-type': 'application/ipp' },
  })
  const finished = once(sending, 'finish')
  const answered: Promise<IncomingMessage[]> = once(sending, 'response') as Promise<IncomingMessage[]>
  sending.end(Buffer.concat([head, makePdf(1, 3 * 2 ** 20)]))
  const [answer] = await answered
  const { head: told } = decodeResponse(await buffer(answer ?? assert.fail('no answer')))
  assert.deepEqual([told.status, told.requestId], [ippStatus['client-error-not-found'], 7])
  await finished
})

test('N1 a printer of another account, or of none, is not there; and a wrong password opens nothing', async () => {
  await street.service.post('/v1/accounts', { id: 'rivals' })
  const rival = await newKey({ account: 'rivals' })
  for (const [device, password] of [
    ['lobby', rival],
    ['nowhere', key],
  ] as const) {
    const client = createPrintClient(street.url, device, `x:${password}`)
    for (const operation of ['Get-Printer-Attributes', 'Get-Jobs', 'Validate-Job'] as const)
      assert.equal((await client.ask(operation)).status, 'client-error-not-found', `${operation} of ${device}`)
  }
  const looker = await newKey({ account: 'default', scopes: ['devices:read', 'requests:read'] })
  const at = (authorization?: string, type = 'application/ipp', body = '') =>
    fetch(`${street.url}/ipp/print/lobby`, {
      method: 'POST',
      headers: { 'content-type': type, ...(authorization !== undefined && { authorization }) },
      body,
    })
  const basic = (password: string) => `Basic ${Buffer.from(`x:${password}`).toString('base64')}`
  for (const shown of [undefined, basic('wrong'), basic(''), `Bearer ${key}`]) {
    const refused = await at(shown)
    assert.equal(refused.status, 401, shown ?? 'nothing')
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Basic realm="fairlead"/)
    await refused.text()
  }
  assert.equal((await at(basic(looker))).status, 403)
  assert.equal((await at(basic(key), 'text/plain')).status, 400)
  // What is no IPP is answered in IPP all the same: cut off, and with a request ID that cannot be (RFC 8011 §4.1.1).
  for (const body of ['', 'GET /', '\x02\x00\x00\x0b\x00\x00\x00\x00\x03']) {
    const answer = Buffer.from(await (await at(basic(key), 'application/ipp', body)).arrayBuffer())
    assert.equal(answer.readUInt16BE(2), ippStatus['client-error-bad-request'], body)
  }
  const printer = await newKey({ account: 'default', scopes: ['jobs:write'] })
  const blind = createPrintClient(street.url, 'lobby', `x:${printer}`)
  assert.equal((await blind.ask('Get-Jobs')).status, 'client-error-not-authorized')
  assert.equal((await blind.ask('Validate-Job')).status, 'successful-ok')
})
