/** A page goes to a printer's raw port in a form that it prints, and what keeps it from getting there is told: with a real listener, and a real PostScript interpreter. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { createHandClock, Failure, silentLog, systemClock } from '@fairlead/base'
import { until } from '../../testkit/until.ts'
import { renderConfirmationPage } from '../paper/page.ts'
import { printJob } from './app-socket.ts'
import { integer } from './cell.ts'
import { openDriver } from './drivers.ts'
import { openFixtureAgent } from './fixture-agent.ts'
import { plainPrinter } from './fixture-printers.ts'
import { renderPostScript } from './postscript.ts'
import { host, printer as printerMib } from './printer-mib.ts'

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

/** Interprets it as a printer does, whose fonts and paper are its own. @param device txtwrite: what stands on the page; bbox: where */
function interpret(job: string, device: 'txtwrite' | 'bbox', paper = 'a4'): string {
  const options = ['-q', '-dSAFER', '-dBATCH', '-dNOPAUSE', `-sDEVICE=${device}`, `-sPAPERSIZE=${paper}`]
  const ran = spawnSync('gs', [...options, '-sOutputFile=-', '-'], {
    input: Buffer.from(job, 'latin1'),
    encoding: 'utf8',
  })
  assert.equal(ran.status, 0, `${ran.error ?? ''}${ran.stdout}${ran.stderr}`)
  return device === 'bbox' ? ran.stderr : ran.stdout
}

const facts = { id: 'front', model: 'Ardea (40)\\', relay: 'https://relay.example/a(b', word: 'RIVER 4827', at: 0 }

test('B5 a printer that prints PostScript and no text is sent the page so, and all of it stands on its paper', async () => {
  await using printer = await openReceiver()
  await using agent = await openFixtureAgent(plainPrinter())
  await using driver = await openDriver(agent.url(`print=127.0.0.1:${printer.port}`), {
    clock: systemClock,
    log: silentLog,
  })
  const page = renderConfirmationPage({ ...facts, name: '受付の複合機' })
  async function jobWith(...languages: number[]): Promise<string> {
    for (const [at, language] of languages.entries())
      agent.cells.set(`${printerMib.interpreterLangFamily}.1.${at + 1}`, integer(language))
    await driver.paper?.print(page)
    return printer.jobs.pop() ?? assert.fail('nothing has come')
  }
  // PJL, PCL, PostScript; then PCL XL in the place of PCL.
  assert.match(await jobWith(5, 3, 6), /^ {4}CONFIRMATION PAGE\r\n[\s\S]*\f$/)
  const job = await jobWith(5, 47, 6)
  assert.match(job, /^%!PS-Adobe-3\.0\n[\x04\n\x20-\x7e]+\x04$/)
  const inWords = (text: string) => text.split(/\s+/).filter((word) => word !== '')
  assert.deepEqual(inWords(interpret(job, 'txtwrite')), inWords(page))
  for (const [paper, width, height] of [
    ['a4', 595, 842],
    ['letter', 612, 792],
    ['a6', 298, 420],
  ] as const) {
    const boxes = [...interpret(job, 'bbox', paper).matchAll(/%%BoundingBox: (\d+) (\d+) (\d+) (\d+)/g)]
    assert.equal(boxes.length, 1, `one page of ${paper}`)
    const [, left = 0, bottom = 0, right = 0, top = 0] = boxes[0]?.map(Number) ?? []
    assert.ok(left >= 18 && bottom >= 18 && right <= width - 18 && top <= height - 18, `${paper}: ${boxes[0]}`)
  }
})

test('B5 PostScript of letters that its fonts lack is whole, with a question mark for each', () => {
  assert.deepEqual(
    interpret(renderPostScript('Büro (受付) 🖨\n100 %'), 'txtwrite')
      .trim()
      .split(/\s*\n\s*/),
    ['B?ro (??) ?', '100 %'],
  )
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
  await assert.rejects(printJob(at(gone.port), 'x', systemClock), says('device-refused', /nothing listens there/))
  await using silent = await openReceiver(false)
  const clock = createHandClock()
  const printing = printJob(at(silent.port), 'x', clock)
  await until('it has all of it', () => silent.jobs.length === 1)
  clock.pass(20_000)
  await assert.rejects(printing, says('device-timeout', /look whether it comes out/))
})
