/** Which driver a specification names, and what is wrong with one that names none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog, systemClock, UsageError } from '@fairlead/base'
import { type DriverSpec, openDriver } from './drivers.ts'
import { printObjects } from './print-objects.ts'
import { readSnmpForm, readSnmpUrl } from './snmp-target.ts'

const open = (spec: DriverSpec) => openDriver(spec, { clock: systemClock, log: silentLog })

for (const spec of [
  'lpd://printer',
  'virtualx',
  '',
  'snmp:',
  'snmp://',
  'snmp://host:0',
  'snmp://host:70000',
  'snmp://host?comunity=x',
  'snmp://host?version=3&community=private',
  'snmp://host?timeout=0',
  'snmp://host?retries=',
  'snmp://host/path',
  'virtual?toner.black=140',
  'virtual?toner.black=4.5',
  'virtual?toner.black=',
  'virtual?toner.red=4',
  'virtual?color=red',
  'virtual?status=tired',
  'virtual?alerts=on-fire',
  'virtual?ip=2001:db8::1',
  'virtual?mac=1',
  'virtual?name=a&name=b',
  'virtual?names=maybe',
  'virtual?location=a%0ab',
  'virtual?1.3.6.1.2.1.43.11.1.1.9.1.1=5',
  'virtual?constructor=1',
  'virtual:toaster',
  'virtual:camera?toner.black=4',
])
  test(`"${spec}" is refused in one sentence`, async () => {
    await assert.rejects(open(spec), (error: unknown) => {
      assert.ok(error instanceof UsageError)
      assert.match(error.message, /^[^\n]{10,400}\.$/)
      assert.doesNotMatch(error.message, /private/)
      return true
    })
  })

test('an snmp address has its options, in seconds', () => {
  assert.deepEqual(readSnmpUrl('snmp://printer.example:1161?community=a%26b&version=1&timeout=0.5&retries=0'), {
    host: 'printer.example',
    port: 1161,
    version: 1,
    community: 'a&b',
    writeCommunity: 'a&b',
    timeoutMs: 500,
    retries: 0,
    user: undefined,
    print: { host: 'printer.example', port: 9100 },
  })
  assert.equal(readSnmpUrl('snmp://[2001:db8::7]').host, '2001:db8::7')
  assert.equal(readSnmpUrl('snmp://[fe80::7%25eth0]:161').host, 'fe80::7%eth0')
  assert.equal(readSnmpUrl('snmp://192.0.2.4').community, 'public')
  const printOf = (print: string) => readSnmpUrl(`snmp://192.0.2.4?print=${print}`).print
  assert.deepEqual(printOf('[2001:db8::8]:9101'), { host: '2001:db8::8', port: 9101 })
  assert.equal(printOf('none'), undefined)
  for (const wrong of ['', 'printer', 'printer:0', 'printer:99999']) assert.throws(() => printOf(wrong), /print/)
})

test('the form for version 3 is checked, and tells no password', () => {
  const form = { url: 'snmp://192.0.2.4', user: 'ops', authPassword: 'correct horse' }
  assert.equal(readSnmpForm(form).user?.privProtocol, undefined)
  assert.equal(readSnmpForm({ ...form, privPassword: 'battery staple' }).user?.privProtocol, 'aes')
  for (const wrong of [
    { ...form, authPassword: 'short' },
    { ...form, authProtocol: 'crc32' },
    { url: form.url, user: 'ops', privPassword: 'battery staple' },
    { ...form, password: 'x' },
    { ...form, url: 'virtual' },
    {},
  ])
    assert.throws(
      () => readSnmpForm(wrong),
      (error: unknown) => error instanceof UsageError && !/short|battery/.test(error.message),
    )
})

test('objects are printed in plain words, a line each', async () => {
  await using driver = await open('virtual?toner.black=40&location=cellar&pages=34910')
  const lines = (await printObjects(driver, { json: false })).split('\n')
  assert.ok(lines.includes('location       cellar'))
  assert.ok(lines.includes('pages          34910 impressions'))
  assert.ok(lines.includes('toner.black    40'))
  assert.ok(lines.includes('alerts         none'))
  assert.ok(lines.includes('supplies       1: Black Toner Cartridge, toner black, 40 %'))
  assert.ok(lines.includes('               5: Waste Toner Box, waste-toner, some'))
  assert.ok(lines.includes('trays          1: Tray 1, 250 of 250, iso_a4_210x297mm'))
})

test('objects are printed as JSON that is one object', async () => {
  await using driver = await open('virtual')
  assert.deepEqual(JSON.parse(await printObjects(driver, { json: true })), await driver.all())
})
