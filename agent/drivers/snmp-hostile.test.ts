/** Agents that break the rules, by age, by mistake or on purpose: bounded work, no crash, and the truth as far as it goes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom, silentLog, systemClock } from '@fairlead/base'
import { integer, octets } from './cell.ts'
import type { Driver } from './driver.ts'
import { openDriver } from './drivers.ts'
import { type Fault, type FixtureAgent, isGetBulk, isGetNext, openFixtureAgent } from './fixture-agent.ts'
import { tlv, writeResponse } from './fixture-ber.ts'
import { plainObjects, plainPrinter } from './fixture-printers.ts'
import { printer, system } from './printer-mib.ts'

const open = (agent: FixtureAgent, options = ''): Promise<Driver> =>
  openDriver(agent.url(options), { clock: systemClock, log: silentLog })

/** Each of these still tells the whole printer. */
const survivable: Record<string, Fault> = {
  'an agent that drops GETBULK': (request) => (isGetBulk(request) ? [] : undefined),
  'an agent that answers GETBULK with genErr': (request) =>
    isGetBulk(request) ? [writeResponse(request, { status: 5, varbinds: [] })] : undefined,
  'an agent with room for one object in a request': (request) =>
    request.varbinds.length > 1 ? [writeResponse(request, { status: 1, varbinds: [] })] : undefined,
  'an agent that says noSuchName for all if one is missing, in version 2c': (request, right) => {
    const response = right()
    const isMissing = response.varbinds.some(({ value }) => typeof value === 'string')
    return isMissing && !isGetBulk(request) ? [writeResponse(request, { status: 2, varbinds: [] })] : undefined
  },
  'an agent that answers GETBULK with one row at a time': (request, right) =>
    isGetBulk(request)
      ? [writeResponse(request, { varbinds: right().varbinds.slice(0, request.varbinds.length) })]
      : undefined,
  'an agent that cuts its answers in the middle of a row': (request, right) =>
    isGetBulk(request) ? [writeResponse(request, { varbinds: right().varbinds.slice(0, 5) })] : undefined,
  'an agent that answers a wrong request first': (request, right) => [
    writeResponse({ ...request, requestId: request.requestId ^ 1 }, { varbinds: [] }),
    writeResponse(request, right()),
  ],
  'an agent that sends rubbish first': (request, right) => [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(0),
    Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff),
    writeResponse(request, right()).subarray(0, 20),
    writeResponse(request, right()),
  ],
  'an agent that answers twice': (request, right) => [writeResponse(request, right()), writeResponse(request, right())],
}

for (const [who, fault] of Object.entries(survivable))
  test(`${who} is told in full`, async () => {
    await using agent = await openFixtureAgent(plainPrinter(), fault)
    await using driver = await open(agent)
    assert.deepEqual(await driver.all(), plainObjects)
  })

test('a table that goes round in circles ends, and the rest of the printer is told', async () => {
  const first = `${printer.suppliesType}.1.1`
  await using agent = await openFixtureAgent(plainPrinter(), (request) => {
    const isTable = request.varbinds.some(({ oid }) => oid.startsWith(printer.suppliesType))
    if (!isTable || !(isGetBulk(request) || isGetNext(request))) return undefined
    return [writeResponse(request, { varbinds: request.varbinds.map(() => ({ oid: first, value: integer(3) })) })]
  })
  await using driver = await open(agent)
  const objects = await driver.all()
  assert.equal(objects['serial'], plainObjects.serial)
  assert.ok(agent.requests.length < 100, `${agent.requests.length} requests`)
})

test('a table without an end is cut at its bound', async () => {
  await using agent = await openFixtureAgent(plainPrinter(), (request) => {
    if (!isGetBulk(request) && !isGetNext(request)) return undefined
    const times = isGetBulk(request) ? request.repetitions : 1
    let at = request.varbinds.map(({ oid }) => oid)
    const varbinds = Array.from({ length: times }).flatMap(() => {
      at = at.map((oid) => `${oid}.1`)
      return at.map((oid) => ({ oid: oid.split('.').length > 100 ? '1.4' : oid, value: octets('x'.repeat(20)) }))
    })
    return [writeResponse(request, { varbinds })]
  })
  await using driver = await open(agent)
  await driver.all()
  assert.ok(agent.requests.length < 2000, `${agent.requests.length} requests`)
})

