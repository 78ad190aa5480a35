/** The simulated printer: one MIB by name and by OID, used up only by what it prints. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createHandClock, silentLog, systemClock } from '@fairlead/base'
import { openDriver } from './drivers.ts'
import { openFixtureAgent } from './fixture-agent.ts'
import { openVirtualDriver } from './virtual.ts'
import { cellsOf } from './virtual-mib.ts'
import { createVirtualPrinter } from './virtual-printer.ts'

const open = (query = '', data?: string) =>
  openVirtualDriver(`virtual?${query}`, { clock: systemClock, ...(data !== undefined && { data }) })
const blackLevel = '1.3.6.1.2.1.43.11.1.1.9.1.1'
const lifeCount = '1.3.6.1.2.1.43.10.2.1.4.1.1'
const sysLocation = '1.3.6.1.2.1.1.6.0'

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-virtual-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('A12 black toner is supply 1, by name and by OID', async () => {
  await using driver = await open('toner.black=40&pages=34910&location=2nd%20floor')
  const asked = ['toner.black', blackLevel, '1.3.6.1.2.1.43.11.1.1.8.1.1', 'pages', lifeCount, 'location', sysLocation]
  assert.deepEqual(await driver.get(asked), {
    values: {
      'toner.black': 40,
      [blackLevel]: 40,
      '1.3.6.1.2.1.43.11.1.1.8.1.1': 100,
      pages: { value: 34_910, unit: 'impressions' },
      [lifeCount]: 34_910,
      location: '2nd floor',
      [sysLocation]: '2nd floor',
    },
    errors: {},
  })
})

test('A12 what it does not have is an unknown object', async () => {
  await using driver = await open()
  const { values, errors } = await driver.get(['ink.cyan', '1.3.6.1.4.1.99999.1', 'toString', ''])
  assert.deepEqual(values, {})
  assert.deepEqual(
    Object.values(errors).map(({ code }) => code),
    Array(4).fill('unknown-object'),
  )
})

test('every first value is told', async () => {
  await using driver = await open(
    'model=M&serial=S&firmware=F&mac=02:AA:00:00:00:01&ip=198.51.100.4&name=N&contact=C&status=sleeping&tray.2=0&toner.cyan=0',
  )
  const { values } = await driver.get([
    'model',
    'serial',
    'firmware',
    'mac',
    'ip',
    'addresses',
    'name',
    'contact',
    'status',
    'toner.cyan',
  ])
  assert.deepEqual(Object.values(values), [
    'M',
    'S',
    'F',
    '02:aa:00:00:00:01',
    '198.51.100.4',
    ['198.51.100.4/24'],
    'N',
    'C',
    'sleeping',
    0,
  ])
})

test('alerts follow from what is low, empty or given', async () => {
  await using driver = await open('toner.black=10&toner.cyan=0&tray.1=25&tray.2=0&alerts=door-open')
  const { values } = await driver.get(['alerts', 'status'])
  assert.deepEqual(values, {
    alerts: ['low-paper', 'low-toner', 'no-toner', 'door-open', 'input-tray-empty'],
    status: 'stopped',
  })
  await using full = await open()
  assert.deepEqual((await full.get(['alerts', 'status'])).values, { alerts: [], status: 'idle' })
})

test('a test page takes toner and a sheet, and counts', async () => {
  await using driver = await open('toner.black=40&pagesPerCartridge=100')
  assert.deepEqual(await driver.command('print-test-page', { pages: 5 }), { pages: 5, totalPages: 5 })
  const { values } = await driver.get(['toner.black', 'pages', 'trays'])
  assert.equal(values['toner.black'], 35)
  assert.deepEqual(values['pages'], { value: 5, unit: 'impressions' })
  assert.deepEqual(
    (values['trays'] as { level: number }[]).map(({ level }) => level),
    [245, 500],
  )
})

test('it prints until it is out of toner, and says how far it came', async () => {
  await using driver = await open('toner.black=3&pagesPerCartridge=100')
  await assert.rejects(driver.command('print', { pages: 2, copies: 2 }), {
    code: 'device-refused',
    message: 'The printer cannot print: the black toner is empty. It printed 3 of 4 pages.',
  })
  const { values } = await driver.get(['toner.black', 'status', 'pages'])
  assert.deepEqual(values, { 'toner.black': 0, status: 'stopped', pages: { value: 3, unit: 'impressions' } })
  await driver.command('refill', { 'toner.black': 100 })
  assert.deepEqual(await driver.command('print', {}), { pages: 1, totalPages: 4 })
})

test('it prints from the next tray when one is empty, and not without paper', async () => {
  await using driver = await open('tray.1=1&tray.2=1')
  await driver.command('print-test-page', { pages: 2 })
  await assert.rejects(driver.command('print-test-page', {}), {
    message: 'The printer cannot print: all trays are empty.',
  })
})

test('long work takes its time, is seen, and is done one job after another', async () => {
  const clock = createHandClock()
  await using driver = await openVirtualDriver('virtual?secondsPerPage=2', { clock })
  const told: unknown[] = []
  const first = driver.command('print-test-page', { pages: 2 }).then((result) => told.push(result))
  const second = driver.command('print-test-page', {}).then((result) => told.push(result))
  const turn = () => new Promise((go) => setImmediate(go))
  await turn()
  assert.deepEqual((await driver.get(['status', lifeCount])).values, { status: 'printing', [lifeCount]: 1 })
  assert.deepEqual(await driver.command('identify', {}), { identified: true })
  for (let i = 0; i < 3; i++) {
    clock.pass(2000)
    await turn()
  }
  await Promise.all([first, second])
  assert.deepEqual(told, [
    { pages: 2, totalPages: 2 },
    { pages: 1, totalPages: 3 },
  ])
  assert.deepEqual((await driver.get(['status'])).values, { status: 'idle' })
})

test('switched off in the middle of a page, it says so and ends', async () => {
  const driver = await openVirtualDriver('virtual?secondsPerPage=60', { clock: createHandClock() })
  const printing = assert.rejects(
    driver.command('print-test-page', { pages: 3 }),
    /switched off\. It printed 1 of 3 pages/,
  )
  await driver[Symbol.asyncDispose]()
  await printing
})

for (const [command, args] of [
  ['dance', {}],
  ['print-test-page', { pages: 0 }],
  ['print-test-page', { pages: '3' }],
  ['print-test-page', { sides: 2 }],
  ['print', { pages: 1001 }],
  ['identify', { loud: true }],
  ['refill', { 'toner.red': 10 }],
  ['refill', { 'toner.black': 101 }],
] as const)
  test(`A15 ${command} ${JSON.stringify(args)} is refused in words, and nothing is printed`, async () => {
    await using driver = await open()
    await assert.rejects(driver.command(command, args), { code: 'device-refused' })
    assert.deepEqual((await driver.get([lifeCount])).values, { [lifeCount]: 0 })
  })

test('A15 clean and restart are done; a restart begins a new time', async () => {
  const clock = createHandClock()
  await using driver = await openVirtualDriver('virtual', { clock })
  const sysUpTime = '1.3.6.1.2.1.1.3.0'
  clock.pass(5000)
  assert.deepEqual((await driver.get([sysUpTime])).values, { [sysUpTime]: 500 })
  assert.deepEqual(await driver.command('clean', {}), { cleaned: true })
  assert.deepEqual(await driver.command('restart', {}), { restarted: true })
  assert.deepEqual((await driver.get([sysUpTime])).values, { [sysUpTime]: 0 })
})

test('name, location and contact are set by name and by OID; everything else is read-only', async () => {
  await using driver = await open()
  const long = 'ö'.repeat(128)
  const answer = await driver.set({
    location: 'Küche',
    [sysLocation.replace('.6.0', '.5.0')]: 'mfp-7',
    contact: 5,
    name: long,
  })
  assert.deepEqual(answer.values, { location: 'Küche', '1.3.6.1.2.1.1.5.0': 'mfp-7' })
  assert.deepEqual([answer.errors['contact']?.code, answer.errors['name']?.code], ['bad-value', 'too-big'])
  assert.deepEqual((await driver.get([sysLocation, 'name'])).values, { [sysLocation]: 'Küche', name: 'mfp-7' })
  const refused = await driver.set({
    'toner.black': 100,
    [blackLevel]: 100,
    firmware: '2',
    colour: 1,
    '1.3.6.1.9.9': 1,
  })
  assert.deepEqual(
    Object.values(refused.errors).map(({ code }) => code),
    ['read-only', 'read-only', 'read-only', 'unknown-object', 'unknown-object'],
  )
})

test('A13 a printer that knows only OIDs answers only those', async () => {
  await using driver = await open('names=off&location=attic')
  const { values, errors } = await driver.get(['location', sysLocation])
  assert.deepEqual(values, { [sysLocation]: 'attic' })
  assert.equal(errors['location']?.code, 'unknown-object')
  assert.equal((await driver.set({ location: 'x' })).errors['location']?.code, 'unknown-object')
  assert.deepEqual((await driver.set({ [sysLocation]: 'x' })).values, { [sysLocation]: 'x' })
})

test('it may have objects of its own by OID; a SET keeps their type', async () => {
  const number = '1.3.6.1.4.1.99999.4.0'
  const text = '1.3.6.1.4.1.99999.5.0'
  await using driver = await open(`${number}=17&${text}=eco`)
  assert.deepEqual((await driver.get([number, text])).values, { [number]: 17, [text]: 'eco' })
  assert.deepEqual((await driver.set({ [number]: 18, [text]: 'full' })).values, { [number]: 18, [text]: 'full' })
  assert.equal((await driver.set({ [number]: 'x' })).errors[number]?.code, 'bad-value')
})

test('what it printed and was told survives a restart; a first value counts again only when it is another one', async () => {
  await inFolder(async (folder) => {
    {
      await using driver = await open('toner.black=50&pagesPerCartridge=100', folder)
      await driver.command('print-test-page', { pages: 10 })
      await driver.set({ location: 'cellar' })
    }
    {
      await using driver = await open('toner.black=50&pagesPerCartridge=100', folder)
      const { values } = await driver.get(['toner.black', lifeCount, 'location', 'trays'])
      assert.deepEqual([values['toner.black'], values[lifeCount], values['location']], [40, 10, 'cellar'])
      assert.deepEqual((values['trays'] as { level: number }[])[0]?.level, 240)
    }
    await using driver = await open('toner.black=90', folder)
    assert.deepEqual((await driver.get(['toner.black', lifeCount])).values, { 'toner.black': 90, [lifeCount]: 10 })
  })
})

test('a memory that is no memory is left alone and named', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'virtual-printer.json')
    await writeFile(file, '{"pages":-1}')
    await assert.rejects(open('', folder), { name: 'UsageError', message: /virtual-printer\.json/ })
    assert.equal(await readFile(file, 'utf8'), '{"pages":-1}')
  })
})

test('register information names what it can do (A2)', async () => {
  await using driver = await open('serial=V-9')
  const { serial, features, media, supplies } = await driver.capabilities()
  assert.equal(serial, 'V-9')
  assert.ok(features?.includes('print-test-page') && features.includes('color'))
  assert.equal(media?.length, 2)
  assert.equal(supplies?.length, 5)
})

test('its MIB is told the same through SNMP as by itself', async () => {
  const printer = createVirtualPrinter()
  printer.conditions.push('jammed')
  await using agent = await openFixtureAgent(cellsOf(printer, 0))
  await using overSnmp = await openDriver(agent.url(), { clock: systemClock, log: silentLog })
  await using itself = await open('alerts=jammed')
  assert.deepEqual(await overSnmp.all(), await itself.all())
})

for (const [kind, command, args, oid] of [
  ['3d-printer', 'print-model', { layers: 120 }, '1.3.6.1.4.1.32473.1.1.0'],
  ['embroidery-machine', 'embroider', { stitches: 5000 }, '1.3.6.1.4.1.32473.2.1.0'],
  ['shape-scanner', 'scan-shape', { points: 40_000 }, '1.3.6.1.4.1.32473.3.1.0'],
  ['camera', 'record', { seconds: 30 }, '1.3.6.1.4.1.32473.4.1.0'],
] as const)
  test(`A15 a virtual ${kind} does its own work, counts it, and has nothing of a printer`, async () => {
    await using driver = await openVirtualDriver(`virtual:${kind}?location=hall&serial=M-1`, { clock: systemClock })
    assert.deepEqual(await driver.command(command, args), args)
    await driver.command(command, args)
    const [amount = 0] = Object.values(args)
    assert.deepEqual((await driver.get([oid, 'location', 'serial'])).values, {
      [oid]: 2 * amount,
      location: 'hall',
      serial: 'M-1',
    })
    assert.deepEqual(Object.keys(await driver.all()), [
      'model',
      'serial',
      'firmware',
      'name',
      'location',
      'contact',
      'mac',
      'ip',
      'addresses',
    ])
    assert.deepEqual((await driver.set({ name: 'its name' })).values, { name: 'its name' })
    await assert.rejects(driver.command('print-test-page', {}), { code: 'device-refused' })
    await assert.rejects(driver.command(command, { speed: 1 }), { code: 'device-refused' })
    const { features } = await driver.capabilities()
    assert.deepEqual([features?.includes(kind), features?.includes(command)], [true, true])
  })
