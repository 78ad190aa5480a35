/** One printer over IPP and SNMP: CUPS' own IPP printer and a MIB at one address, and what is said while one of the two is silent. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { silentLog, systemClock, UsageError } from '@fairlead/base'
import { runAgentCommand } from '../../testkit/agent-command.ts'
import { openFolder } from '../../testkit/folder.ts'
import { findFreePort } from '../../testkit/ports.ts'
import { type IppEvePrinter, openIppEvePrinter } from '../../testkit/printers/ippeveprinter.ts'
import { startProcess } from '../../testkit/process.ts'
import { until } from '../../testkit/until.ts'
import { integer } from './cell.ts'
import type { Driver } from './driver.ts'
import { openDriver } from './drivers.ts'
import { type FixtureAgent, openFixtureAgent } from './fixture-agent.ts'
import { plainObjects, plainPrinter, supplyCells } from './fixture-printers.ts'
import { readIppAndSnmpForm, readIppAndSnmpUrl } from './ipp-and-snmp-target.ts'
import { printer as mib } from './printer-mib.ts'

const sysName = '1.3.6.1.2.1.1.5.0'
const stack = new AsyncDisposableStack()
let printer: IppEvePrinter
let agent: FixtureAgent
let isSnmpSilent = false
let spec = ''
let driver: Driver

before(async () => {
  printer = stack.use(await openIppEvePrinter(['-l', 'attic', '-M', 'Ardea', '-m', 'Heron 5']))
  const cells = new Map([
    ...plainPrinter(),
    ...supplyCells({
      // "Some": the level of ippeveprinter's own black toner, 75, is known over IPP alone.
      1: { description: 'Black Toner', level: -3, capacity: -2, colorant: 1 },
      2: { type: 4, description: 'Waste Toner', level: 40, capacity: 100, unit: 19 },
    }),
  ])
  agent = stack.use(await openFixtureAgent(cells, () => (isSnmpSilent ? [] : undefined)))
  spec = `${printer.uri.replace('localhost', '127.0.0.1')}?snmpPort=${agent.port}&timeout=0.3&retries=1`
  driver = stack.use(await openDriver(spec, { clock: systemClock, log: silentLog }))
})
after(() => stack.disposeAsync())

test('A12 one device: by OID over SNMP, and each object from whichever knows more', async () => {
  const objects = await driver.all()
  const { model: _, supplies: __, trays: ___, ...ofMib } = plainObjects
  assert.deepEqual(Object.fromEntries(Object.entries(objects).filter(([name]) => name in ofMib)), {
    ...ofMib,
    'toner.black': 75,
  })
  assert.equal(objects['model'], 'Ardea Heron 5')
  const [black, waste] = objects['supplies'] as Record<string, unknown>[]
  assert.deepEqual(
    [black?.['index'], black?.['description'], black?.['level'], black?.['percent']],
    [1, 'Black Toner', 75, 75],
  )
  assert.deepEqual([waste?.['index'], waste?.['percent']], [2, 40])
  // The tray is SNMP's; ippeveprinter numbers its own from 2.
  assert.deepEqual(objects['trays'], plainObjects.trays)

  const { values, errors } = await driver.get([sysName, 'serial', 'toner.black', 'firmware', `${sysName}.7`])
  assert.deepEqual(values, { [sysName]: 'ardea-2', serial: 'AR-40-0077', 'toner.black': 75 })
  assert.deepEqual([errors['firmware']?.code, errors[`${sysName}.7`]?.code], ['unknown-object', 'unknown-object'])
})

test('A2 it registers with what both tell: media in the words of IPP, memory from SNMP', async () => {
  const { media, memoryBytes, serial, model, features } = await driver.capabilities()
  assert.ok(media?.includes('na_letter_8.5x11in'), String(media))
  assert.deepEqual([memoryBytes, serial, model], [268_435_456, 'AR-40-0077', 'Ardea Heron 5'])
  assert.ok(features?.includes('identify') && features.includes('object-names'), String(features))
})

test('A12 an alert that one of the two hides is told, and a name is read from where it is set', async () => {
  const state = `1.3.6.1.2.1.25.3.5.1.2.3`
  agent.cells.set(state, { type: 'octets', value: Uint8Array.of(0x08) })
  assert.deepEqual((await driver.look())['alerts'], ['door-open'])
  agent.cells.set(state, { type: 'octets', value: Uint8Array.of(0) })
  assert.deepEqual(await driver.set({ location: 'hall', serial: 'x' }), {
    values: { location: 'hall' },
    errors: { serial: { code: 'read-only', message: 'serial cannot be set; name, location, contact can.' } },
  })
  assert.deepEqual((await driver.get(['location'])).values, { location: 'hall' })
})

test('A8 each of its commands goes where it is known', async () => {
  assert.deepEqual(await driver.command('identify', {}), { identified: true })
  await assert.rejects(driver.command('restart', {}), { message: /cannot be restarted over SNMP/ })
  await assert.rejects(driver.command('dance', {}), { message: /it has: identify, restart/ })
})

test('N7 while SNMP is silent IPP serves, and nothing that the two contradict is said by one alone', async () => {
  await driver.all()
  isSnmpSilent = true
  const { values, errors } = await driver.get([
    'model',
    'status',
    'toner.black',
    'serial',
    'supplies',
    'location',
    sysName,
  ])
  assert.deepEqual(values, { model: 'Ardea Heron 5', status: 'idle', 'toner.black': 75 })
  assert.deepEqual(
    Object.entries(errors).map(([name, { code }]) => [name, code]),
    [...['serial', 'supplies', 'location', sysName].map((name) => [name, 'no-answer'])],
  )
  assert.deepEqual(await driver.look(), { alerts: [], 'toner.black': 75 })
  assert.ok((await driver.printing?.abilities())?.formats.includes('image/pwg-raster'))

  // One that has never heard of SNMP's counter and levels has IPP's for what they are.
  await using other = await openDriver(spec, { clock: systemClock, log: silentLog })
  assert.deepEqual(Object.keys(await other.look()), ['alerts', 'supplies', 'toner.black'])
  isSnmpSilent = false
  assert.equal((await driver.get(['serial'])).values['serial'], 'AR-40-0077')
})

test('N7 while IPP is silent SNMP serves; where both are, nobody answers', async () => {
  await driver.all()
  await printer.switchOff()
  const { values, errors } = await driver.get(['pages', 'serial', 'model', 'toner.black', sysName, 'toner.cyan'])
  assert.deepEqual(values, { pages: plainObjects.pages, serial: 'AR-40-0077', [sysName]: 'ardea-2' })
  // "Some" is SNMP's word alone, and 75 was told before.
  for (const name of ['model', 'toner.black', 'toner.cyan']) assert.equal(errors[name]?.code, 'no-answer', name)
  agent.cells.set(`${mib.markerLifeCount}.1.1`, integer(34_911))
  assert.deepEqual((await driver.look())['pages'], { value: 34_911, unit: 'impressions' })
  isSnmpSilent = true
  await assert.rejects(driver.look(), { code: 'device-offline' })
  isSnmpSilent = false
  await printer.switchOn()
  assert.equal((await driver.get(['model'])).values['model'], 'Ardea Heron 5')
})

test('N7 the agent prints what it makes of both', async () => {
  const told = JSON.parse(await runAgentCommand(['--print-objects', '--json', '--driver', spec]))
  assert.deepEqual([told.model, told.serial, told['toner.black']], ['Ardea Heron 5', 'AR-40-0077', 75])
})

test('N7 a stock agent in version 3 beside a stock printer', async () => {
  const folder = stack.use(await openFolder())
  const port = await findFreePort()
  const file = join(folder.path, 'snmpd.conf')
  const serial = `${mib.generalSerialNumber}.1`
  const lines = [
    'createUser sealer SHA-256 "correct horse" AES "battery staple"',
    'rouser sealer priv',
    `override ${serial} octet_str "HR-5-0012"`,
    `override ${mib.markerLifeCount}.1.1 counter 120`,
  ]
  await writeFile(file, lines.join('\n'))
  const environment = { MIBS: '', SNMP_PERSISTENT_DIR: join(folder.path, 'state') }
  const snmpd = await startProcess('/usr/sbin/snmpd', ['-f', '-Lo', '-C', '-c', file, `udp:127.0.0.1:${port}`], {
    environment,
  })
  stack.defer(async () => void (await snmpd.kill()))
  await until('snmpd runs', () => snmpd.output().stdout.includes('NET-SNMP version'))
  const url = `${printer.uri.replace('localhost', '127.0.0.1')}?snmpPort=${port}`
  const user = { url, user: 'sealer', authPassword: 'correct horse', privPassword: 'battery staple' }
  await using both = await openDriver(user, { clock: systemClock, log: silentLog })
  const { values, errors } = await both.get(['serial', 'pages', 'model', 'toner.black', serial])
  assert.deepEqual(errors, {})
  assert.deepEqual(values, {
    ...{ serial: 'HR-5-0012', pages: { value: 120, unit: 'unknown' }, model: 'Ardea Heron 5' },
    ...{ 'toner.black': 75, [serial]: 'HR-5-0012' },
  })
})

test('its address has the options of SNMP behind it, or a user of version 3 beside it, and no secret in an error', () => {
  const { ipp, snmp } = readIppAndSnmpUrl('ipps://ann:se%3Fcret@[2001:db8::7]/ipp/print?community=a%26b&snmpPort=1161')
  assert.deepEqual([ipp.uri, ipp.login?.password], ['ipps://[2001:db8::7]:631/ipp/print', 'se?cret'])
  assert.deepEqual([snmp.host, snmp.port, snmp.community], ['2001:db8::7', 1161, 'a&b'])
  const form = readIppAndSnmpForm({ url: 'ipp://192.0.2.7', user: 'ops', authPassword: 'correct horse' } as {
    url: string
  })
  assert.deepEqual([form.snmp.version, form.snmp.user?.name, form.snmp.port], [3, 'ops', 161])
  for (const wrong of [
    'ipp://ann:hid?den@192.0.2.7',
    'ipp://192.0.2.7?community=hidden&print=none',
    'ipp://192.0.2.7?community=hidden&snmpPort=0',
    'ipp://192.0.2.7?community=hidden&snmpPort=x',
    'ipp://192.0.2.7?community=hidden&timeout=0',
  ])
    assert.throws(
      () => readIppAndSnmpUrl(wrong),
      (error) => error instanceof UsageError && !/hid|den/.test(error.message),
      wrong,
    )
})
