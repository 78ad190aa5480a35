/** What services may do to a device that asks them, and what it never does for them. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { systemClock } from '@fairlead/base'
import { give, openPullService, type PullServiceOfTest, say } from '../../testkit/pull-service.ts'
import { until } from '../../testkit/until.ts'
import type { Scanner } from '../scanning/scanner.ts'
import { openTestPull } from './for-tests.ts'

let there: PullServiceOfTest
let elsewhere: PullServiceOfTest
before(async () => {
  there = await openPullService()
  elsewhere = await openPullService()
})
after(async () => {
  await there[Symbol.asyncDispose]()
  await elsewhere[Symbol.asyncDispose]()
})

function* withoutEnd() {
  for (;;) yield Buffer.alloc(65_536, 'x')
}

const service = (path: string) => ({ id: path.slice(1), title: 'There', download: there.url + path })
const formats = ['text/plain']
const authorization = 'Bearer a-secret-word'

test('A14 content that never ends, or is slow without end, is given up, and nothing of it stays', async () => {
  there.answer('/endless', (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    Readable.from(withoutEnd()).pipe(response)
  })
  there.answer('/dripping', (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' }).write('x')
  })
  const services = [service('/endless'), service('/dripping')]
  const limits = { contentBytes: 1_000_000, fetchMs: 300 }
  await using test = await openTestPull({ services, formats, limits: { ...limits, fetchMs: 60_000 } })
  const endless = await test.until(test.touch('endless', 'print'), 'failed')
  assert.deepEqual(endless.why, { kind: 'too-large', mostBytes: 1_000_000 })
  await using impatient = await openTestPull({ services, formats, limits })
  const dripping = await impatient.until(impatient.touch('dripping', 'print'), 'failed')
  assert.deepEqual(dripping.why, { kind: 'too-long' })
  for (const { folder } of [test, impatient]) assert.deepEqual(readdirSync(join(folder, 'pulls', 'desk')), [])
})

test('A14 content that was changed meanwhile begins anew, and what cannot be asked for in part as well', async () => {
  const content = Buffer.from('b'.repeat(200_000))
  for (const etag of ['"one"', 'W/"one"', undefined]) {
    const cut = Promise.withResolvers<ServerResponse>()
    let isFirst = true
    there.answer('/changed', (...all) => {
      if (!isFirst) return give(content, 'text/plain', { etag: '"two"' })(...all)
      isFirst = false
      const [response] = all
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 200_000, ...(etag && { etag }) })
      response.write('a'.repeat(100_000))
      cut.resolve(response)
    })
    await using test = await openTestPull({ services: [service('/changed')], formats })
    const id = test.touch('changed', 'keep')
    const response = await cut.promise
    await half(join(test.folder, 'pulls', 'desk', id))
    response.destroy()
    await test.until(id, 'kept')
    const [kept] = test.pull().view().contents
    assert.equal(kept?.bytes, 200_000)
    assert.equal(there.of('/changed').at(-1)?.headers['if-range'], etag === '"one"' ? etag : undefined)
  }
})

/** Until that much has come. */
const half = (file: string) => until('half of it is there', () => existsSync(file) && statSync(file).size === 100_000)

test('A14 a service that sends the wrong part is not believed', async () => {
  const content = Buffer.from('x'.repeat(200_000))
  const cut = Promise.withResolvers<ServerResponse>()
  let tries = 0
  there.answer('/wrong', (response) => {
    tries++
    if (tries === 1) {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 200_000, etag: '"one"' })
      response.write(content.subarray(0, 100_000))
      return cut.resolve(response)
    }
    if (tries === 2) return response.writeHead(206, { 'content-range': 'bytes 0-9/200000' }).end('0123456789')
    return response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 200_000 }).end(content)
  })
  await using test = await openTestPull({ services: [service('/wrong')], formats })
  const id = test.touch('wrong', 'print')
  const response = await cut.promise
  await half(join(test.folder, 'pulls', 'desk', id))
  response.destroy()
  await test.until(id, 'handed')
  assert.equal(test.printed[0]?.bytes, 200_000)
  assert.equal(there.of('/wrong')[2]?.headers.range, undefined)
})

