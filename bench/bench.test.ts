/** A whole small bench against a real relay, in both ways of answering, and what is made of its results. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFolder } from '../testkit/folder.ts'
import { replaceMarked } from './document.ts'
import { type BenchResult, type FigureName, figureNames, figures, ratioOf, type ServerResult } from './figures.ts'
import { nameOf } from './generator/fleet.ts'
import { askEach } from './generator/loops.ts'
import { createScramKeyring } from './generator/scram-keyring.ts'
import { allPhases, measure, type Phase } from './measure.ts'
import { readOptions } from './options.ts'
import { renderPicture } from './picture.ts'
import { type Plan, wholePlan, withAtMost, withDevices } from './plan.ts'
import { fairlead } from './servers/fairlead.ts'
import type { ServerKind } from './servers/server.ts'
import { openStage } from './stage.ts'
import { renderTables } from './table.ts'

const plan: Plan = {
  devices: 20,
  stormDevices: 20,
  growth: [10, 20],
  atOnce: 8,
  waitSeconds: 1,
  settleMs: 50,
  warmMs: 100,
  measureMs: 500,
  repeats: 1,
  inFlight: 8,
  perSecond: 100,
  patienceMs: 60_000,
}

async function measureSmall(answers: 'session' | 'http', phases: readonly Phase[]): Promise<ServerResult> {
  await using folder = await openFolder()
  const needs = { plan, phases: new Set(phases), folder: folder.path, core: undefined, say() {} }
  return await measure(fairlead(answers), needs)
}

const [inSession, overHttp] = await Promise.all([measureSmall('session', allPhases), measureSmall('http', ['loops'])])

const result = (servers: ServerResult[]): BenchResult => ({
  ...{ at: '2026-01-02T03:04:05.678Z', machine: { cores: 2 }, plan },
  servers,
})

test('every figure is read from a real relay, and every answer is the right one', () => {
  assert.deepEqual(Object.keys(inSession.figures).sort(), [...figureNames].sort())
  for (const name of figureNames) assert.ok(Number.isFinite(inSession.figures[name]), name)
  assert.deepEqual([inSession.failed, inSession.lost, inSession.trouble], [0, 0, ''])
  assert.deepEqual(
    inSession.growth.map(({ devices }) => devices),
    [10, 20],
  )
  // What comes in even steps comes so often, whatever the machine does beside it.
  const [open] = inSession.runs.flatMap(({ open }) => (open as { perSecond: number }[] | undefined) ?? [])
  assert.ok(Math.abs((open?.perSecond ?? 0) - plan.perSecond) < 0.2 * plan.perSecond, JSON.stringify(open))
})

test('answers over plain HTTP are measured as well', () => {
  assert.deepEqual([overHttp.failed, overHttp.lost, overHttp.trouble], [0, 0, ''])
  assert.ok((overHttp.figures.roundTripsPerSecond ?? 0) > 0)
  assert.equal(overHttp.figures.stormSeconds, undefined)
})

test('a phase that breaks off leaves out its own figures alone, and the table says so', async () => {
  await using folder = await openFolder()
  const real = fairlead('session')
  const speechless: ServerKind = {
    ...real,
    async start(place) {
      const server = await real.start(place)
      return { ...server, openAsker: () => Promise.reject(new Error('nobody may ask')) }
    },
  }
  const phases = new Set<Phase>(['idle', 'loops', 'storm'])
  const broken = await measure(speechless, { plan, phases, folder: folder.path, core: undefined, say() {} })
  assert.deepEqual(Object.keys(broken.figures), ['idlePollMs', 'stormSeconds', 'comeBackSeconds', 'continuedPercent'])
  assert.equal(broken.trouble, 'set-up: nobody may ask')
  assert.match(
    renderTables(result([broken])),
    /\*\*Fairlead\*\*: 0 answers failed, 0 sessions were lost. set-up: nobody/,
  )
})

for (const answers of ['session', 'http'] as const)
  test(`each device is asked once and gives its own answer (${answers})`, async () => {
    await using folder = await openFolder()
    const kind = fairlead(answers)
    const place = { folder: folder.path, devices: 20, core: undefined }
    await kind.prepare(place, 'a-secret-of-sixteen')
    const keyring = createScramKeyring('a-secret-of-sixteen', 'sha1')
    await using stage = await openStage({ kind, place, keyring, waitSeconds: 30 })
    const { bound } = await stage.fleet.grow(20, 20, 60_000)
    const asker = await stage.server().openAsker(4)
    assert.deepEqual([bound, await askEach({ fleet: stage.fleet, asker }, 8)], [20, 20])
    assert.deepEqual(
      stage.fleet.devices.map(({ jid }) => jid),
      Array.from({ length: 20 }, (_, index) => `${nameOf(index)}@localhost/bench`),
    )
    asker.close()
  })

test('the tables have every figure, its ratio to the other server, and every step of the growth', () => {
  // Not what was read: a figure of the short run may be 0, of which there is no ratio.
  const all = (value: number) => Object.fromEntries(figureNames.map((name) => [name, value]))
  const one: ServerResult = { ...inSession, figures: all(3) }
  const other: ServerResult = { ...inSession, name: 'other', title: 'Other', version: '9', figures: all(6) }
  const tables = renderTables(result([one, { ...overHttp, figures: all(3) }, other])).split('\n')
  for (const name of figureNames) {
    const rows = tables.filter((line) => line.startsWith(`| ${figures[name].title} |`))
    assert.ok(rows.length >= 2, name)
    assert.equal(rows[0]?.split('|').length, 2 + 4, rows[0] ?? name)
  }
  assert.ok(
    tables.some((line) => line.startsWith('| Fairlead, answers over HTTP is so many times better than | Other |')),
  )
  for (const devices of plan.growth) assert.ok(tables.some((line) => line.startsWith(`| ${devices} |`)))
  const ratio: [FigureName, number, number, number][] = [
    ['roundTripsPerSecond', 30, 10, 3],
    ['idleKb', 10, 30, 3],
    ['openP99Ms', 4, 2, 0.5],
  ]
  for (const [name, one, two, times] of ratio) assert.equal(ratioOf(name, one, two), times, name)
})

test('the picture shows each server, and is one well-formed element', () => {
  const picture = renderPicture(result([inSession, { ...inSession, name: 'other', title: 'Other & <more>' }]))
  assert.match(picture, /^<svg [^<]*>\s*<title>[\s\S]*<\/svg>\n$/)
  assert.match(picture, />Other &amp; &lt;more></)
  assert.doesNotMatch(picture, /NaN|undefined|Infinity/)
})

test('only what is between the marks of a document is written anew', () => {
  const marks = ['<!-- bench: from here on written by `npm run bench -- --write` -->', '<!-- bench: up to here -->']
  const document = replaceMarked(`before\n${marks[0]}\nold\n${marks[1]}\nbehind\n`, 'new')
  assert.equal(document, `before\n${marks[0]}\n\nnew\n\n${marks[1]}\nbehind\n`)
  assert.throws(() => replaceMarked('no marks', 'new'), /needs two lines/)
})

test('the options say what is measured, and a wrong one is refused with a sentence', () => {
  const {
    kinds,
    phases,
    plan: asked,
  } = readOptions(['--only', 'prosody,fairlead', '--phases', 'loops', '--devices', '7000'])
  assert.deepEqual([kinds.map(({ name }) => name), [...phases]], [['fairlead', 'prosody'], ['loops']])
  assert.deepEqual([asked.devices, asked.stormDevices, asked.growth], [7000, 7000, [1000, 5000, 7000]])
  assert.deepEqual(withAtMost(wholePlan, 2000).growth, [1000, 2000])
  assert.deepEqual(withDevices(wholePlan, 20).growth, [20])
  for (const wrong of [['--only', 'nginx'], ['--phases', 'sleep'], ['--devices', '0'], ['--strange'], ['word']])
    assert.throws(() => readOptions(wrong), { name: 'UsageError' }, wrong.join(' '))
})
