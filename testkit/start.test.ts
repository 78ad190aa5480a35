/** `npm start` as a newcomer runs it: both forms, a taken port, a second time on the same data, and no trace left. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openFolder } from './folder.ts'
import { type StartedProcess, startHouseFile, startProcess } from './process.ts'
import { until } from './until.ts'

const run = promisify(execFile)
const home = fileURLToPath(new URL('..', import.meta.url))
const launcher = join(home, 'tools/run.mjs')

test('npm start -- --once shows a GET and a SET in plain words, leaves nothing behind and ends with 0', async () => {
  await using folder = await openFolder()
  await using started = await startHouseFile('testkit/start.ts', ['--once'], { environment: { TMPDIR: folder.path } })
  assert.deepEqual(await started.exited, { code: 0, signal: null }, started.output().stderr)
  const { stdout, stderr } = started.output()
  assert.match(
    stdout,
    /^GET {2}.*printer-1[\s\S]*toner\.black +73 %\n {2}pages +34910 impressions\n {2}location +ground floor$/m,
  )
  assert.match(stdout, /^SET {2}.*printer-1.*\n {2}location: 2nd floor$/m)
  assert.equal(stderr, '')
  assert.deepEqual(await readdir(folder.path), [])
})

test('npm start stays up with what to open and a curl line that works, and goes on with the same data', async () => {
  await using folder = await openFolder()
  {
    await using started = await startIn(folder.path)
    const { urls, curl } = await nextStepsOf(started)
    assert.equal(urls.length, 5)
    for (const url of urls) assert.match(await textAt(url), /<html/i)
    assert.match((await run('sh', ['-c', curl])).stdout, /"values":\{"toner\.black":73,"status":"idle"\}/)
    assert.deepEqual(await started.stop(), { code: 0, signal: null })
    assert.match(started.output().stdout, /Stopping/)
  }
  await using again = await startIn(folder.path)
  await nextStepsOf(again)
  // What the first start had set is what the second one found, and it sets something else.
  assert.match(again.output().stdout, /location +2nd floor[\s\S]*location: ground floor/)
  assert.deepEqual(await again.stop(), { code: 0, signal: null })
})

test('with port 8080 taken it says so and takes a free one; a folder in use is refused in one sentence', async () => {
  await using folder = await openFolder()
  await using _taken = await take(8080)
  await using started = await startIn(folder.path)
  await nextStepsOf(started)
  assert.match(started.output().stdout, /up at http:\/\/localhost:\d+ \(port 8080 is taken by another program\)/)
  assert.doesNotMatch(started.output().stdout, /localhost:8080/)
  await using second = await startIn(folder.path)
  assert.equal((await second.exited).code, 1)
  assert.match(second.output().stderr, /^[^\n]*data[^\n]*\n$/)
})

test('when npm is killed, the relay and the devices end by themselves', async () => {
  assert.ok(isInstalled(), 'The packages are not those of package-lock.json: run npm start once.')
  await using folder = await openFolder()
  // As npm does it: scripts run in a shell, which stays when npm is gone.
  const script = `require('node:child_process').spawn('sh', ['-c', '"${process.execPath}" "${launcher}" testkit/start.ts; exit $?'], { stdio: 'inherit' })`
  await using npm = await startProcess(process.execPath, ['-e', script], {
    folder: folder.path,
    environment: { npm_lifecycle_event: 'start' },
  })
  const { urls } = await nextStepsOf(npm)
  process.kill(npm.pid, 'SIGKILL')
  for (const url of urls) await until(`nobody answers at ${url}`, () => isGone(url))
})

test('when the relay is killed it says so at once, stops the devices and ends with 1', async () => {
  await using folder = await openFolder()
  await using started = await startIn(folder.path)
  await nextStepsOf(started)
  const { stdout: relay } = await run('pgrep', ['-P', String(started.pid), '-f', 'main\\.m?[jt]s relay'])
  process.kill(Number(relay), 'SIGKILL')
  await until('it is told', () => /The relay was ended by SIGKILL/.test(started.output().stderr), 5_000)
  assert.equal((await started.exited).code, 1)
  assert.doesNotMatch(started.output().stderr, /admin key/, 'what it said when it started is not why it ended')
})

test('an option that it does not have is wrong usage', async () => {
  await using started = await startHouseFile('testkit/start.ts', ['--port', '1'])
  assert.equal((await started.exited).code, 2)
})

/** Else the launcher would install in the middle of the test, and be killed while it does. */
function isInstalled(): boolean {
  const [lock, stamp] = ['package-lock.json', 'node_modules/.fairlead-installed'].map((file) => join(home, file))
  const wanted = createHash('sha256')
    .update(readFileSync(lock ?? ''))
    .digest('hex')
  return existsSync(stamp ?? '') && readFileSync(stamp ?? '', 'utf8') === wanted
}

const startIn = (folder: string) => startHouseFile('testkit/start.ts', [], { folder })

/** What it says once everything is up. */
async function nextStepsOf(started: StartedProcess): Promise<{ urls: string[]; curl: string }> {
  const text = await until(
    'npm start says what to try next',
    () => {
      const { stdout, stderr } = started.output()
      if (stderr !== '') throw new Error(stderr)
      return stdout.includes('Ctrl-C') && stdout
    },
    40_000,
  )
  const urls = [...text.matchAll(/^ {2}(http\S+)/gm)].map(([, url = '']) => url)
  const [curl = ''] = /curl (.*\\\n)*.*/.exec(text) ?? []
  return { urls, curl }
}

async function textAt(url: string): Promise<string> {
  const answer = await fetch(url)
  assert.equal(answer.status, 200, url)
  return await answer.text()
}

async function isGone(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(5_000) })
    return false
  } catch {
    return true
  }
}

/** Whether this test has the port or another program: taken it is. */
async function take(port: number): Promise<AsyncDisposable> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.once('error', () => resolve()).listen(port, '127.0.0.1', resolve)
  await promise
  return {
    async [Symbol.asyncDispose]() {
      if (server.listening) await new Promise((done) => server.close(done))
    },
  }
}
