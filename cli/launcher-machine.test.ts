/** The launcher `fairlead.mjs` under the Node that the machine has: signals and exit status go through it. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openFolder } from '../testkit/folder.ts'
import { startProcess } from '../testkit/process.ts'
import { until } from '../testkit/until.ts'
import { runCommand } from './for-tests.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const launcher = join(home, 'fairlead.mjs')

/** Not the Node 26 that npm puts first: the one that the person installed, 20 or newer. */
const machineFolders = (process.env['PATH'] ?? '').split(':').filter((folder) => !folder.includes('node_modules'))
const machineNode =
  machineFolders.map((folder) => join(folder, 'node')).find((path) => existsSync(path)) ?? process.execPath

test('the exit status and both outputs of a command come through', async () => {
  const done = await runCommand(machineNode, [launcher, '--version'])
  assert.deepEqual([done.code, done.stderr], [0, ''])
  assert.match(done.stdout, /^\d+\.\d+\.\d+\n$/)
  const refused = await runCommand(machineNode, [launcher, 'devices', '--relay', 'http://127.0.0.1:9', '--key', 'k'])
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  const wrong = await runCommand(machineNode, [launcher, 'devices'])
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
})

test('standard input comes through', async () => {
  const { code, stderr } = await runCommand(machineNode, [launcher, 'login', '--relay', 'http://127.0.0.1:9'], {
    input: 'a-key',
  })
  assert.equal(code, 1)
  assert.match(stderr, /^No relay answers at /)
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`${signal} to the launcher has the relay drain, and the launcher ends with its exit status`, async () => {
    await using folder = await openFolder()
    const args = [launcher, 'relay', '--listen', '127.0.0.1:0', '--data', folder.path]
    await using started = await startProcess(machineNode, args)
    const { pid, url } = await started.nextEvent('relay.ready')
    assert.notEqual(pid, started.pid)
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
    assert.deepEqual(await started.stop(signal), { code: 0, signal: null })
    assert.match(started.output().stderr, /"event":"relay\.draining"/)
    assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' })
  })

test('when the program behind it is killed, the launcher ends as a shell would say it', async () => {
  await using folder = await openFolder()
  const args = [launcher, 'relay', '--listen', '127.0.0.1:0', '--data', folder.path]
  await using started = await startProcess(machineNode, args)
  const { pid } = await started.nextEvent('relay.ready')
  process.kill(Number(pid), 'SIGKILL')
  assert.deepEqual(await started.exited, { code: 137, signal: null })
  await until('it is gone', () => !existsSync(`/proc/${started.pid}`))
})

test('a taken data folder ends with 1 and one sentence, through npx too', async () => {
  await using folder = await openFolder()
  const relay = ['relay', '--listen', '127.0.0.1:0', '--data', folder.path]
  await using first = await startProcess(machineNode, [launcher, ...relay])
  await first.nextEvent('relay.ready')
  await using second = await startProcess('npx', ['fairlead', ...relay], { folder: home })
  assert.equal((await second.exited).code, 1)
  const { stdout, stderr } = second.output()
  assert.equal(stdout, '')
  assert.match(stderr, /^[A-Z][^\n]*\.\n$/)
  await using version = await startProcess('npx', ['fairlead', '--version'], { folder: home })
  assert.equal((await version.exited).code, 0)
  assert.match(version.output().stdout, /^\d+\.\d+\.\d+\n$/)
})
