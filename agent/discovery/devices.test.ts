/** Which services are one device, and what is said of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readIppAndSnmpUrl } from '../drivers/ipp-and-snmp-target.ts'
import { readSnmpUrl } from '../drivers/snmp-target.ts'
import type { Service, ServiceType } from './announcements.ts'
import type { SnmpAnswer } from './ask-snmp.ts'
import { addressesToAsk, describeDevices, type FoundDevice } from './devices.ts'

const uuid = (last: string) => `a4b1c0de-0000-1000-8000-${last.padStart(12, '0')}`
const isLocal = (address: string) => /^(192\.168\.1\.|2001:db8:1:)/.test(address) || address.includes('%eth0')

interface Said {
  name?: string
  host?: string
  at?: readonly string[]
  port?: number
  texts?: Record<string, string>
}

function service(
  type: ServiceType,
  { name = 'Office', host = 'office', at = ['192.168.1.20'], port = 631, texts = {} }: Said = {},
): Service {
  return { type, instance: name, host: `${host}.local`, port, texts: new Map(Object.entries(texts)), addresses: at }
}

function find(services: readonly Service[], answers: Record<string, SnmpAnswer> = {}): FoundDevice[] {
  return describeDevices(services, { isLocal, answerOf: (address) => answers[address] })
}

const names = (devices: readonly FoundDevice[]) => devices.map(({ name }) => name)
const yes = (serial?: string): SnmpAnswer => ({ answers: true, serial })

test('a printer that announces several services over both families is one device, and its best driver is IPP over TLS', () => {
  const at = ['2001:db8::20', 'fe80::20%eth0', '192.168.1.20']
  const texts = { uuid: uuid('1').toUpperCase(), rp: 'ipp/print', ty: 'Ardea LaserWriter 40', note: '2nd floor' }
  const services = [
    service('_uscan', { at, port: 80, texts: { uuid: uuid('1') } }),
    service('_printer', { at, port: 0 }),
    service('_pdl-datastream', { at, port: 9100 }),
    service('_ipp', { at, texts }),
    service('_ipps', { at, texts }),
  ]
  assert.deepEqual(find(services, { '192.168.1.20': yes('AR-40-0077') }), [
    {
      name: 'Office',
      model: 'Ardea LaserWriter 40',
      place: '2nd floor',
      isPrinter: true,
      isScanner: true,
      uuid: uuid('1'),
      serial: 'AR-40-0077',
      hosts: ['office.local'],
      addresses: [
        { address: '192.168.1.20', isLocal: true },
        { address: 'fe80::20%eth0', isLocal: true },
        { address: '2001:db8::20', isLocal: false },
      ],
      services: [
        { type: '_ipps._tcp', port: 631 },
        { type: '_ipp._tcp', port: 631 },
        { type: '_pdl-datastream._tcp', port: 9100 },
        { type: '_uscan._tcp', port: 80 },
      ],
      snmp: 'answers',
      driver: 'ipps://192.168.1.20:631/ipp/print?community=public',
    },
  ])
})

test('two printers of one model are two devices, by their hosts and by their UUIDs', () => {
  const twins = ['1', '2'].map((n) =>
    service('_ipp', { name: `Ardea [${n}]`, host: `ardea-${n}`, at: [`192.168.1.2${n}`], texts: { ty: 'Ardea' } }),
  )
  assert.deepEqual(names(find(twins)), ['Ardea [1]', 'Ardea [2]'])
  const series = { ty: 'Ardea', uuid: uuid('7') }
  const sameUuid = twins.map((twin) => ({ ...twin, texts: new Map(Object.entries(series)) }))
  assert.equal(find(sameUuid).length, 1, 'with one UUID they pass for two networks of one printer')
  const serials = { '192.168.1.21': yes('AR-40-0001'), '192.168.1.22': yes('AR-40-0002') }
  assert.equal(find(sameUuid, serials).length, 2, 'until their serial numbers say that they are not')
})

test('a printer with two hosts, by cable and by air, is one device by its UUID, its serial number or its address', () => {
  const cable = service('_ipp', { host: 'cable', at: ['192.168.1.20'], texts: { uuid: uuid('1') } })
  const air = service('_ipp', { name: 'Air', host: 'air', at: ['192.168.1.21'], texts: { uuid: uuid('1') } })
  assert.equal(find([cable, air]).length, 1)
  const plain = { ...air, texts: new Map() }
  assert.equal(find([cable, plain]).length, 2)
  assert.equal(find([cable, plain], { '192.168.1.20': yes('AR-40-0077'), '192.168.1.21': yes('AR-40-0077') }).length, 1)
  assert.equal(find([cable, { ...plain, addresses: ['192.168.1.20'] }]).length, 1)
})

test('numbers that no printer was given, and addresses that everybody has, make no two devices one', () => {
  const other = { name: 'Other', host: 'other', at: ['192.168.1.21'] }
  for (const serial of ['0000000000', 'N/A', 'XXXXXXXX', ''])
    assert.equal(
      find([service('_ipp'), service('_ipp', other)], { '192.168.1.20': yes(serial), '192.168.1.21': yes(serial) })
        .length,
      2,
    )
  const zeros = { uuid: '00000000-0000-0000-0000-000000000000' }
  assert.equal(find([service('_ipp', { texts: zeros }), service('_ipp', { ...other, texts: zeros })]).length, 2)
  assert.equal(
    find([service('_ipp', { at: ['127.0.0.1'] }), service('_ipp', { ...other, at: ['127.0.0.1'] })]).length,
    2,
  )
})

test('a server with several printers has each of them, with the services that carry its name', () => {
  const services = ['Hall', 'Desk'].flatMap((name, i) => [
    service('_ipp', { name, texts: { uuid: uuid(`${i + 1}`), rp: `printers/${name}` } }),
    service('_printer', { name, port: 515 }),
  ])
  const devices = find([...services, service('_uscan', { name: 'A scanner', port: 80 })])
  assert.deepEqual(
    devices.map(({ name, driver, services }) => [name, driver, services.length]),
    [
      ['A scanner', null, 1],
      ['Desk', 'ipp://192.168.1.20:631/printers/Desk', 2],
      ['Hall', 'ipp://192.168.1.20:631/printers/Hall', 2],
    ],
  )
})

test('SNMP stands beside IPP where the same address answers, and not beside a queue, whose SNMP is a computer’s', () => {
  const driver = (rp: string, at: string) => find([service('_ipp', { texts: { rp } })], { [at]: yes() })[0]?.driver
  const word = driver('ipp/print', '192.168.1.20') ?? assert.fail()
  assert.equal(word, 'ipp://192.168.1.20:631/ipp/print?community=public')
  assert.deepEqual(readIppAndSnmpUrl(word).snmp.host, '192.168.1.20')
  assert.equal(driver('ipp/print', '192.168.1.21'), 'ipp://192.168.1.20:631/ipp/print')
  assert.equal(driver('printers/Desk', '192.168.1.20'), 'ipp://192.168.1.20:631/printers/Desk')
})

test('without IPP it is SNMP that an agent speaks, and without either there is no driver', () => {
  const raw = [service('_pdl-datastream', { port: 9100 })]
  assert.deepEqual(
    find(raw, { '192.168.1.20': yes() }).map(({ driver, snmp }) => [driver, snmp]),
    [['snmp://192.168.1.20', 'answers']],
  )
  assert.deepEqual(
    find(raw, { '192.168.1.20': { answers: false } }).map(({ driver, snmp }) => [driver, snmp]),
    [[null, 'silent']],
  )
})

test('over IPv6 the word has brackets, and an address that needs its link is for SNMP alone', () => {
  const at = 'fe80::20%eth0'
  const driver = (services: Service[], answers: Record<string, SnmpAnswer> = {}) => find(services, answers)[0]?.driver
  assert.equal(driver([service('_ipp', { at: [at, '2001:db8:1::20'] })]), 'ipp://[2001:db8:1::20]:631/ipp/print')
  assert.equal(driver([service('_ipp', { at: [at] })], { [at]: yes() }), 'snmp://[fe80::20%25eth0]')
  assert.equal(readSnmpUrl('snmp://[fe80::20%25eth0]').host, at)
  assert.equal(driver([service('_ipp', { at: [at] })]), null)
})

test('what is not here is shown, last, and neither asked nor named as a driver', () => {
  const services = [
    service('_ipp', { name: 'Away', host: 'away', at: ['203.0.113.9', '127.0.0.1'] }),
    service('_ipp', { name: 'Nowhere', host: 'nowhere', at: [] }),
    service('_ipp'),
  ]
  const devices = find(services, { '203.0.113.9': yes('AR-40-0077') })
  assert.deepEqual(
    devices.map(({ name, driver, snmp, serial }) => [name, driver, snmp, serial]),
    [
      ['Office', 'ipp://192.168.1.20:631/ipp/print', 'not-asked', null],
      ['Away', null, 'not-asked', null],
      ['Nowhere', null, 'not-asked', null],
    ],
  )
  assert.deepEqual(addressesToAsk(services, isLocal), ['192.168.1.20'])
})

test('each host is asked once, over IPv4 where it has that', () => {
  const at = ['fe80::20%eth0', '192.168.1.20']
  assert.deepEqual(addressesToAsk([service('_ipp', { at }), service('_ipps', { at })], isLocal), ['192.168.1.20'])
})

test('no path does harm in a shell, a URL or a folder: one that might is no driver', () => {
  const evil = [
    '$(reboot)',
    'a;b',
    '../../etc',
    'ipp/../x',
    '.hidden',
    "a'b",
    'a b',
    '\u001b[31m',
    'ü',
    '/ipp/print',
    '',
    'x'.repeat(200),
    'a?b',
    'a#b',
    'a//b',
  ]
  for (const rp of evil) assert.equal(find([service('_ipp', { texts: { rp } })])[0]?.driver, null, rp)
  for (const rp of ['ipp/print', 'printers/Office_2', 'ipp/port1', 'p-1.2~x'])
    assert.equal(find([service('_ipp', { texts: { rp } })])[0]?.driver, `ipp://192.168.1.20:631/${rp}`)
})

test('what strangers say is text on one line: nothing in it acts, and nothing is endless', () => {
  const texts = { ty: '\u001b]0;owned\u0007Model\r\n\u009b31m', note: `\u202efloor\u200b ${'x'.repeat(5000)}` }
  const [device] = find([service('_ipp', { name: '../../\u001b[2J\u0000Printer', texts })], {
    '192.168.1.20': yes('\u0085S-1'),
  })
  assert.equal(device?.name, '../../[2JPrinter')
  assert.equal(device?.model, ']0;ownedModel31m')
  assert.equal(device?.place?.length, 80)
  assert.equal(device?.serial, 'S-1')
  assert.equal(find([service('_ipp', { name: '\u0007' })])[0]?.name, 'office.local')
})

test('the model is what the printer calls it, else the product, else what it says over USB', () => {
  const model = (texts: Record<string, string>) => find([service('_ipp', { texts })])[0]?.model
  assert.equal(model({ ty: 'A', product: '(B)', usb_mdl: 'C' }), 'A')
  assert.equal(model({ ty: ' ', product: '(B)', usb_mdl: 'C' }), 'B')
  assert.equal(model({ usb_mdl: 'C' }), 'C')
  assert.equal(model({}), null)
})

test('two thousand services of one host are grouped in no time', () => {
  const many = Array.from({ length: 2000 }, (_, i) =>
    service('_ipp', { name: `n${i}`, texts: i % 2 ? { uuid: uuid(`${i}`) } : {} }),
  )
  const startMs = performance.now()
  assert.equal(find(many).length, 1001)
  assert.ok(performance.now() - startMs < 2000)
})
