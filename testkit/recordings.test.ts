/** The check of recorded printers itself: a right one passes, a wrong one is named; recordings written here. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Json } from '@fairlead/protocol/contract'
import { compare, compareJson, readRecording } from './recording.ts'
import { runRecordings } from './recordings.ts'

const heron = `1.3.6.1.2.1.1.1.0|4|Heron NetCard
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1
1.3.6.1.2.1.1.5.0|4x|6865726f6e00
1.3.6.1.2.1.2.2.1.3.1|2|6
1.3.6.1.2.1.2.2.1.6.1|4x|0200005e0001
1.3.6.1.2.1.2.2.1.8.1|2|1
1.3.6.1.2.1.4.20.1.2.198.51.100.9|2|1
1.3.6.1.2.1.4.20.1.3.198.51.100.9|64|255.255.255.0
1.3.6.1.2.1.25.3.2.1.2.1|6|1.3.6.1.2.1.25.3.1.5
1.3.6.1.2.1.25.3.2.1.3.1|4|Heron 7
1.3.6.1.2.1.25.3.5.1.2.1|4x|20
1.3.6.1.2.1.43.8.2.1.9.1.1|2|250
1.3.6.1.2.1.43.8.2.1.10.1.1|2|-3
1.3.6.1.2.1.43.10.2.1.4.1.1|65|77
1.3.6.1.2.1.43.11.1.1.5.1.2|2|3
1.3.6.1.2.1.43.11.1.1.6.1.2|4|Black Toner
1.3.6.1.2.1.43.11.1.1.8.1.2|2|400
1.3.6.1.2.1.43.11.1.1.9.1.2|2|100
`
const heronJson = (percent: number) =>
  JSON.stringify({ data: [{ supply_index: 2, supply_type: 'toner', supply_current: percent }] })
const labels = '1.3.6.1.2.1.1.1.0|4|Label printer\n1.3.6.1.2.1.1.5.0|4|labels\n'

test('recordings are served over UDP and told, one line a printer; a wrong one is named', async () => {
  const home = await mkdtemp(join(tmpdir(), 'fairlead-recordings-test-'))
  try {
    const folder = join(home, 'snmp')
    await mkdir(folder)
    await writeFile(join(folder, 'heron.snmprec'), heron)
    await writeFile(join(folder, 'heron.json'), heronJson(25))
    await writeFile(join(folder, 'labels.snmprec'), labels)
    const right: string[] = []
    assert.equal(await runRecordings(home, (line) => right.push(line)), true)
    assert.deepEqual(right, [
      'ok     heron: Heron 7, 198.51.100.9, toner.black 25 %',
      'ok     labels: Label printer',
      '2 of 2',
    ])

    await writeFile(join(folder, 'heron.json'), heronJson(75))
    const wrong: string[] = []
    assert.equal(await runRecordings(folder, (line) => wrong.push(line)), false)
    assert.match(wrong[0] ?? '', /^WRONG {2}heron/)
    assert.equal(wrong.at(-1), '1 of 2')
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})

test('a folder without recordings is refused in one sentence', async () => {
  await assert.rejects(
    runRecordings(tmpdir(), () => {}),
    { name: 'UsageError' },
  )
})

test('every fact that is told otherwise is a difference', () => {
  const recording = readRecording(heron)
  const right = {
    model: 'Heron 7',
    name: 'heron',
    alerts: ['low-toner'],
    mac: '02:00:00:5e:00:01',
    ip: '198.51.100.9',
    pages: { value: 77, unit: 'unknown' },
    supplies: [
      { index: 2, description: 'Black Toner', type: 'toner', color: 'black', level: 100, capacity: 400, percent: 25 },
    ],
    'toner.black': 25,
    trays: [{ index: 1, level: 'some', capacity: 250 }],
  }
  assert.deepEqual(compare(recording, right), [])
  for (const [name, value] of Object.entries({
    model: 'Heron NetCard',
    name: undefined,
    alerts: [],
    mac: '02:00:00:5e:00:02',
    ip: '127.0.0.1',
    pages: { value: 78, unit: 'unknown' },
    supplies: [],
    'toner.black': 24,
    trays: [{ index: 1, level: 50, capacity: 250 }],
  })) {
    const told = Object.fromEntries(
      Object.entries({ ...right, [name]: value }).filter(([, each]) => each !== undefined),
    )
    assert.notDeepEqual(compare(recording, told as Record<string, Json>), [], name)
  }
  assert.deepEqual(compareJson(recording, JSON.parse(heronJson(25)), right), [])
  assert.equal(compareJson(recording, JSON.parse(heronJson(24)), right).length, 1)
})
