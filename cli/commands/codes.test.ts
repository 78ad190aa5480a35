/** B1 B2 `fairlead codes`: makes codes and puts them on the list of a real relay, from files of all sorts. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inGroups, makeFactoryCode, readFactoryCode } from '@fairlead/protocol/contract'
import { openFolder } from '../../testkit/folder.ts'
import { openHttpWire } from '../../testkit/http-wire.ts'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { until } from '../../testkit/until.ts'
import { cliFor, runAtTerminal, runCli } from '../for-tests.ts'

const street = await openNeighbourhood({ relay: ['--enrolment', 'list'] })
const folder = await openFolder()
after(() => folder[Symbol.asyncDispose]())
after(() => street[Symbol.asyncDispose]())
const run = cliFor(street)

const newCode = () => makeFactoryCode(randomBytes(10))
const inFolder = (name: string) => join(folder.path, name)

function write(name: string, content: string | Uint8Array): string {
  writeFileSync(inFolder(name), content)
  return inFolder(name)
}

test('B1 codes that were made are put on the list, and a device that comes with one is claimed by it', async () => {
  const path = inFolder('made.csv')
  const made = await runCli(['codes', 'make', '3', '--prefix', 'mfp-', '--model', 'Büro, "groß"', '--out', path])
  assert.deepEqual([made.code, made.stderr], [0, ''])
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const [head, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n')
  assert.equal(head, 'id,code,model')
  const read = lines.map((line) => /^(mfp-[0-9a-z]{10}),([^,]+),"Büro, ""groß"""$/.exec(line) ?? assert.fail(line))
  assert.equal(new Set(read.map(([, id]) => id)).size, 3)
  for (const [, , code = ''] of read) assert.equal(inGroups(readFactoryCode(code) ?? ''), code)
  const again = await runCli(['codes', 'make', '3', '--out', path])
  assert.deepEqual([again.code, again.stderr], [1, `${path} is there already. Give another name, or remove it.\n`])

  const first = await run(['codes', 'import', path])
  assert.deepEqual([first.code, first.stdout, first.stderr], [0, '3 lines: 3 added, 0 known, 0 refused\n', ''])
  const second = await run(['codes', 'import', path])
  assert.deepEqual([second.code, second.stdout], [0, '3 lines: 0 added, 3 known, 0 refused\n'])

  const [, id, code = ''] = read[0] ?? []
  const enrolled = await fetch(`${street.url}/device/v1/enrol`, { method: 'POST', body: JSON.stringify({ id, code }) })
  assert.equal(enrolled.status, 202)
  const claimed = await run(['claim', code])
  assert.equal(claimed.code, 0, claimed.stderr)
  assert.match(claimed.stdout, /^Büro, "groß" is yours\./)
})

test('without --out the codes go to standard output, and what cannot be an ID is refused', async () => {
  const { stdout } = await runCli(['codes', 'make', '1'])
  assert.match(stdout, /^id,code,model\ndevice-[0-9a-z]{10},[^,\n]{21},\n$/)
  for (const args of [
    ['make', '0'],
    ['make', '1', '--prefix', 'MFP '],
    ['make', '1', '--model', 'a\nb'],
  ])
    assert.equal((await runCli(['codes', ...args])).code, 2, args.join(' '))
})

test('B2 a list is read from whichever program wrote it, and each refused line is named by its number in the file', async () => {
  const codes = Array.from({ length: 5 }, newCode)
  const excel = [
    `\ufeffModel;"Serial";CODE;Id`,
    `"複合機; A4";S1;${inGroups(codes[0] ?? '').toLowerCase()};xl-1`,
    '',
    `;;${codes[1]};"xl-2"`,
    `Office;S3;${codes[2]?.slice(0, -1)};xl-3`,
    `Office;S4;${codes[0]};xl-4`,
    `Office;S5;${codes[3]};XL 5`,
    'Office;S6',
    `${'x'.repeat(129)};S7;${codes[4]};xl-7`,
    `Office;S1;${codes[0]};xl-1`,
    '',
  ].join('\r\n')
  const path = write('excel.csv', excel)
  const { code, stdout, stderr } = await run(['codes', 'import', path])
  assert.deepEqual([code, stderr], [1, ''])
  assert.equal(
    stdout,
    [
      'Line 5 (xl-3): The code is not 16 letters and digits with their check symbol.',
      'Line 6 (xl-4): Line 2 has the same code for another device.',
      'Line 7 (XL 5): The ID is not 1 to 64 characters of a-z 0-9 . _ -',
      'Line 8: The ID is not 1 to 64 characters of a-z 0-9 . _ -',
      'Line 9 (xl-7): The model is longer than 128 characters, or has control characters in it.',
      '8 lines: 2 added, 1 known, 5 refused',
      '',
    ].join('\n'),
  )
  const { stdout: json } = await run(['codes', 'import', '-', '--json'], { input: excel })
  const { items, ...counts } = JSON.parse(json)
  assert.deepEqual(counts, { added: 0, known: 3, refused: 5 })
  assert.deepEqual(
    items.map(({ line, result }: { line: number; result: string }) => `${line} ${result}`),
    ['2 known', '4 known', '5 refused', '6 refused', '7 refused', '8 refused', '9 refused', '10 known'],
  )
})

test('what is no list is refused in words, and nothing is sent', async () => {
  const wrong: [string, string | Uint8Array, RegExp][] = [
    ['empty', '', /has no column "id"\. Its first line names the columns: id,code,model/],
    ['headless', `mfp-1,${newCode()}\n`, /has no column "id"/],
    ['twice', 'id,code,ID\n', /has two columns "id"\./],
    ['sjis', Uint8Array.of(0x69, 0x64, 0x2c, 0x83, 0x8c), /is not UTF-8\. Save it as "CSV UTF-8" and try again\./],
    ['quote', `id,code\nmfp-1,"${newCode()}\n`, /is no CSV file: .*line 2/i],
  ]
  for (const [name, content, sentence] of wrong) {
    const { code, stdout, stderr } = await run(['codes', 'import', write(`${name}.csv`, content)])
    assert.deepEqual([code, stdout], [1, ''], name)
    assert.match(stderr, sentence)
  }
  const missing = await run(['codes', 'import', inFolder('missing.csv')])
  assert.deepEqual([missing.code, missing.stderr], [1, `${inFolder('missing.csv')} cannot be opened (ENOENT).\n`])
})

test('B2 a long list goes page by page; one that was cut off says how far it came, and is sent again', async () => {
  const lines = Array.from({ length: 2_300 }, (_, at) => `long-${at},${newCode()},${'複合機'.repeat(40)}`)
  const path = write('long.csv', `id,code,model\n${lines.join('\n')}\n`)
  await using wire = await openHttpWire(street.url, { delayMs: 500 })
  const cutOff = run(['codes', 'import', path], { environment: { FAIRLEAD_RELAY: wire.url } })
  await until('the first page has gone', () => wire.visits[0]?.answered)
  wire.set({ loseAnswerFraction: 1 })
  const { code, stdout, stderr } = await cutOff
  assert.deepEqual([code, stdout], [1, ''])
  const [, told = ''] = /^([\d,]+) lines went before this, and stay\. Send the file again\.\n/.exec(stderr) ?? []
  const went = Number(told.replace(',', ''))
  assert.ok(went > 0 && went < 2_300, stderr)

  const atTerminal = await runAtTerminal(['codes', 'import', path], {
    environment: { FAIRLEAD_RELAY: street.url, FAIRLEAD_KEY: street.adminKey },
  })
  assert.equal(atTerminal.code, 0)
  const sums =
    /2,300 lines: ([\d,]+) added, ([\d,]+) known, 0 refused\n$/.exec(atTerminal.stdout) ?? assert.fail(stderr)
  const [added = 0, known = 0] = sums.slice(1).map((sum) => Number(sum.replace(',', '')))
  assert.equal(added + known, 2_300)
  assert.ok(known > went, 'the page whose answer was lost is stored too')
})
