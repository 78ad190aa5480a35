/** The printers of a local network are found by what they announce, each once, with a neighbour among them that wants to do harm (N7). */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { FoundDevice } from '../agent/discovery/discovery.ts'
import { runAgentCommand } from './agent-command.ts'
import { startAvahi } from './avahi.ts'
import { openFolder } from './folder.ts'
import { layCable, type Namespace, openNamespace, sweepDeadNamespaces } from './namespace.ts'
import { type StartedProcess, startHouseFile } from './process.ts'
import { until } from './until.ts'

const office = '192.168.77.21'
const twins = { 'twin-1.local': '192.168.77.22', 'twin-2.local': '192.168.77.23' }
const mallory = '192.168.77.66'
/** In no network of the desk, though a router knows the way. */
const stranger = '203.0.113.9'

const stack = new AsyncDisposableStack()
let desk: Namespace
let harm: StartedProcess
after(() => stack.disposeAsync())
before(async () => {
  await sweepDeadNamespaces()
  const printers = stack.use(await openNamespace('printers'))
  desk = stack.use(await openNamespace('desk'))
  // An IPv6 address is usable at once, without asking for a second whether somebody else has it.
  for (const each of [printers, desk]) await each.run('sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0')
  await layCable(
    { at: desk, port: 'lan', address: '192.168.77.1/24' },
    { at: printers, port: 'lan', address: `${office}/24` },
  )
  for (const address of [...Object.values(twins), mallory, stranger])
    await printers.run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo')
  await desk.run('ip', 'route', 'add', 'default', 'via', office)

  await startSnmpd(printers)
  const twin = (n: number) => ({
    name: `Ardea Inkjet 8 [${n}]`,
    host: `twin-${n}.local`,
    services: [{ type: '_ipp._tcp', port: 631, texts: ['rp=ipp/print', 'ty=Ardea Inkjet 8'] }],
  })
  const texts = [
    'rp=ipp/print',
    'ty=Ardea LaserWriter 40',
    'note=2nd floor',
    'UUID=a4b1c0de-0000-1000-8000-000000000001',
  ]
  const laser = {
    name: 'Büro Dr. Sato 4.0',
    services: [
      { type: '_ipp._tcp', port: 631, texts },
      { type: '_ipps._tcp', port: 631, texts },
      { type: '_pdl-datastream._tcp', port: 9100 },
      { type: '_uscan._tcp', port: 80, texts: texts.slice(-1) },
    ],
  }
  stack.use(
    await startAvahi(printers, {
      hostName: 'office-laser',
      port: 'lan',
      hosts: twins,
      groups: [laser, twin(1), twin(2)],
    }),
  )
  harm = await startHouseFile('testkit/announce-harm.ts', [mallory, office, stranger], {}, printers.start)
  await harm.nextEvent('up')
})

async function startSnmpd(at: Namespace): Promise<void> {
  const folder = stack.use(await openFolder())
  const serial = '1.3.6.1.2.1.43.5.1.1.17.1'
  const file = join(folder.path, 'snmpd.conf')
  await writeFile(file, `rocommunity public\noverride ${serial} octet_str "AR-40-0077"\n`)
  const environment = { MIBS: '', SNMP_PERSISTENT_DIR: join(folder.path, 'state') }
  const snmpd = await at.start('/usr/sbin/snmpd', ['-f', '-Lo', '-C', '-c', file, `udp:${office}:161`], { environment })
  await until('snmpd runs', () => snmpd.output().stdout.includes('NET-SNMP version'))
}

