/** `fairlead` as a whole: what is no command, readers that go away, and processes that stay up. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openFolder } from '../testkit/folder.ts'
import { openNeighbourhood } from '../testkit/neighbourhood.ts'
import { cliFor, runCli, runCommand } from './for-tests.ts'

const program = fileURLToPath(new URL('main.ts', import.meta.url))

test('--version and --help end with 0, what is no command with 2', async () => {
  const version = await runCli(['--version'])
  assert.deepEqual([version.code, version.stderr], [0, ''])
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
  const help = await runCli(['--help'])
  assert.deepEqual([help.code, help.stderr], [0, ''])
  for (const line of help.stdout.split('\n')) assert.ok(line.length <= 80, line)
  const none = await runCli([])
  assert.deepEqual([none.code, none.stdout], [2, ''])
  const wrong = await runCli(['devics'])
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
  assert.equal(wrong.stderr, "Unknown command 'devics'.\n(Did you mean devices?)\n(--help tells more)\n")
})

test('nobody at the address, and somebody who is no relay, end with 1 and a sentence', async () => {
  const key = ['--key', 'a-key']
  const nobody = await runCli(['devices', '--relay', 'http://127.0.0.1:9', ...key])
  assert.deepEqual([nobody.code, nobody.stdout], [1, ''])
  assert.match(nobody.stderr, /^No relay answers at http:\/\/127\.0\.0\.1:9: .*\.\n$/)
})

test('a reader that has seen enough ends a command quietly', async () => {
  await using street = await openNeighbourhood()
  const run = cliFor(street)
  // More than a pipe holds.
  const tags = Array.from({ length: 16 }, (_, index) => `${'t'.repeat(50)}${index}`)
  for (let index = 0; index < 150; index++) await street.service.post('/v1/devices', { id: `d-${index}`, tags })
  const { stdout } = await run(['devices', '--all'])
  assert.ok(stdout.length > 128 * 1024)
  const environment = { FAIRLEAD_RELAY: street.url, FAIRLEAD_KEY: street.adminKey }
  const words = `'${process.execPath}' '${program}' devices --all | head -n 1`
  const { code, stdout: first, stderr } = await runCommand('sh', ['-c', words], { environment })
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(first, /^ID .*\n$/)
})

test('a relay stays up when nobody reads what it prints any more', async () => {
  await using folder = await openFolder()
  const args = [program, 'relay', '--listen', '127.0.0.1:0', '--data', folder.path]
  const relay = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    const [line] = await once(createInterface({ input: relay.stdout }), 'line')
    const { url } = JSON.parse(String(line))
    relay.stdout.destroy()
    relay.stderr.destroy()
    // Each of these is a line of its log.
    for (let tries = 0; tries < 3; tries++) await fetch(`${url}/v1/devices`, { headers: { authorization: 'Bearer x' } })
    assert.equal((await fetch(`${url}/healthz`)).status, 200)
    relay.kill('SIGTERM')
    assert.deepEqual(await once(relay, 'exit'), [0, null])
  } finally {
    relay.kill('SIGKILL')
  }
})
