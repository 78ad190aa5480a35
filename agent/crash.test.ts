/** An agent that is killed in the middle of its work, and started again from its folder alone. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { openDeviceDoor } from '../testkit/device-door.ts'
import { until } from '../testkit/until.ts'

const secret = 'a-secret-of-the-lobby'

function startAgent(argv: string[]) {
  const source = `import { processIo, runAgent } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)}
    process.exitCode = await runAgent(process.argv.slice(1), processIo(() => ''))`
  const command = ['--input-type=module', '-e', source, '--', ...argv]
  const child: ChildProcess = spawn(process.execPath, command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FAIRLEAD_SECRET: secret },
  })
  const lines: Record<string, unknown>[] = []
  let log = ''
  child.stderr?.on('data', (part) => {
    log += part
  })
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)))
  return {
    lines,
    log: () => log,
    async end(signal: 'SIGKILL' | 'SIGTERM') {
      const exit = once(child, 'exit')
      child.kill(signal)
      return (await exit)[0] as number | null
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

test('A1b 6.1 killed while it prints: it starts from its folder alone, and does not print a second time', async (t) => {
  const data = join(await mkdtemp(join(tmpdir(), 'fairlead-crash-')), 'data')
  t.after(() => rm(join(data, '..'), { recursive: true, force: true }))
  await using relay = await openDeviceDoor({ devices: { lobby: secret } })
  const print = { command: 'print-test-page', arguments: { pages: 1 }, timeoutSeconds: 60 }
  {
    const driver = 'virtual?secondsPerPage=2'
    await using agent = startAgent(['--relay', relay.url, '--id', 'lobby', '--driver', driver, '--data', data])
    await until('connected', () => relay.events.includes('connected lobby'))
    relay.push('lobby', 'before', { command: 'print-test-page', arguments: { pages: 1 }, timeoutSeconds: 60 })
    await until('answered', () => relay.answers.has('before'))
    relay.push('lobby', 'r1', print)
    await until('on disk', async () => (await readFile(join(data, 'agent.db-wal'))).includes('r1'))
    await agent.end('SIGKILL')
    assert.doesNotMatch(agent.log() + JSON.stringify(agent.lines), new RegExp(secret))
  }
  await using again = startAgent(['--data', data])
  await until('online', () => again.lines.some((line) => line['event'] === 'device.online'))
  relay.push('lobby', 'r1', print)
  relay.push('lobby', 'before', print)
  await until('answered', () => relay.answers.has('r1'))
  assert.match(String(relay.answers.get('r1')?.['refused']), /may have been done/)
  await until('the earlier one', () => relay.calls.filter((call) => call.path.endsWith('/before')).length === 2)
  assert.deepEqual(relay.answers.get('before'), relay.calls.find((call) => call.path.endsWith('/before'))?.body)
  assert.equal(await again.end('SIGTERM'), 0)
  assert.ok(relay.events.at(-1)?.startsWith('ended lobby terminated'))
})

test('A10 killed before its answer was taken: it is told after the next start, of the one time it was done', async (t) => {
  const data = join(await mkdtemp(join(tmpdir(), 'fairlead-crash-')), 'data')
  t.after(() => rm(join(data, '..'), { recursive: true, force: true }))
  let tries = 0
  let takes = false
  await using relay = await openDeviceDoor({
    devices: { lobby: secret },
    intercept(request, response) {
      if (takes || !request.url?.includes('/responses/')) return false
      tries++
      response.writeHead(503).end()
      return true
    },
  })
  {
    await using agent = startAgent(['--relay', relay.url, '--id', 'lobby', '--driver', 'virtual', '--data', data])
    await until('connected', () => relay.events.includes('connected lobby'))
    relay.push('lobby', 'r1', { command: 'print-test-page', arguments: { pages: 1 } })
    await until('tried twice', () => tries >= 2)
    await agent.end('SIGKILL')
  }
  takes = true
  const before = relay.events.length
  await using _again = startAgent(['--data', data])
  const answer = await until('told', () => relay.answers.get('r1'))
  assert.ok('result' in answer, JSON.stringify(answer))
  await until('connected', () => relay.events.indexOf('connected lobby', before) > 0)
  relay.push('lobby', 'r2', { get: ['pages'] })
  const pages = await until('answered', () => relay.answers.get('r2'))
  assert.deepEqual(pages['values'], { pages: { value: 1, unit: 'impressions' } })
})
