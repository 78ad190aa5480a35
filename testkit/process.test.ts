/** Processes are started, heard, stopped, and never left behind. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type StartedProcess, startProcess } from './process.ts'
import { until } from './until.ts'

const node = (script: string): Promise<StartedProcess> => startProcess(process.execPath, ['-e', script])
const say = (line: object) => `console.log('${JSON.stringify(line)}');`
const stayUp = 'setInterval(() => {}, 1000);'

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; it only waits for somebody to ask how.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

test('events are handed out once each, in their order, whatever lies between', async () => {
  await using child = await node(
    `console.log('plain words');${say({ event: 'a', n: 1 })}${say({ event: 'b' })}${say({ event: 'a', n: 2 })}${stayUp}`,
  )
  assert.deepEqual(await child.nextEvent('a'), { event: 'a', n: 1 })
  assert.deepEqual(await child.nextEvent('a'), { event: 'a', n: 2 })
  assert.deepEqual(await child.nextEvent('b'), { event: 'b' })
})

test('a process that ends instead of announcing itself is told with its words', async () => {
  await using child = await node("console.error('the port is taken'); process.exit(1)")
  await assert.rejects(child.nextEvent('relay.ready'), /ended with 1[\s\S]*the port is taken/)
  await assert.rejects(child.nextEvent('relay.ready'), /ended with 1/)
})

test('an event that does not come in time is told', async () => {
  await using child = await node(stayUp)
  await assert.rejects(child.nextEvent('relay.ready', 50), /not within 50 ms/)
})

test('a signal is passed on and the exit status comes back', async () => {
  await using child = await node(`process.on('SIGTERM', () => process.exit(7));${say({ event: 'up' })}${stayUp}`)
  await child.nextEvent('up')
  assert.deepEqual(await child.stop(), { code: 7, signal: null })
})

test('a process that ignores its signal is killed, and the test is told', async () => {
  await using child = await node(`process.on('SIGTERM', () => {});${say({ event: 'up' })}${stayUp}`)
  await child.nextEvent('up')
  await assert.rejects(child.stop('SIGTERM', 100), /Still running 100 ms after SIGTERM/)
  assert.deepEqual(await child.exited, { code: null, signal: 'SIGKILL' })
})

test('what a process has started goes with it', async () => {
  const grandchild = `const { pid } = require('child_process').spawn('sleep', ['60']); console.log(JSON.stringify({ event: 'up', pid }));`
  let pid: number
  {
    await using child = await node(`${grandchild}${stayUp}`)
    pid = Number((await child.nextEvent('up'))['pid'])
    assert.ok(isAlive(pid))
  }
  await until('the grandchild has ended', () => !isAlive(pid))
})

test('a process does not outlive a test that was killed', async () => {
  const script = `import { startProcess } from '${import.meta.resolve('./process.ts')}'
    const child = await startProcess('sleep', ['60'])
    console.log(JSON.stringify({ event: 'up', pid: child.pid }))`
  await using killed = await startProcess(process.execPath, ['--input-type=module', '-e', script])
  const pid = Number((await killed.nextEvent('up'))['pid'])
  // Until then it is another program, which first says with whom it is to end.
  await until('the child runs', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n')
  process.kill(killed.pid, 'SIGKILL')
  await until('the child of the killed test has ended', () => !isAlive(pid))
})

test('a command that is not there fails at once', async () => {
  await using child = await startProcess('no-such-command-here', [])
  assert.notEqual((await child.exited).code, 0)
})

test('the settings of the person at the keyboard do not reach a test', async () => {
  process.env['FAIRLEAD_RELAY'] = 'https://relay.example'
  await using child = await node(
    "console.log(JSON.stringify({ event: 'up', relay: process.env.FAIRLEAD_RELAY ?? null }))",
  )
  assert.equal((await child.nextEvent('up'))['relay'], null)
})
