/** A page of text goes to a printer's raw port, and what keeps it from getting there is told: with a real listener. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { createHandClock, Failure, silentLog, systemClock } from '@fairlead/base'
import { until } from '../../testkit/until.ts'
import { printText } from './app-socket.ts'
import { openDriver } from './drivers.ts'
import { openFixtureAgent } from './fixture-agent.ts'
import { plainPrinter } from './fixture-printers.ts'
import { host } from './printer-mib.ts'

/** @param ends whether it ends the connection when it has read all, as printers do */
async function openReceiver(ends = true) {
  const jobs: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    const parts: Buffer[] = []
    socket.on('data', (part: Buffer) => parts.push(part))
    socket.on('error', () => {})
    socket.on('end', () => {
      jobs.push(Buffer.concat(parts).toString('latin1'))
      if (ends) socket.end('@PJL USTATUS\r\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { jobs, port, close, [Symbol.asyncDispose]: () => (server.listening ? close() : Promise.resolve()) }
}

const says = (code: string, words: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === code && words.test(error.message)

test('B5 an SNMP printer is sent the page as text with a form feed, unless it says why it cannot print', async () => {
  await using printer = await openReceiver()
  await using agent = await openFixtureAgent(plainPrinter())
  const spec = agent.url(`print=127.0.0.1:${printer.port}`)
  await using driver = await openDriver(spec, { clock: systemClock, log: silentLog })
  await driver.paper?.print('CONFIRMATION PAGE\n\nRIVER 4827')
  assert.deepEqual(printer.jobs, ['CONFIRMATION PAGE\r\n\r\nRIVER 4827\r\n\f'])

  // Bit 1 of hrPrinterDetectedErrorState: noPaper (RFC 2790).
  agent.cells.set(`${host.printerDetectedErrorState}.3`, { type: 'octets', value: Uint8Array.of(0x40) })
  const printing = driver.paper?.print('RIVER 4827') ?? assert.fail('it can print')
  await assert.rejects(printing, says('device-refused', /all trays are empty/))
  assert.equal(printer.jobs.length, 1)
  await using cannot = await openDriver(agent.url('print=none'), { clock: systemClock, log: silentLog })
  assert.equal(cannot.paper, undefined)
})

test('B7 an SNMP printer is looked at for what changes, and no more', async () => {
  await using agent = await openFixtureAgent(plainPrinter())
  await using driver = await openDriver(agent.url(), { clock: systemClock, log: silentLog })
  const seen = await driver.look()
  assert.deepEqual(Object.keys(seen).sort(), ['alerts', 'pages', 'serial', 'supplies', 'toner.black'])
  assert.deepEqual([seen['pages'], seen['serial']], [{ value: 34_910, unit: 'impressions' }, 'AR-40-0077'])
})

test('B5 nobody at the port: it has not come out; no end of it: it may have', async () => {
  const gone = await openReceiver()
  await gone.close()
  const at = (port: number) => ({ host: '127.0.0.1', port })
  await assert.rejects(printText(at(gone.port), 'x', systemClock), says('device-refused', /nothing listens there/))
  await using silent = await openReceiver(false)
  const clock = createHandClock()
  const printing = printText(at(silent.port), 'x', clock)
  await until('it has all of it', () => silent.jobs.length === 1)
  clock.pass(20_000)
  await assert.rejects(printing, says('device-timeout', /look whether it comes out/))
})