test('N7 each printer is found once, and a neighbour that floods keeps none of them away', async () => {
  const call = `const socket = require('node:dgram').createSocket('udp4')
    socket.send('?', 161, '${stranger}', () => socket.close())`
  await desk.run(process.execPath, '-e', call)
  await harm.nextEvent('asked')

  const [json, table] = await Promise.all([
    runAgentCommand(['--discover', '--json', '--seconds', '3'], desk.start),
    runAgentCommand(['--discover', '--seconds', '3'], desk.start),
  ])
  const devices = JSON.parse(json) as FoundDevice[]
  const named = (part: string) => devices.filter(({ name }) => name.includes(part))

  const [laser, ...more] = named('Büro Dr. Sato 4.0')
  assert.ok(laser)
  assert.deepEqual(more, [])
  const { addresses, ...told } = laser
  assert.deepEqual(told, {
    name: 'Büro Dr. Sato 4.0',
    model: 'Ardea LaserWriter 40',
    place: '2nd floor',
    isPrinter: true,
    isScanner: true,
    uuid: 'a4b1c0de-0000-1000-8000-000000000001',
    serial: 'AR-40-0077',
    hosts: ['office-laser.local'],
    services: [
      { type: '_ipps._tcp', port: 631 },
      { type: '_ipp._tcp', port: 631 },
      { type: '_pdl-datastream._tcp', port: 9100 },
      { type: '_uscan._tcp', port: 80 },
    ],
    snmp: 'answers',
    driver: `ipps://${office}:631/ipp/print?community=public`,
  })
  assert.deepEqual(addresses[0], { address: office, isLocal: true })
  assert.ok(addresses.some(({ address, isLocal }) => isLocal && /^fe80::.*%lan$/.test(address)))

  assert.deepEqual(
    named('Ardea Inkjet 8').map(({ name, driver, snmp }) => [name, driver, snmp]),
    [1, 2].map((n) => [`Ardea Inkjet 8 [${n}]`, `ipp://192.168.77.2${n + 1}:631/ipp/print`, 'silent']),
  )

  assert.ok(named('flood').length <= 300, `${named('flood').length} of the flood`)
  const [escaping] = named('etc/')
  assert.deepEqual([escaping?.model, escaping?.driver], ['[31mRed', null])
  for (const name of ['loopback', 'stranger'])
    assert.deepEqual(
      named(name).map(({ addresses, snmp, driver }) => [addresses[0]?.isLocal, snmp, driver]),
      [[false, 'not-asked', null]],
    )
  await assert.rejects(harm.nextEvent('asked', 300), 'nobody is asked who is in no network of this machine')

  assert.match(table, /^ADDRESS +NAME +MODEL +PLACE +WHAT +SNMP\n/)
  assert.match(
    table,
    /^192\.168\.77\.21 +Büro Dr\. Sato 4\.0 +Ardea LaserWriter 40 +2nd floor +printer, scanner +yes$/m,
  )
  assert.match(table, /^'ipps:\/\/192\.168\.77\.21:631\/ipp\/print\?community=public' +Büro Dr\. Sato 4\.0$/m)
  assert.match(table, /^none: in no network of this machine +stranger$/m)
  assert.match(table, /fairlead agent --relay URL .*--driver DRIVER\n/)
  assert.match(table, /More was announced than is shown/)
  assert.doesNotMatch(table, /[^\P{Cc}\n]|[\u202a-\u202e]/u)
})

test('N7 printers are found as well where another program keeps port 5353 to itself', async () => {
  const keeper = `require('node:dgram').createSocket('udp4')
    .bind(5353, () => console.log('{"event":"up"}'))`
  await using keeping = await desk.start(process.execPath, ['-e', keeper])
  await keeping.nextEvent('up')
  await desk.run('ip', '-6', 'address', 'flush', 'dev', 'lan')
  const devices = JSON.parse(
    await runAgentCommand(['--discover', '--json', '--seconds', '2'], desk.start),
  ) as FoundDevice[]
  assert.deepEqual(
    devices.map(({ name, driver }) => [name, driver]),
    [
      ['Ardea Inkjet 8 [1]', `ipp://${twins['twin-1.local']}:631/ipp/print`],
      ['Ardea Inkjet 8 [2]', `ipp://${twins['twin-2.local']}:631/ipp/print`],
      ['Büro Dr. Sato 4.0', `ipps://${office}:631/ipp/print?community=public`],
    ],
  )
})

test('N7 where nothing is announced it says what to look at, and that is no failure', async () => {
  await using alone = await openNamespace('alone')
  assert.match(await runAgentCommand(['--discover', '--seconds', '1'], alone.start), /this machine has no network/)
  await using nobody = await openNamespace('nobody')
  await layCable({ at: alone, port: 'lan', address: '192.168.78.1/24' }, { at: nobody, port: 'lan' })
  const [text, json] = await Promise.all([
    runAgentCommand(['--discover', '--seconds', '1'], alone.start),
    runAgentCommand(['--discover', '--seconds', '1', '--json'], alone.start),
  ])
  assert.match(text, /^No printer has announced itself within 1 s on lan\. What to look at:\n/)
  assert.equal(json, '[]\n')
})
