/** One fixture for each way in which printers tell half-truths; served over real UDP and told by the driver. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog, systemClock } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import { type Cell, integer, octets } from './cell.ts'
import { openDriver } from './drivers.ts'
import { openFixtureAgent } from './fixture-agent.ts'
import { supplyCells } from './fixture-printers.ts'
import { addresses, host, interfaces, printer, system } from './printer-mib.ts'

async function told(cells: Iterable<[string, Cell]>): Promise<Record<string, Json>> {
  await using agent = await openFixtureAgent(cells)
  await using driver = await openDriver(agent.url(), { clock: systemClock, log: silentLog })
  return await driver.all()
}

const supply = (objects: Record<string, Json>, at = 0) => (objects['supplies'] as Record<string, Json>[])[at] ?? {}
const bytes = (...values: number[]): Cell => ({ type: 'octets', value: Uint8Array.from(values) })
const oid = (value: string): Cell => ({ type: 'oid', value })

test('levels -1, -2 and -3 are other, unknown and some, never a number', async () => {
  const objects = await told(
    supplyCells({
      1: { description: 'Black Toner', level: -3, capacity: 100 },
      2: { description: 'Cyan Toner', level: -2, capacity: -2 },
      3: { description: 'Yellow Toner', level: -1, capacity: -1 },
    }),
  )
  const rows = [0, 1, 2].map((at) => [
    supply(objects, at)['level'],
    supply(objects, at)['capacity'],
    supply(objects, at)['percent'],
  ])
  assert.deepEqual(rows, [
    ['some', 100, null],
    ['unknown', 'unknown', null],
    ['other', 'other', null],
  ])
  assert.deepEqual(
    [objects['toner.black'], objects['toner.cyan'], objects['toner.yellow']],
    ['some', 'unknown', 'unknown'],
  )
})

test('a level that lost its sign on the way is the word that it was', async () => {
  const cells = supplyCells({ 1: { description: 'Black Toner', capacity: 100 } })
  cells.set(`${printer.suppliesLevel}.1.1`, { type: 'gauge', value: 4_294_967_293 })
  assert.equal((await told(cells))['toner.black'], 'some')
})

test('a printer row that is numbered apart from the devices is found', async () => {
  const objects = await told([
    [`${host.deviceType}.1`, oid(host.isPrinter)],
    [`${host.deviceStatus}.1`, integer(2)],
    [`${host.printerStatus}.4`, integer(4)],
    [`${host.printerDetectedErrorState}.4`, bytes(0x04)],
  ])
  assert.deepEqual([objects['status'], objects['alerts']], ['printing', ['jammed']])
})

test('150 of 100 is no percentage, and neither is 63 of unknown or of 0', async () => {
  const objects = await told(
    supplyCells({
      1: { description: 'Black Toner', level: 150, capacity: 100, unit: 19 },
      2: { description: 'Cyan Toner', level: 63, capacity: -2, unit: 19 },
      3: { description: 'Magenta Toner', level: 0, capacity: 0 },
      4: { description: 'Yellow Toner', level: 0, capacity: 100, unit: 19 },
    }),
  )
  assert.deepEqual(
    [0, 1, 2, 3].map((at) => supply(objects, at)['percent']),
    [null, null, null, 0],
  )
  assert.deepEqual([objects['toner.black'], objects['toner.yellow']], ['unknown', 0])
})

test('gaps between the indexes of supplies are kept', async () => {
  const objects = await told(
    supplyCells({ 2: { level: 1, capacity: 4 }, 13: { type: 4, level: -3, capacity: -2 }, 7: { type: 9 } }),
  )
  assert.deepEqual(
    [0, 1, 2].map((at) => supply(objects, at)['index']),
    [2, 7, 13],
  )
  assert.deepEqual(
    [0, 1, 2].map((at) => supply(objects, at)['type']),
    ['toner', 'opc', 'waste-toner'],
  )
})

test('a description is trimmed, and loses its NUL and control characters', async () => {
  const objects = await told(supplyCells({ 1: { description: ' Black\u0007 Toner \0', level: 1, capacity: 2 } }))
  assert.equal(supply(objects)['description'], 'Black Toner')
})

test('a description in Latin-1 or Shift_JIS is read as what the device says that it writes', async () => {
  const german = await told(
    supplyCells({ 1: { description: Buffer.from('Gr\xfcner Toner', 'latin1'), level: 1, capacity: 2 } }),
  )
  assert.equal(supply(german)['description'], 'Grüner Toner')
  const shiftJis = Buffer.from('836781708369815b', 'hex')
  const japanese = await told([
    ...supplyCells({ 1: { description: shiftJis, level: 1, capacity: 2 } }),
    [`${printer.localizationCharacterSet}.1.1`, integer(17)],
  ])
  assert.equal(supply(japanese)['description'], new TextDecoder('shift_jis').decode(shiftJis))
})

test('the colorant row says the colour before the description does', async () => {
  const objects = await told([
    ...supplyCells({
      1: { description: 'Toner K (replaces Cyan)', level: 20, capacity: 80, colorant: 4 },
      2: { description: 'Cyan Toner', level: 5, capacity: 10, colorant: 5 },
      3: { description: 'Photo ink', type: 5, level: 5, capacity: 10, colorant: 6 },
    }),
    [`${printer.colorantValue}.1.4`, octets('Black')],
    [`${printer.colorantValue}.1.5`, octets('unknown')],
    [`${printer.colorantValue}.1.6`, octets('Light Magenta')],
  ])
  assert.deepEqual(
    [0, 1, 2].map((at) => supply(objects, at)['color']),
    ['black', 'cyan', 'light-magenta'],
  )
  assert.deepEqual([objects['toner.black'], objects['toner.cyan'], objects['ink.light-magenta']], [25, 50, 50])
})

test('several of one colour are numbered, and the lowest has the plain name', async () => {
  const objects = await told(
    supplyCells({
      1: { description: 'Black Toner 1', level: 80, capacity: 100 },
      2: { description: 'Black Toner 2', level: 20, capacity: 100 },
      3: { description: 'Black Toner 3', level: -3, capacity: 100 },
    }),
  )
  assert.deepEqual(
    ['toner.black', 'toner.black.1', 'toner.black.2', 'toner.black.3'].map((name) => objects[name]),
    [20, 80, 20, 'some'],
  )
})

test('toner and ink are known by their words where a device tells no type, and nothing else is', async () => {
  const cells = supplyCells({
    1: { description: 'Black Toner, PN 7', level: 1, capacity: 5 },
    2: { description: 'Encre cyan', level: 2, capacity: 5 },
    3: { description: 'Black waste toner', level: 3, capacity: 5 },
    4: { description: 'Black drum', level: 4, capacity: 5 },
  })
  for (const oid of cells.keys()) if (oid.startsWith(printer.suppliesType)) cells.delete(oid)
  const objects = await told(cells)
  assert.equal(supply(objects)['type'], 'unknown')
  assert.deepEqual(
    Object.entries(objects).filter(([name]) => name.includes('.')),
    [
      ['toner.black', 20],
      ['ink.cyan', 40],
    ],
  )
})

test('a cartridge of ink is ink, a drum has a name of its own, a waste box has none', async () => {
  const objects = await told(
    supplyCells({
      1: { type: 6, description: 'Cyan', level: 3, capacity: 4 },
      2: { type: 21, description: 'Noir', level: 1, capacity: 4 },
      3: { type: 9, description: 'Black drum', level: 2, capacity: 4 },
      4: { type: 4, description: 'Black waste', level: 100, capacity: 100 },
    }),
  )
  const names = Object.keys(objects).filter((name) => name.includes('.'))
  assert.deepEqual(names, ['ink.cyan', 'toner.black', 'opc.black'])
  assert.equal(supply(objects, 3)['percent'], 100)
})

for (const [state, alerts] of [
  [[], []],
  [[0], []],
  [[0x80], ['low-paper']],
  [[0x20], ['low-toner']],
  [[0x01], ['service-requested']],
  [
    [0x48, 0x06],
    ['no-paper', 'door-open', 'input-tray-empty', 'overdue-prevent-maint'],
  ],
  [[0, 0, 0xff], []],
] as const)
  test(`alerts are read from the most significant bit of ${state.length} octets: ${alerts.join(', ') || 'none'}`, async () => {
    const objects = await told([[`${host.printerDetectedErrorState}.1`, bytes(...state)]])
    assert.deepEqual(objects['alerts'], alerts)
  })

for (const [device, printerStatus, status] of [
  [2, 3, 'idle'],
  [3, 3, 'idle'],
  [2, 4, 'printing'],
  [5, 1, 'stopped'],
  [5, 5, 'warmup'],
  [2, 1, 'sleeping'],
  [3, 1, 'unknown'],
  [5, 3, 'stopped'],
  [2, undefined, 'unknown'],
  [undefined, 4, 'printing'],
] as const)
  test(`hrDeviceStatus ${device} and hrPrinterStatus ${printerStatus} are ${status}`, async () => {
    const objects = await told([
      ...(device ? [[`${host.deviceStatus}.1`, integer(device)] as [string, Cell]] : []),
      ...(printerStatus ? [[`${host.printerStatus}.1`, integer(printerStatus)] as [string, Cell]] : []),
    ])
    assert.equal(objects['status'], status)
  })

test('pages are counted in the unit of the device', async () => {
  const count = (unit: number | undefined): [string, Cell][] => [
    [`${printer.markerLifeCount}.1.1`, { type: 'counter', value: 4_000_000_000 }],
    ...(unit ? [[`${printer.markerCounterUnit}.1.1`, integer(unit)] as [string, Cell]] : []),
  ]
  assert.deepEqual((await told(count(8)))['pages'], { value: 4_000_000_000, unit: 'sheets' })
  assert.deepEqual((await told(count(undefined)))['pages'], { value: 4_000_000_000, unit: 'unknown' })
})

test('a label printer without Printer-MIB is still a device', async () => {
  const objects = await told([
    [system.descr, octets('Wired Print Server\r\nCopyright')],
    [system.name, octets('labels')],
    [`${interfaces.physAddress}.1`, bytes(0, 0, 0, 0, 0, 0)],
    [`${interfaces.type}.1`, integer(6)],
    [`${interfaces.operStatus}.1`, integer(1)],
    [`${interfaces.physAddress}.2`, bytes(2, 0, 0, 0, 0, 9)],
    [`${interfaces.type}.2`, integer(6)],
    [`${interfaces.operStatus}.2`, integer(1)],
    [`${addresses.ipAdEntIfIndex}.203.0.113.9`, integer(1)],
  ])
  assert.deepEqual(objects, {
    model: 'Wired Print Server',
    name: 'labels',
    mac: '02:00:00:00:00:09',
    ip: '203.0.113.9',
    addresses: ['203.0.113.9'],
  })
})

test('a device ID names the model where the host resources do not', async () => {
  const id = 'MFG:Ardea;CMD:PCL;MDL:LaserWriter 50;SN:55-1;'
  const objects = await told([
    [system.descr, octets('Ardea NetCard')],
    ['1.3.6.1.4.1.11.2.3.9.1.1.7.0', octets(id)],
  ])
  assert.deepEqual([objects['model'], objects['serial']], ['LaserWriter 50', '55-1'])
})

test('what only one maker tells is read where its devices keep it', async () => {
  const brother = await told([
    [system.objectId, oid('1.3.6.1.4.1.2435.2.3.9.1')],
    ['1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5.1.0', octets('E1')],
    ['1.3.6.1.4.1.2435.2.4.3.1240.6.5.0', octets('Firmware Ver.1.07')],
  ])
  assert.deepEqual([brother['serial'], brother['firmware']], ['E1', '1.07'])
  const oki = await told([
    [system.objectId, oid('1.3.6.1.4.1.2001.1')],
    [system.descr, octets('OKI card Rev.1.0 : Attached to B 4000 Rev.02.10 : Copyright')],
  ])
  assert.deepEqual([oki['model'], oki['firmware']], ['B 4000', '02.10'])
})

test('a device that is described by ENTITY-MIB alone is known by it', async () => {
  const objects = await told([
    ['1.3.6.1.2.1.47.1.1.1.1.13.1', octets('Stitcher 3')],
    ['1.3.6.1.2.1.47.1.1.1.1.11.1', octets('ST-8')],
    ['1.3.6.1.2.1.47.1.1.1.1.10.1', octets('4.2')],
  ])
  assert.deepEqual(objects, { model: 'Stitcher 3', serial: 'ST-8', firmware: '4.2' })
})

test('the interface that is up gives the hardware address; addresses of other interfaces come after it', async () => {
  const objects = await told([
    [`${interfaces.type}.1`, integer(6)],
    [`${interfaces.physAddress}.1`, bytes(2, 0, 0, 0, 0, 1)],
    [`${interfaces.operStatus}.1`, integer(2)],
    [`${interfaces.type}.2`, integer(71)],
    [`${interfaces.physAddress}.2`, bytes(2, 0, 0, 0, 0, 2)],
    [`${interfaces.operStatus}.2`, integer(1)],
    [`${addresses.ipAdEntIfIndex}.0.0.0.0`, integer(1)],
    [`${addresses.ipAdEntIfIndex}.10.1.0.4`, integer(1)],
    [`${addresses.ipAdEntIfIndex}.10.2.0.4`, integer(2)],
    [`${addresses.ipAdEntNetMask}.10.2.0.4`, { type: 'ip', value: '255.255.240.0' }],
    [`${addresses.ipAdEntNetMask}.10.1.0.4`, { type: 'ip', value: '255.0.255.0' }],
  ])
  assert.deepEqual([objects['mac'], objects['ip']], ['02:00:00:00:00:02', '10.2.0.4'])
  assert.deepEqual(objects['addresses'], ['10.1.0.4', '10.2.0.4/20'])
})

test('IPv6 addresses are told with their prefix, link-local last and loopback not at all', async () => {
  const global = '2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.5'
  const linkLocal = '4.20.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.7.0.0.0.2'
  const loopback = '2.16.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1'
  const prefix = '1.3.6.1.2.1.4.32.1.5.2.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.0.64'
  const objects = await told([
    [`${addresses.ipAddressIfIndex}.${linkLocal}`, integer(2)],
    [`${addresses.ipAddressIfIndex}.${global}`, integer(2)],
    [`${addresses.ipAddressPrefix}.${global}`, oid(prefix)],
    [`${addresses.ipAddressIfIndex}.${loopback}`, integer(1)],
    [`${addresses.ipAddressIfIndex}.1.4.198.51.100.255`, integer(2)],
    [`${addresses.ipAddressType}.1.4.198.51.100.255`, integer(3)],
  ])
  assert.deepEqual(objects['addresses'], ['2001:db8::5/64', 'fe80::7'])
  assert.equal(objects['ip'], '2001:db8::5')
})
