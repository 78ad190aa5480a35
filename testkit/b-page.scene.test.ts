/** B5 where nobody can reach the panel: the device prints a page, somebody reads its word and types it, and the device says so. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import { openFolder } from './folder.ts'
import { openHttpWire } from './http-wire.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { readTray, readWord } from './paper.ts'
import { type StartedProcess, startHouseFile } from './process.ts'
import { createService, type Reply, type Service } from './service.ts'
import { until } from './until.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const { service, url } = street
const folder = await openFolder()
after(() => folder[Symbol.asyncDispose]())

interface Claimed {
  id: string
  claimId: string
  data: string
  agent: StartedProcess
}

/** A device with a code, claimed and online. */
async function openClaimed(id: string, more: { driver?: string; relayUrl?: string } = {}): Promise<Claimed> {
  const { driver = 'virtual', relayUrl = url } = more
  const code = makeFactoryCode(randomBytes(10))
  const data = join(folder.path, id)
  const options = ['--relay', relayUrl, '--id', id, '--code', code, '--driver', driver, '--data', data]
  const agent = await startHouseFile('cli/main.ts', ['agent', ...options])
  after(() => agent[Symbol.asyncDispose]())
  await agent.nextEvent('device.offline')
  const { status, body } = await service.post('/v1/claims', { code })
  assert.equal(status, 201, JSON.stringify(body))
  await agent.nextEvent('device.online')
  return { id, claimId: Object(body).claimId, data, agent }
}

const print = ({ claimId }: Claimed, by = service) => by.post(`/v1/claims/${claimId}/page`, {})
const type = ({ claimId }: Claimed, word: string, by = service) => by.post(`/v1/claims/${claimId}/word`, { word })
const wordOf = ({ data, id }: Claimed) => readWord(data, id)
const told = ({ status, body }: Reply) => [status, Object(body).code, Object(body).triesLeft]

async function untilInstructed({ claimId }: Claimed): Promise<void> {
  await until('the device has said so', async () => {
    return Object((await service.read(`/v1/claims/${claimId}`)).body).state === 'instructed'
  })
}

/** The agent is killed, and started again from its folder alone. */
async function restarted(device: Claimed, ...more: string[]): Promise<StartedProcess> {
  await device.agent.stop('SIGKILL')
  const again = await startHouseFile('cli/main.ts', ['agent', '--data', device.data, ...more])
  after(() => again[Symbol.asyncDispose]())
  device.agent = again
  await again.nextEvent('device.online')
  return again
}

test('B5 the word on the page is typed, in whatever way, and confirms the claim; nothing else has it, and nobody else may', async () => {
  const lobby = await openClaimed('lobby')
  const claim = async () => Object((await service.read(`/v1/claims/${lobby.claimId}`)).body)
  assert.deepEqual([(await claim()).canPrintPage, (await claim()).state], [true, 'second'])

  await service.post('/v1/accounts', { id: 'others' })
  const keyOf = async (order: object) => createService(url, Object((await service.post('/v1/keys', order)).body).key)
  const stranger = await keyOf({ account: 'others' })
  const reader = await keyOf({ account: 'default', scopes: ['devices:read', 'requests:write'] })
  assert.deepEqual(told(await type(lobby, 'river 1234')).slice(0, 2), [422, 'device-refused'], 'no page is there yet')
  for (const ask of [print, (device: Claimed, by: Service) => type(device, 'river 1234', by)]) {
    assert.deepEqual(told(await ask(lobby, stranger)).slice(0, 2), [404, 'not-found'])
    assert.deepEqual(told(await ask(lobby, reader)).slice(0, 2), [403, 'forbidden'])
  }
  for (const command of ['print-confirmation', 'confirm-claim']) {
    const refused = await reader.ask('lobby', { command, arguments: { claim: lobby.claimId, word: 'river 1234' } })
    assert.deepEqual([refused.status, refused.outcome], [403, 'rejected'], command)
  }

  const printed = await print(lobby)
  assert.deepEqual([printed.status, printed.body], [200, { claimId: lobby.claimId, device: 'lobby', tries: 5 }])
  const [page = ''] = await readTray(lobby.data, 'lobby')
  for (const words of ['lobby', url, 'Was that you?', '#####']) assert.ok(page.includes(words), `${words}: ${page}`)
  assert.ok(
    page.split('\n').every((line) => line.length <= 80 && /^[\x20-\x7e]*$/.test(line)),
    'any printer prints that',
  )
  const word = await wordOf(lobby)
  assert.deepEqual(told(await type(lobby, `${word.slice(0, -1)}x`)), [404, 'no-match', 4])
  assert.equal((await claim()).state, 'second')
  const fullWidth = [...word.toLowerCase().replace(' ', '')].map((one) =>
    String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0),
  )
  const confirmed = await type(lobby, ` ${fullWidth.join('')} `)
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
  await untilInstructed(lobby)
  for (const again of [await print(lobby), await type(lobby, word)])
    assert.deepEqual(told(again).slice(0, 2), [409, 'claim-closed'])

  const pages = await service.ask('lobby', { get: ['pages'] })
  assert.equal(Object(pages.body).values.pages.value, 1, 'the page counts')
  const acts = ['claim.page-asked done', 'claim.word-tried no-match', 'claim.word-tried done', 'claim.instructed done']
  const items = await until('it is all in the audit log', async () => {
    const { items } = Object((await service.read('/v1/audit?device=lobby')).body)
    const told = items.map(({ action, result }: Record<string, string>) => `${action} ${result}`)
    return acts.every((act) => told.includes(act)) && items
  })
  const [name = '', number = ''] = word.toLowerCase().split(' ')
  const written = [JSON.stringify(items), lobby.agent.output().stderr, street.relay().output().stderr]
  for (const file of await readdir(street.data))
    written.push(await readFile(join(street.data, file), 'latin1').catch(() => ''))
  for (const file of ['agent.db', 'agent.db-wal']) written.push(await readFile(join(lobby.data, file), 'latin1'))
  const trace = new RegExp(`${name}[^a-z]{0,3}${number}`, 'i')
  for (const text of written) assert.doesNotMatch(text, trace, 'the word is on the paper alone')
})

