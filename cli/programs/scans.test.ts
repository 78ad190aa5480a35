/** Scans on disk: taken once, whoever sends them twice at once; what ended long ago is forgotten, and what waits is not. */
import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { openFolder } from '../../testkit/folder.ts'
import { openScans } from './scans.ts'

const dayMs = 24 * 3_600_000
const content = () => Readable.from([Buffer.from('%PDF-'), Buffer.from('scan')])

const whose = { device: 'lobby', to: 'a@b.example', language: 'en' } as const

test('of two uploads of one scan at once the first is taken, and the second hears so', async () => {
  await using folder = await openFolder()
  const scans = await openScans(folder.path, 'key', Date.now)
  const { scanId, token } = await scans.place('run', whose)
  assert.deepEqual(await scans.place('run', whose), { scanId, token })
  assert.ok(scans.isToken(scanId, token) && !scans.isToken(scanId, `${token}x`) && !scans.isToken('another', token))
  const first = scans.take(scanId, 'application/pdf', content())
  await assert.rejects(scans.take(scanId, 'application/pdf', content()), /being sent already/)
  assert.equal((await first)?.state, 'waiting')
  assert.equal(await scans.take(scanId, 'application/pdf', content()), undefined)
})

test('an ID that leads elsewhere is no scan', async () => {
  await using folder = await openFolder()
  const scans = await openScans(join(folder.path, 'scans'), 'key', Date.now)
  writeFileSync(join(folder.path, 'secrets.json'), '{}')
  for (const id of ['../secrets', '', 'x'.repeat(43), '__proto__']) assert.equal(await scans.find(id), undefined, id)
})

test('what ended or never came is forgotten after a week; what waits is kept, and what was cut off by a crash goes', async () => {
  await using folder = await openFolder()
  let now = Date.now()
  const scans = await openScans(folder.path, 'key', () => now)
  await scans.place('open', whose)
  const ended = await scans.place('ended', whose)
  const taken = await scans.take(ended.scanId, 'image/png', content())
  assert.ok(taken)
  await scans.change({ ...taken, state: 'passed-on' })
  const waits = await scans.place('waits', whose)
  await scans.take(waits.scanId, 'image/png', content())
  writeFileSync(join(folder.path, 'x.scan.part'), 'half')
  now += 6 * dayMs
  await scans.forgetOld()
  assert.equal((await scans.find(ended.scanId))?.state, 'passed-on')
  now += 2 * dayMs
  const later = await openScans(folder.path, 'key', () => now)
  await later.forgetOld()
  assert.deepEqual(readdirSync(folder.path).toSorted(), [`${waits.scanId}.json`, `${waits.scanId}.scan`])
  assert.deepEqual(
    (await later.waiting()).map(({ scanId }) => scanId),
    [waits.scanId],
  )
})