test('A14 redirects are followed five times, to http and https alone, and nobody else sees the authorization', async () => {
  const to = (location: string) => (response: ServerResponse) => response.writeHead(307, { location }).end()
  there.answer('/round', to('/round'))
  there.answer('/file', to('file:///etc/passwd'))
  there.answer('/within', to('/goal'))
  there.answer('/goal', give(Buffer.from('content'), 'text/plain'))
  there.answer('/out', to(`${elsewhere.url}/goal`))
  elsewhere.answer('/goal', say(200, { state: 'stored' }))
  const download = ['/round', '/file', '/within'].map((path) => ({ ...service(path), authorization }))
  const upload = { id: 'out', title: 'There', upload: `${there.url}/out`, authorization }
  await using test = await openTestPull({ services: [...download, upload], formats })
  for (const id of ['round', 'file'])
    assert.deepEqual((await test.until(test.touch(id, 'print'), 'failed')).why, { kind: 'astray' })
  assert.equal(there.of('/round').length, 6)
  await test.until(test.touch('within', 'print'), 'handed')
  assert.equal(there.of('/goal')[0]?.headers.authorization, authorization)
  const out = test.touch('out', 'send')
  await test.say(out, 'finished')
  await test.until(out, 'stored')
  assert.equal(elsewhere.of('/goal')[0]?.headers.authorization, undefined)
  assert.match(String(elsewhere.of('/goal')[0]?.body), /^%PDF/)
})

test('A14 what is kept has its bounds, and one that is deleted makes room', async () => {
  there.answer('/small', give(Buffer.from('small'), 'text/plain'))
  await using test = await openTestPull({ services: [service('/small')], formats, limits: { shelfContents: 1 } })
  await test.until(test.touch('small', 'keep'), 'kept')
  assert.deepEqual((await test.until(test.touch('small', 'keep'), 'failed')).why, { kind: 'shelf-full' })
  const [content] = test.pull().view().contents
  test.pull().deleteContent(content?.id ?? '')
  assert.deepEqual(readdirSync(join(test.folder, 'content', 'desk')), [])
  await test.until(test.touch('small', 'keep'), 'kept')
})

test('A14 a program has a page scanned and sent, and sees what became of it, also after a restart', async () => {
  let isUp = false
  let isCut = true
  there.answer('/of-a-program', (...all) => {
    if (!isUp) return say(503, {}, { 'retry-after': '1' })(...all)
    if (!isCut) return say(201, { state: 'passed-on', to: 'Registry' })(...all)
    isCut = false
    // What it was going to say is not known.
    return all[0].writeHead(201, { 'content-length': 100 }).write('{"state":', () => all[0].destroy())
  })
  await using test = await openTestPull()
  const id = test.pull().upload({
    title: 'A program',
    url: `${there.url}/of-a-program`,
    authorization,
    settings: { format: 'image/png', resolution: 75 },
  })
  await until('it was tried', () => there.of('/of-a-program').length > 0)
  await test.again()
  isUp = true
  const seen = await test.until(id, 'passed-on')
  assert.deepEqual([seen.to, seen.isOver, seen.hasLeft], ['Registry', true, true])
  const tries = there.of('/of-a-program')
  assert.ok(tries.length >= 3)
  assert.equal(new Set(tries.map(({ headers }) => headers['idempotency-key'])).size, 1)
  assert.equal(new Set(tries.map(({ body }) => body.toString('base64'))).size, 1)
  assert.ok(tries.every(({ headers }) => headers.authorization === authorization))
})

/** It begins, and goes on until it is given up. */
function stuckScanner(): Scanner & { scans(): number } {
  let scans = 0
  return {
    scans: () => scans,
    sources: async () => ({ sources: ['glass'] }),
    scan: (_order, signal) =>
      new Promise((tell) => {
        scans++
        signal.addEventListener('abort', () => tell({ problem: 'cancelled' }))
      }),
  }
}