test('B5 a page is worth nothing after five wrong words, and three pages come out in an hour', async () => {
  const desk = await openClaimed('desk')
  assert.equal((await print(desk)).status, 200)
  const first = await wordOf(desk)
  for (const triesLeft of [4, 3, 2, 1, 0])
    assert.deepEqual(told(await type(desk, 'river')), [404, 'no-match', triesLeft])
  assert.deepEqual(told(await type(desk, first)), [404, 'no-match', 0], 'it is too late')
  assert.equal((await print(desk)).status, 200)
  const second = await wordOf(desk)
  assert.deepEqual(told(await type(desk, first)), [404, 'no-match', 4], 'of an older page')
  assert.equal((await print(desk)).status, 200)
  const refused = await print(desk)
  assert.deepEqual(told(refused).slice(0, 2), [422, 'device-refused'])
  assert.match(Object(refused.body).detail, /3 pages have been printed within the hour.*60 min/)
  assert.notEqual(second, await wordOf(desk))
  assert.equal((await type(desk, await wordOf(desk))).status, 200)
  await untilInstructed(desk)
})

test('B5 S-R5 a word survives kill -9 of agent and relay: between page and word, and between word and event', async () => {
  await using wire = await openHttpWire(url)
  const hall = await openClaimed('hall', { relayUrl: wire.url })
  assert.equal((await print(hall)).status, 200)
  const word = await wordOf(hall)
  assert.deepEqual(told(await type(hall, 'river')), [404, 'no-match', 4])
  await restarted(hall)
  await street.restartRelay('SIGKILL')
  await until('it is back', async () => told(await type(hall, 'river')).join() === '404,no-match,3')

  wire.set({ silentPath: '/device/v1/events' })
  assert.equal((await type(hall, word)).status, 200)
  await until('it tells so, and nobody hears it', () => wire.visits.some(({ path }) => path === '/device/v1/events'))
  assert.equal(Object((await service.read(`/v1/claims/${hall.claimId}`)).body).state, 'second')
  assert.equal((await type(hall, word)).status, 200, 'typed again it is as right as before')
  wire.set({ silentPath: '' })
  await restarted(hall)
  await untilInstructed(hall)
})

test('B5 what keeps a page from coming out is said in words', async () => {
  const empty = await openClaimed('empty', { driver: 'virtual?tray.1=0&tray.2=0' })
  const refused = await print(empty)
  assert.deepEqual(told(refused).slice(0, 2), [422, 'device-refused'])
  assert.match(Object(refused.body).detail, /all trays are empty/)
  const scanner = await openClaimed('scanner', { driver: 'virtual:shape-scanner' })
  assert.equal(Object((await service.read(`/v1/claims/${scanner.claimId}`)).body).canPrintPage, false)
  assert.match(Object((await print(scanner)).body).detail, /press "Confirm" on its panel/)
  await scanner.agent.stop()
  const offline = await print(scanner)
  assert.deepEqual(told(offline).slice(0, 2), [409, 'device-offline'])
  assert.match(Object(offline.body).detail, /not connected right now/)
  assert.equal((await service.post('/v1/devices/scanner/release', {})).status, 200)
  assert.deepEqual(told(await type(scanner, 'river')).slice(0, 2), [409, 'claim-closed'])
})
