/** B3 printed labels: each page is drawn by Poppler, and its QR codes are read back by ZXing, as a phone would. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inGroups, makeFactoryCode } from '@fairlead/protocol/contract'
import { openFolder } from '../../testkit/folder.ts'
import { readQrCodes } from '../../testkit/qr-codes.ts'
import { runCli } from '../for-tests.ts'
import { placesOf, type SheetName, sheets } from './sheets.ts'

const folder = await openFolder()
after(() => folder[Symbol.asyncDispose]())
const inFolder = (name: string) => join(folder.path, name)

interface Device {
  id: string
  code: string
  model: string
}

const models = ['レーザー複合機 MFC-L9570CDW', '', 'Büro „groß“ & Łódź', 'Офис 12', `Long ${'model '.repeat(20)}`]

function makeList(name: string, count: number): Device[] {
  const devices = Array.from({ length: count }, (_, at) => ({
    id: at === 0 ? 'w'.repeat(64) : `mfp-${at}`,
    code: makeFactoryCode(randomBytes(10)),
    model: models[at % models.length] ?? '',
  }))
  const lines = devices.map(({ id, code, model }) => `${id},${code},${model}`)
  writeFileSync(inFolder(name), ['id,code,model', ...lines].join('\n'))
  return devices
}

const labels = (list: string, out: string, ...more: string[]) =>
  runCli(['codes', 'labels', inFolder(list), '--out', inFolder(out), ...more])

const readCodes = (pdf: string) => readQrCodes(inFolder(pdf))

/** What is written on it, without what lines are broken by. */
const textOf = (pdf: string) =>
  execFileSync('pdftotext', ['-raw', inFolder(pdf), '-'], { encoding: 'utf8' }).replaceAll(/\s/g, '')

for (const [name, count] of [
  ['a4-3x8', 40],
  ['letter-3x10', 40],
  ['single', 5],
] as [SheetName, number][])
  test(`B3 each label of a ${name} sheet has its device's code, as a QR code that reads and as text, in its own place`, async () => {
    const devices = makeList(`${name}.csv`, count)
    const more = ['--sheet', name, '--claim-url', 'https://relay.example.com/claim']
    const { code, stdout, stderr } = await labels(`${name}.csv`, `${name}.pdf`, ...more)
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(
      stdout,
      new RegExp(`^${count} labels in .*${name}\\.pdf, leading to https://relay.example.com/claim\\.`),
    )
    assert.equal(statSync(inFolder(`${name}.pdf`)).mode & 0o777, 0o600)

    const sheet = sheets[name]
    const places = placesOf(sheet)
    const pages = await readCodes(`${name}.pdf`)
    assert.equal(pages.length, Math.ceil(count / places.length))
    assert.equal(pages.flat().length, count, 'no more and no less')
    for (const [at, device] of devices.entries()) {
      const place = places[at % places.length] ?? assert.fail()
      const isInside = ({ x, y }: { x: number; y: number }) =>
        x > place.x && x < place.x + sheet.label.width && y > place.y && y < place.y + sheet.label.height
      const there = pages[Math.floor(at / places.length)]?.filter(isInside).map(({ text }) => text)
      assert.deepEqual(there, [`https://relay.example.com/claim#${device.code}`])
    }

    const written = textOf(`${name}.pdf`)
    for (const { id, code: ofDevice, model } of devices)
      for (const text of [id, inGroups(ofDevice), model.startsWith('Long') ? 'Longmodel' : model.replaceAll(' ', '')])
        assert.ok(written.includes(text), text)
  })

test('B3 without another address the labels lead to the console of the relay, which is not asked for it', async () => {
  const [device] = makeList('console.csv', 1)
  const away = ['--relay', 'https://relay.example.com', '--sheet', 'single']
  assert.equal((await labels('console.csv', 'console.pdf', ...away)).code, 0)
  const address = `https://relay.example.com/console/#/claim/${device?.code}`
  assert.deepEqual(
    (await readCodes('console.pdf')).flat().map(({ text }) => text),
    [address],
  )
  const here = await labels('console.csv', 'here.pdf', '--relay', 'http://localhost:8080')
  assert.match(here.stderr, /^No phone finds that address/)
  const nowhere = await labels('console.csv', 'nowhere.pdf')
  assert.deepEqual([nowhere.code, existsSync(inFolder('nowhere.pdf'))], [2, false])
})

test('what would not be right on the device is refused, with the line, and no file is made', async () => {
  const code = makeFactoryCode(randomBytes(10))
  const other = makeFactoryCode(randomBytes(10))
  const wrong: [string, RegExp][] = [
    [`mfp-1,${code},한글`, /^Line 2: the font of the labels has no "한", as in the model "한글"\. /],
    [`mfp-1,${code},\u202eab`, /^Line 2: the font of the labels has no "\ufffd", as in the model "\ufffdab"/],
    [`mfp-1,${code},\ud83d\udda8`, /^Line 2: the font of the labels has no "🖨"/u],
    [`mfp-1,${code.slice(0, -1)}`, /^Line 2 \(mfp-1\): The code is not 16 letters .*\nNo labels were made/],
    [`mfp-1,${code},\nmfp-2,${code},`, /^Line 3 \(mfp-2\): Line 2 has the same code for another device\.\n/],
    [`MFP 1,${other},`, /^Line 2 \(MFP 1\): The ID is not/],
    ['', /^There is no device in that file\.\n$/],
  ]
  for (const [lines, sentence] of wrong) {
    writeFileSync(inFolder('wrong.csv'), `id,code,model\n${lines}`)
    const { code: status, stdout, stderr } = await labels('wrong.csv', 'wrong.pdf', '--claim-url', 'https://a.example')
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, sentence)
    assert.ok(!existsSync(inFolder('wrong.pdf')))
  }
  for (const url of ['ftp://a.example', 'nonsense', `https://a.example/${'a'.repeat(200)}`])
    assert.equal((await labels('wrong.csv', 'wrong.pdf', '--claim-url', url)).code, 2)
})

test('labels that are there already are not written over', async () => {
  makeList('twice.csv', 1)
  writeFileSync(inFolder('twice.pdf'), 'printed last week')
  const { code, stderr } = await labels('twice.csv', 'twice.pdf', '--claim-url', 'https://a.example')
  assert.deepEqual([code, stderr], [1, `${inFolder('twice.pdf')} is there already. Give another name, or remove it.\n`])
  assert.equal(readFileSync(inFolder('twice.pdf'), 'utf8'), 'printed last week')
})
