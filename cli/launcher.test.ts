/** `fairlead.mjs`, what `npx fairlead` runs: it starts from anywhere, passes signals on, and ends as what it started. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFile, copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openFolder } from '../testkit/folder.ts'
import { startProcess } from '../testkit/process.ts'
import { until } from '../testkit/until.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const scene = new AsyncDisposableStack()
let clone: string
let launcher: string
let elsewhere: string

/** A clone as it is after its installation, so that no test installs anything. */
before(async () => {
  clone = scene.use(await openFolder()).path
  elsewhere = scene.use(await openFolder()).path
  await mkdir(join(clone, 'tools'))
  const tools = ['run.mjs', 'build.mjs', 'node-options.json'].map((file) => `tools/${file}`)
  for (const file of ['fairlead.mjs', ...tools, 'package-lock.json'])
    await copyFile(join(home, file), join(clone, file))
  // With the console as it was built, so that no test builds it.
  for (const room of ['base', 'protocol', 'sdk', 'relay', 'agent', 'cli', 'console'])
    await symlink(join(home, room), join(clone, room))
  await mkdir(join(clone, 'node_modules'))
  for (const name of await readdir(join(home, 'node_modules')))
    if (!name.startsWith('.')) await symlink(join(home, 'node_modules', name), join(clone, 'node_modules', name))
  const lock = await readFile(join(clone, 'package-lock.json'))
  await writeFile(join(clone, 'node_modules/.fairlead-installed'), createHash('sha256').update(lock).digest('hex'))
  launcher = join(clone, 'fairlead.mjs')
})
after(() => scene.disposeAsync())

const launch = (...args: string[]) => startProcess(process.execPath, [launcher, ...args], { folder: elsewhere })
const startRelay = async (data: string) => {
  const started = await launch('relay', '--listen', '127.0.0.1:0', '--data', join(elsewhere, data))
  return { started, ready: await started.nextEvent('relay.ready') }
}

test('the launcher passes on arguments, output and the exit status', async () => {
  await using help = await launch('--help')
  assert.equal((await help.exited).code, 0)
  assert.match(help.output().stdout, /^Usage: fairlead/)
  await using wrong = await launch('nonsense')
  assert.equal((await wrong.exited).code, 2)
  assert.match(wrong.output().stderr, /Unknown command/)
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`the launcher passes on ${signal}: the relay drains, both end with 0`, async () => {
    const { started, ready } = await startRelay(signal)
    await using _started = started
    assert.notEqual(ready['pid'], started.pid)
    assert.deepEqual(await started.stop(signal), { code: 0, signal: null })
    assert.throws(() => process.kill(Number(ready['pid']), 0), { code: 'ESRCH' })
    assert.match(started.output().stderr, new RegExp(`"event":"relay.draining".*"why":"${signal}"`))
  })

test('a relay that is killed is no success: the launcher ends with 128 and the number of the signal', async () => {
  const { started, ready } = await startRelay('killed')
  await using _started = started
  process.kill(Number(ready['pid']), 'SIGKILL')
  assert.deepEqual(await started.exited, { code: 137, signal: null })
})

test('SIGTERM to the pid of the ready line ends the launcher too', async () => {
  const { started, ready } = await startRelay('direct')
  await using _started = started
  process.kill(Number(ready['pid']), 'SIGTERM')
  assert.deepEqual(await started.exited, { code: 0, signal: null })
})

test('started by npm and orphaned, a relay drains and stops by itself', async () => {
  const relay = `"${process.execPath}" "${launcher}" relay --listen 127.0.0.1:0 --data "${join(elsewhere, 'orphan')}"`
  // The shell stands for npm, which ends without passing its signal on.
  const environment = { npm_lifecycle_event: 'start' }
  await using shell = await startProcess('/bin/sh', ['-c', `${relay} & wait`], { folder: elsewhere, environment })
  const ready = await shell.nextEvent('relay.ready')
  shell.signal('SIGKILL')
  await until('the orphan has ended', () => {
    try {
      process.kill(Number(ready['pid']), 0)
      return false
    } catch {
      // No such process any more.
      return true
    }
  })
})

test('what cannot be built again starts from its sources, without a word', async () => {
  await appendFile(join(clone, 'tools/build.mjs'), '// Changed.\n')
  for (const name of ['rolldown', 'vite']) await rm(join(clone, 'node_modules', name))
  await using command = await launch('--version')
  assert.equal((await command.exited).code, 0)
  assert.deepEqual(command.output(), { stdout: '0.1.0\n', stderr: '' })
  await using relay = await launch('relay', '--listen', '127.0.0.1:0', '--data', join(elsewhere, 'unbuilt'))
  await relay.nextEvent('relay.ready')
  assert.match(relay.output().stderr, /^The console cannot be built here: .* All else works\.\n/)
})