test('A14 a scan waits for its turn, but not for so long that another page lies there', async () => {
  let laterMs = 0
  const scanner = stuckScanner()
  const clock = { ...systemClock, wallNow: () => systemClock.wallNow() + laterMs }
  await using test = await openTestPull({ scanner, clock })
  const begin = () => test.pull().upload({ title: 'A program', url: `${there.url}/never` })
  const [first, second] = [begin(), begin()]
  await until('it scans', () => scanner.scans() === 1)
  assert.equal(test.pull().find(second)?.scan?.stage, 'ready')
  laterMs = 601_000
  test.pull().giveUp(first)
  assert.deepEqual((await test.until(second, 'failed')).why, { kind: 'scan', problem: 'too-late' })
  assert.equal(scanner.scans(), 1)
})

test('A14 a scan that was cut off by a restart is not begun again by itself: another page may lie there', async () => {
  const scanner = stuckScanner()
  await using test = await openTestPull({ scanner })
  const id = test.pull().upload({ title: 'A program', url: `${there.url}/never` })
  await until('it scans', () => scanner.scans() === 1)
  await test.again()
  const { why } = await test.until(id, 'failed')
  assert.deepEqual(why, { kind: 'scan', problem: 'interrupted' })
  assert.equal(scanner.scans(), 1)
  const behind = test.pull().upload({ title: 'A program', url: `${there.url}/never` })
  await until('it scans again', () => scanner.scans() === 2)
  test.pull().giveUp(behind)
  assert.equal(test.pull().find(behind)?.hasLeft, false)
  assert.equal(there.of('/never').length, 0)
})

test('A14 a device that is given away keeps nothing, and a program is told at once what cannot be sent', async () => {
  there.answer('/held', () => {})
  there.answer('/small', give(Buffer.from('small'), 'text/plain'))
  await using test = await openTestPull({ services: [service('/small'), service('/held')], formats })
  await test.until(test.touch('small', 'keep'), 'kept')
  test.touch('held', 'print')
  await until('it is asked', () => there.of('/held').length === 1)
  test.pull().forget()
  await test.again()
  const { pulls, contents } = test.pull().view()
  assert.deepEqual([pulls, contents], [[], []])
  for (const folder of ['pulls', 'content']) assert.deepEqual(readdirSync(join(test.folder, folder, 'desk')), [])
  for (const order of [
    { title: '', url: there.url },
    { title: 'A', url: 'file:///etc/passwd' },
    { title: 'A', url: there.url, authorization: 'a\r\nb' },
  ])
    assert.throws(() => test.pull().upload(order), { code: 'invalid-request' })
})

test('A14 a device without a scanner, or with too much under way, says so at once', async () => {
  await using without = await openTestPull({ scanner: undefined })
  assert.throws(() => without.pull().upload({ title: 'A program', url: there.url }), /has no scanner/)
  there.answer('/down', say(503, {}, { 'retry-after': '3600' }))
  await using busy = await openTestPull()
  const begin = () => busy.pull().upload({ title: 'A program', url: `${there.url}/down` })
  for (let count = 0; count < 20; count++) begin()
  assert.throws(begin, { code: 'device-refused', message: /20 are under way/ })
})

test('A14 what is passed on is asked about for a day, and is not known then', async () => {
  there.answer('/passing', say(202, { state: 'passing-on' }, { location: '/passing-still', 'retry-after': '1' }))
  there.answer('/passing-still', say(200, { state: 'passing-on', to: 'Registry' }, { 'retry-after': '1' }))
  let laterMs = 0
  await using test = await openTestPull({ clock: { ...systemClock, wallNow: () => systemClock.wallNow() + laterMs } })
  const id = test.pull().upload({ title: 'A program', url: `${there.url}/passing` })
  await test.say(id, 'finished')
  await until('it has heard', () => test.pull().find(id)?.to === 'Registry')
  laterMs = 23 * 3_600_000
  const before = there.of('/passing-still').length
  await until('it asks still', () => there.of('/passing-still').length > before + 1)
  laterMs = 24 * 3_600_000
  assert.equal((await test.until(id, 'not-known')).to, 'Registry')
})