test('a column of endless rows is cut at 512', async () => {
  const column = printer.inputName
  await using agent = await openFixtureAgent([], (request) => {
    if (!isGetBulk(request)) return undefined
    const rows = request.varbinds.map(({ oid }) => (oid.startsWith(`${column}.`) ? Number(oid.split('.').at(-1)) : 0))
    const varbinds = Array.from({ length: request.repetitions }).flatMap((_, i) =>
      request.varbinds.map(({ oid }, at) =>
        oid.startsWith(column)
          ? { oid: `${column}.1.${(rows[at] ?? 0) + i + 1}`, value: octets(`tray ${i}`) }
          : { oid, value: 'endOfMibView' as const },
      ),
    )
    return [writeResponse(request, { varbinds })]
  })
  await using driver = await open(agent)
  const { values } = await driver.get(['trays'])
  assert.equal((values['trays'] as unknown[]).length, 512)
})

test('an answer for another object than was asked is no value', async () => {
  await using agent = await openFixtureAgent(plainPrinter(), (request) => [
    writeResponse(request, { varbinds: [{ oid: system.contact, value: octets('mallory') }] }),
  ])
  await using driver = await open(agent)
  const answer = await driver.get([system.location])
  assert.deepEqual(answer.values, {})
  assert.equal(answer.errors[system.location]?.code, 'not-supported')
})

test('values of the wrong type are not believed', async () => {
  const cells = plainPrinter()
  cells.set(`${printer.suppliesLevel}.1.1`, octets('lots'))
  cells.set(`${printer.markerLifeCount}.1.1`, octets('many'))
  cells.set(`${printer.generalSerialNumber}.1`, integer(7))
  cells.set('1.3.6.1.2.1.25.3.5.1.2.3', integer(64))
  cells.set('1.3.6.1.2.1.2.2.1.6.2', octets('too long to be a hardware address'))
  await using agent = await openFixtureAgent(cells)
  await using driver = await open(agent)
  const objects = await driver.all()
  for (const name of ['pages', 'serial', 'alerts', 'mac']) assert.ok(!(name in objects), name)
  assert.equal(objects['toner.black'], 'unknown')
})

test('a packet as large as UDP allows is read or dropped, never fatal', async () => {
  await using agent = await openFixtureAgent(plainPrinter(), (request) => [
    writeResponse(request, {
      varbinds: request.varbinds.map(({ oid }) => ({ oid, value: octets('A'.repeat(60_000)) })).slice(0, 1),
    }),
  ])
  await using driver = await open(agent)
  const { values } = await driver.get([system.descr])
  assert.equal(String(values[system.descr]).length, 60_000)
})

test('an answer of another version, another community or of version 3 is no answer', async () => {
  const strange: Fault[] = [
    (request, right) => [writeResponse({ ...request, version: 0 }, right())],
    (request, right) => [writeResponse({ ...request, community: 'other' }, right())],
    (request) => [
      tlv(0x30, tlv(2, Buffer.of(3)), tlv(0x30, tlv(2, Buffer.of(request.requestId & 0x7f))), tlv(4), tlv(0x30)),
    ],
    (request, right) => [Buffer.from(writeResponse(request, right())).fill(0xa7, 13, 14)],
  ]
  for (const fault of strange) {
    await using agent = await openFixtureAgent(plainPrinter(), fault)
    await using driver = await open(agent, 'community=public')
    const { errors } = await driver.get([system.descr])
    assert.equal(errors[system.descr]?.code, 'no-answer')
  }
})

test('an unknown type in one value spoils no more than its own request', async () => {
  const oid = '1.3.6.1.4.1.99999.9.0'
  await using agent = await openFixtureAgent(plainPrinter(), (request) => {
    if (request.varbinds[0]?.oid !== oid) return undefined
    const packet = writeResponse(request, { varbinds: [{ oid, value: { type: 'octets', value: Buffer.of(1) } }] })
    packet[packet.length - 3] = 0x4f
    return [packet]
  })
  await using driver = await open(agent)
  assert.equal((await driver.get([oid])).errors[oid]?.code, 'no-answer')
  assert.deepEqual((await driver.get(['location'])).values, { location: '2nd floor' })
})

test('two hundred mangled packets end no process and leave no request without an answer', async () => {
  const random = createSeededRandom(7)
  const below = (limit: number) => Math.floor(random.fraction() * limit)
  await using agent = await openFixtureAgent(plainPrinter(), (request, right) => {
    const mangled = writeResponse(request, right())
    for (let i = 0; i <= below(3); i++) mangled[below(mangled.length)] = below(256)
    return [mangled.subarray(0, random.fraction() < 0.2 ? below(mangled.length) : undefined)]
  })
  await using driver = await openDriver(
    agent.url('community=public').replace('timeout=0.3&retries=1', 'timeout=0.1&retries=0'),
    {
      clock: systemClock,
      log: silentLog,
    },
  )
  const asked = Array.from({ length: 200 }, () => driver.get([system.location]))
  for (const answer of await Promise.all(asked))
    assert.equal(Object.keys(answer.values).length + Object.keys(answer.errors).length, 1)
})
