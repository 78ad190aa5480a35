/** What the SNMP driver makes of printers that keep the rules, over real UDP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure, silentLog, systemClock } from '@fairlead/base'
import { integer, octets } from './cell.ts'
import { type DriverSpec, openDriver } from './drivers.ts'
import { type FixtureAgent, isSet, openFixtureAgent } from './fixture-agent.ts'
import { writeResponse } from './fixture-ber.ts'
import { plainObjects, plainPrinter } from './fixture-printers.ts'
import { printer, system } from './printer-mib.ts'

const open = (spec: DriverSpec) => openDriver(spec, { clock: systemClock, log: silentLog })
const black = `${printer.suppliesLevel}.1.1`

test('A12 a printer is told by friendly names, and what it lacks is absent', async () => {
  await using agent = await openFixtureAgent(plainPrinter())
  await using driver = await open(agent.url())
  assert.deepEqual(await driver.all(), plainObjects)
})

test('A12 an agent of version 1 is told in the same words', async () => {
  await using agent = await openFixtureAgent(plainPrinter())
  await using driver = await open(agent.url('version=1'))
  assert.deepEqual(await driver.all(), plainObjects)
  assert.ok(agent.requests.every(({ version, pdu }) => version === 0 && pdu !== 0xa5))
})

test('A12 names and OIDs are answered together, each object in exactly one of values and errors', async () => {
  await using agent = await openFixtureAgent(plainPrinter())
  for (const version of ['1', '2c']) {
    await using driver = await open(agent.url(`version=${version}`))
    const answer = await driver.get([
      'toner.black',
      black,
      'ink.cyan',
      '1.3.6.1.4.1.99999.7.0',
      'location',
      'colour',
      '.1.3',
    ])
    assert.deepEqual(answer.values, { 'toner.black': 30, [black]: 600, location: '2nd floor' })
    const codes = Object.fromEntries(Object.entries(answer.errors).map(([object, { code }]) => [object, code]))
    assert.deepEqual(codes, {
      'ink.cyan': 'unknown-object',
      '1.3.6.1.4.1.99999.7.0': 'unknown-object',
      colour: 'unknown-object',
      '.1.3': 'unknown-object',
    })
  }
})

test('A12 every type of value is told as the contract says', async () => {
  const vendor = '1.3.6.1.4.1.99999.2'
  await using agent = await openFixtureAgent([
    [`${vendor}.1.0`, integer(-7)],
    [`${vendor}.2.0`, { type: 'counter64', value: 2n ** 64n - 1n }],
    [`${vendor}.3.0`, { type: 'counter64', value: 2n ** 53n - 1n }],
    [`${vendor}.4.0`, { type: 'octets', value: Uint8Array.of(0xff, 0xfe) }],
    [`${vendor}.5.0`, octets('Grün\0')],
    [`${vendor}.6.0`, { type: 'timeticks', value: 123_456 }],
    [`${vendor}.7.0`, { type: 'ip', value: '192.0.2.200' }],
    [`${vendor}.8.0`, { type: 'oid', value: '1.3.6.1.4.1.99999.5000000' }],
    [`${vendor}.9.0`, { type: 'gauge', value: 4_294_967_295 }],
    [`${vendor}.10.0`, { type: 'octets', value: Uint8Array.of(0x41, 0x01) }],
  ])
  await using driver = await open(agent.url())
  const { values } = await driver.get([...agent.cells.keys()])
  assert.deepEqual(Object.values(values), [
    -7,
    '18446744073709551615',
    9_007_199_254_740_991,
    { hex: 'fffe' },
    'Grün',
    123_456,
    '192.0.2.200',
    '1.3.6.1.4.1.99999.5000000',
    4_294_967_295,
    { hex: '4101' },
  ])
})

test('A12 location is set and told as the device holds it afterwards', async () => {
  await using agent = await openFixtureAgent(plainPrinter())
  await using driver = await open(agent.url())
  const answer = await driver.set({
    location: '3rd floor',
    'toner.black': 100,
    colour: 1,
    contact: 7,
    name: 'x'.repeat(256),
  })
  assert.deepEqual(answer.values, { location: '3rd floor' })
  const codes = Object.fromEntries(Object.entries(answer.errors).map(([object, { code }]) => [object, code]))
  assert.deepEqual(codes, {
    'toner.black': 'read-only',
    colour: 'unknown-object',
    contact: 'bad-value',
    name: 'too-big',
  })
  assert.equal(agent.requests.filter(isSet).length, 1)
})

test('a SET by OID keeps the type that was read just before', async () => {
  const oid = '1.3.6.1.4.1.99999.3.0'
  await using agent = await openFixtureAgent([[oid, { type: 'gauge', value: 5 }]])
  await using driver = await open(agent.url())
  assert.deepEqual(await driver.set({ [oid]: 9 }), { values: { [oid]: 9 }, errors: {} })
  assert.deepEqual(agent.cells.get(oid), { type: 'gauge', value: 9 })
  assert.equal((await driver.set({ [oid]: 'nine' })).errors[oid]?.code, 'bad-value')
  assert.equal((await driver.set({ [oid]: -1 })).errors[oid]?.code, 'bad-value')
})

for (const [status, code] of [
  [17, 'read-only'],
  [6, 'read-only'],
  [2, 'read-only'],
  [10, 'bad-value'],
  [7, 'bad-value'],
  [1, 'too-big'],
  [14, 'not-supported'],
] as const)
  test(`a SET that fails with error-status ${status} is ${code}`, async () => {
    await using agent = await openFixtureAgent(plainPrinter(), (request) =>
      isSet(request) ? [writeResponse(request, { status, statusIndex: 1, varbinds: [] })] : undefined,
    )
    await using driver = await open(agent.url())
    assert.equal((await driver.set({ location: 'cellar' })).errors['location']?.code, code)
  })

test('a SET whose answer is lost is told by reading back, and sent once', async () => {
  await using agent = await openFixtureAgent(plainPrinter(), (request, right) => {
    if (!isSet(request)) return undefined
    right()
    return []
  })
  await using driver = await open(agent.url())
  assert.deepEqual((await driver.set({ location: 'cellar' })).values, { location: 'cellar' })
  assert.equal(agent.requests.filter(isSet).length, 1)
})

test('a SET that a device drops is no-answer', async () => {
  await using agent = await openFixtureAgent(plainPrinter(), (request) => (isSet(request) ? [] : undefined))
  await using driver = await open(agent.url())
  assert.equal((await driver.set({ location: 'cellar' })).errors['location']?.code, 'no-answer')
})

test('a SET uses the community that may write', async () => {
  await using agent = await openFixtureAgent(plainPrinter())
  await using driver = await open(agent.url('community=readers&writeCommunity=writers'))
  await driver.set({ location: 'cellar' })
  assert.deepEqual(
    new Set(agent.requests.map(({ pdu, community }) => `${isSet({ pdu } as never)} ${community}`)),
    new Set(['false readers', 'true writers']),
  )
})

test('a silent device is no-answer for each object, and all of it fails with one sentence', async () => {
  await using agent = await openFixtureAgent([], () => [])
  await using driver = await open(agent.url())
  const answer = await driver.get(['location', black])
  assert.deepEqual(
    Object.values(answer.errors).map(({ code }) => code),
    ['no-answer', 'no-answer'],
  )
  assert.equal((await driver.set({ location: 'x' })).errors['location']?.code, 'no-answer')
  await assert.rejects(driver.all(), (error: unknown) => error instanceof Failure && error.code === 'device-timeout')
})

test('a device that hangs on one table is told without it', async () => {
  const supplies = '1.3.6.1.2.1.43.11.'
  await using agent = await openFixtureAgent(plainPrinter(), (request) =>
    request.varbinds.some(({ oid }) => oid.startsWith(supplies)) ? [] : undefined,
  )
  await using driver = await open(agent.url())
  const objects = await driver.all()
  assert.equal(objects['model'], 'Ardea LaserWriter 40')
  assert.ok(!('supplies' in objects))
})

test('a device that is off costs two time-outs, however much is asked of it', async () => {
  await using agent = await openFixtureAgent([], () => [])
  await using driver = await open(agent.url())
  const answer = await driver.get(['model', 'status', 'mac', 'pages', 'supplies', 'trays'])
  assert.deepEqual([...new Set(Object.values(answer.errors).map(({ code }) => code))], ['no-answer'])
  assert.equal(Object.keys(answer.errors).length, 6)
  assert.ok(agent.requests.length <= 6, `${agent.requests.length} packets`)
})

test('a name without text is there and empty; a serial number without text is absent', async () => {
  await using agent = await openFixtureAgent([
    [system.name, octets('')],
    [`${printer.generalSerialNumber}.1`, octets('  ')],
  ])
  await using driver = await open(agent.url())
  assert.deepEqual(await driver.all(), { name: '' })
})

test('register information is what the device tells (A2)', async () => {
  await using agent = await openFixtureAgent(plainPrinter())
  await using driver = await open(agent.url())
  assert.deepEqual(await driver.capabilities(), {
    serial: 'AR-40-0077',
    model: 'Ardea LaserWriter 40',
    memoryBytes: 268_435_456,
    media: ['a4'],
    supplies: ['Black Toner'],
    features: ['object-names'],
  })
})

test('A15 restart is a power cycle by prtGeneralReset; other commands are refused in words', async () => {
  const reset = `${printer.generalReset}.1`
  await using agent: FixtureAgent = await openFixtureAgent([[reset, integer(3)]])
  await using driver = await open(agent.url())
  assert.deepEqual(await driver.command('restart', {}), { restarted: true })
  assert.deepEqual(agent.cells.get(reset), integer(4))
  await assert.rejects(driver.command('dance', {}), { code: 'device-refused', message: /no command dance/ })
})

test('a driver that is closed in the middle of a question answers it with no-answer, at once', async () => {
  await using agent = await openFixtureAgent([], () => [])
  for (const spec of [agent.url(), { url: agent.url(), user: 'ops' }]) {
    const driver = await open(spec)
    const asked = driver.get([system.location, 'location', 'supplies'])
    while (agent.requests.length === 0) await new Promise((go) => setImmediate(go))
    const sinceMs = systemClock.now()
    await driver[Symbol.asyncDispose]()
    assert.deepEqual(
      Object.values((await asked).errors).map(({ code }) => code),
      ['no-answer', 'no-answer', 'no-answer'],
    )
    assert.ok(systemClock.now() - sinceMs < 200)
    agent.requests.length = 0
  }
})
