/** The objects of CUPS' own IPP Everywhere printer, which nobody here wrote. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { silentLog, systemClock } from '@fairlead/base'
import { runAgentCommand } from '../../testkit/agent-command.ts'
import { type IppEvePrinter, openIppEvePrinter } from '../../testkit/printers/ippeveprinter.ts'
import type { Driver } from './driver.ts'
import { openDriver } from './drivers.ts'

let printer: IppEvePrinter
let driver: Driver

before(async () => {
  printer = await openIppEvePrinter(['-l', '2nd floor', '-M', 'Ardea', '-m', 'Heron 5'])
  driver = await openDriver(printer.uri, { clock: systemClock, log: silentLog })
})
after(async () => {
  await driver[Symbol.asyncDispose]()
  await printer[Symbol.asyncDispose]()
})

test('A12 an IPP Everywhere printer has the objects that a printer over SNMP has, in the same form', async () => {
  const objects = await driver.all()
  assert.deepEqual(Object.keys(objects), [
    ...['model', 'name', 'location', 'status', 'alerts', 'supplies', 'toner.black', 'trays'],
  ])
  assert.deepEqual(
    [objects['model'], objects['name'], objects['location'], objects['status'], objects['alerts']],
    ['Ardea Heron 5', 'Fairlead', '2nd floor', 'idle', []],
  )
  const supply = { level: 75, capacity: 100, unit: 'percent', percent: 75 }
  assert.deepEqual(objects['supplies'], [
    {
      ...{ index: 1, description: 'Toner Waste Tank', type: 'waste-toner', color: null },
      ...{ ...supply, level: 25, percent: 25 },
    },
    { index: 2, description: 'Black Toner', type: 'toner', color: 'black', ...supply },
  ])
  assert.equal(objects['toner.black'], 75)
  const [main] = objects['trays'] as unknown[]
  assert.deepEqual(main, { index: 2, name: 'main', level: 100, capacity: 250, media: 'na_letter_8.5x11in' })
  assert.deepEqual(Object.keys(await driver.look()), ['alerts', 'supplies', 'toner.black'])
})

test('A12 what it does not have, and what IPP has no name for, is an error of that object alone', async () => {
  const { values, errors } = await driver.get(['toner.black', 'toner.cyan', '1.3.6.1.2.1.1.5.0'])
  assert.deepEqual(values, { 'toner.black': 75 })
  assert.deepEqual(
    Object.entries(errors).map(([object, { code }]) => [object, code]),
    [
      ['toner.cyan', 'unknown-object'],
      ['1.3.6.1.2.1.1.5.0', 'not-supported'],
    ],
  )
})

test('A12 a printer that lets nothing be set over IPP says so, and keeps what it has', async () => {
  const { values, errors } = await driver.set({ location: 'attic', model: 'x', 'toner.cyan': 1, name: 7 })
  assert.deepEqual(values, {})
  assert.deepEqual(
    Object.values(errors).map(({ code }) => code),
    ['read-only', 'read-only', 'unknown-object', 'bad-value'],
  )
})

test('A8 it shows which one it is, and has no other command', async () => {
  assert.deepEqual(await driver.command('identify', {}), { identified: true })
  await assert.rejects(driver.command('restart', {}), { code: 'device-refused', message: /it has: identify/ })
  await assert.rejects(driver.command('identify', { loud: true }), { code: 'device-refused', message: /no argument/ })
})

test('N7 the agent prints what it makes of a printer over IPP, with TLS and a certificate of its own as well', async () => {
  const plain = JSON.parse(await runAgentCommand(['--print-objects', '--json', '--driver', printer.uri]))
  const secret = await runAgentCommand(['--print-objects', '--driver', printer.uri.replace('ipp:', 'ipps:')])
  assert.equal(plain.model, 'Ardea Heron 5')
  assert.match(secret, /^model +Ardea Heron 5$/m)
})

test('N7 one that is switched off is silent for each object, and answers when it is on again', async () => {
  await printer.switchOff()
  const { errors } = await driver.get(['model', 'serial'])
  assert.deepEqual(
    Object.values(errors).map(({ code }) => code),
    ['no-answer', 'no-answer'],
  )
  assert.match(errors['model']?.message ?? '', /see that it is switched on/)
  await assert.rejects(driver.look(), { code: 'device-offline' })
  await printer.switchOn()
  assert.deepEqual((await driver.get(['model'])).values, { model: 'Ardea Heron 5' })
})
