/** The command itself: what it prints, and with which status it ends. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silentLog } from '@fairlead/base'
import { tableOf } from '../cli/table.ts'
import { openDeviceDoor } from '../testkit/device-door.ts'
import { until } from '../testkit/until.ts'
import { openRunning, secret } from './for-tests.ts'
import { runAgent } from './main.ts'

async function openFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-main-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function run(argv: string[], stop = new AbortController()) {
  const out: string[] = []
  const err: string[] = []
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    environment: {},
    table: tableOf,
    log: silentLog,
    stop: stop.signal,
  }
  return { status: await runAgent(argv, io), out, err }
}

test('--print-objects --json prints all that the device has, as one object', async () => {
  const { status, out } = await run(['--print-objects', '--driver', 'virtual?toner.black=40', '--json'])
  assert.equal(status, 0)
  assert.equal(out.length, 1)
  assert.equal((JSON.parse(out[0] ?? '') as Record<string, unknown>)['toner.black'], 40)
})

test('wrong usage ends with 2 and one sentence, and leaves no folder behind', async (t) => {
  const data = join(await openFolder(t), 'data')
  const cases: [string[], RegExp][] = [
    [['--no-such-option'], /--no-such-option/],
    [['fly'], /does not know "fly"/],
    [
      ['--id', 'a', '--relay', 'https://r', '--driver', 'virtual', '--code', 'ABCD'],
      /is no factory code: compare it with the label/,
    ],
    [['mode', 'sideways'], /mode on/],
    [['trust', 'one', 'other'], /agent trust SHA256/],
    [['--print-objects'], /needs a --driver/],
    [['--print-objects', '--driver', 'carrier-pigeon:'], /carrier-pigeon/],
    [['--config', '/no/such/file'], /cannot be read/],
  ]
  for (const [argv, sentence] of cases) {
    const { status, err } = await run([...argv, '--data', data])
    assert.equal(status, 2, argv.join(' '))
    assert.equal(err.length, 1)
    assert.match(err[0] ?? '', sentence)
  }
  await assert.rejects(readdir(data), { code: 'ENOENT' })
})

test('a folder that knows no device is told so', async (t) => {
  const { status, err } = await run(['--data', await openFolder(t)])
  assert.equal(status, 2)
  assert.match(err[0] ?? '', /No device is known here yet/)
})

test('a taken page address ends with 1 and one sentence', async (t) => {
  const folder = await openFolder(t)
  await using relay = await openDeviceDoor({ devices: {} })
  const device = ['--relay', relay.url, '--id', 'a', '--secret', secret, '--driver', 'virtual']
  const { status, err } = await run([...device, '--data', folder, '--listen', `127.0.0.1:${relay.port}`])
  assert.equal(status, 1)
  assert.match(err[0] ?? '', /another program has it/)
})

test('mode and trust for a folder that is not there, or mode for a device that is not in it, is refused with 1', async (t) => {
  const folder = await openFolder(t)
  for (const words of [['mode', 'on'], ['trust']])
    assert.equal((await run([...words, '--data', join(folder, 'nowhere')])).status, 1)
  await using running = await openRunning()
  await running.said('device.online')
  assert.equal(await running.command('mode', 'off', '--id', 'stranger'), 1)
  assert.match(running.errors.join(), /no device stranger/)
})

test('one folder serves several devices, each with its own page and its own mode', async (t) => {
  const folder = await openFolder(t)
  await using relay = await openDeviceDoor({ devices: { a: `${secret}-a`, b: `${secret}-b` } })
  const config = join(folder, 'agent.yaml')
  const data = join(folder, 'data')
  await writeFile(
    config,
    `relay: ${relay.url}
data: ${data}
devices:
  - { id: a, secret: ${secret}-a, driver: virtual, listen: "127.0.0.1:0" }
  - { id: b, secret: ${secret}-b, driver: virtual, listen: "127.0.0.1:0", sessionMaintenance: off }
`,
  )
  const stop = new AbortController()
  const lines: Record<string, unknown>[] = []
  const io = {
    out: (line: string) => void lines.push(JSON.parse(line)),
    err() {},
    environment: {},
    table: tableOf,
    log: silentLog,
  }
  const ended = runAgent(['--config', config], { ...io, stop: stop.signal })
  await until('a is online', () => lines.some((line) => line['event'] === 'device.online' && line['id'] === 'a'))
  const ready = lines[0] as { event: string; pid: number; url: string; devices: { id: string; url: string }[] }
  assert.deepEqual([ready.event, ready.pid, ready.url], ['agent.ready', process.pid, ready.devices[0]?.url])
  const states = await Promise.all(ready.devices.map(async ({ url }) => (await fetch(`${url}/state`)).json()))
  assert.deepEqual(
    (states as Record<string, unknown>[]).map(({ id, state }) => [id, state]),
    [
      ['a', 'online'],
      ['b', 'off'],
    ],
  )
  const { status, out } = await run(['mode', 'on', '--id', 'b', '--data', data, '--json'])
  assert.equal(status, 0)
  assert.deepEqual(JSON.parse(out[0] ?? ''), { devices: [{ id: 'b', sessionMaintenance: 'on' }] })
  await until('b is online', () => lines.some((line) => line['event'] === 'device.online' && line['id'] === 'b'))
  stop.abort()
  assert.equal(await ended, 0)
})

test('the control port obeys nobody without the token', async () => {
  await using running = await openRunning()
  await running.said('device.online')
  const { port } = JSON.parse(await readFile(join(running.data, 'control.json'), 'utf8'))
  for (const authorization of ['', 'Bearer', `Bearer ${'x'.repeat(43)}`]) {
    const answer = await fetch(`http://127.0.0.1:${port}/mode`, {
      method: 'POST',
      headers: { authorization },
      body: '{"on":false}',
    })
    assert.equal(answer.status, 401)
  }
  assert.ok(!running.lines.some((line) => line.event === 'device.offline'))
})
