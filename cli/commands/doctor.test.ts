/** `fairlead doctor` as people and programs run it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHouseFile } from '../../testkit/process.ts'
import { openSmallRelay } from '../../testkit/small-relay.ts'

async function runCli(args: readonly string[], environment: Record<string, string> = {}) {
  await using cli = await startHouseFile('cli/main.ts', ['doctor', ...args], {
    environment: { HOME: '/nowhere', ...environment },
  })
  const { code } = await cli.exited
  return { code, ...cli.output() }
}

test('a good way ends with 0, and a line for each thing that was looked at', async () => {
  await using relay = await openSmallRelay()
  const { code, stdout, stderr } = await runCli(['--hold', '1'], { FAIRLEAD_RELAY: relay.url })
  assert.equal(code, 0, stdout)
  assert.match(stdout, /^Needed: from here TCP to .*\nok {7}proxy .*\n(ok .*\n){7}Nothing stands in the way to /)
  assert.equal(stderr, '')
})

test('an obstacle ends with 1, and --json tells it to programs', async () => {
  const gone = await openSmallRelay()
  await gone[Symbol.asyncDispose]()
  const { code, stdout } = await runCli(['--relay', gone.url, '--json'])
  assert.equal(code, 1)
  const report = JSON.parse(stdout)
  assert.equal(report.ok, false)
  assert.equal(report.findings[2].check, 'connection')
  assert.equal(report.findings[2].facts.code, 'ECONNREFUSED')
})

test('wrong usage ends with 2 and one sentence', async () => {
  for (const args of [[], ['--relay', 'nonsense'], ['--relay', 'http://127.0.0.1', '--hold', '999']]) {
    const { code, stdout, stderr } = await runCli(args)
    assert.equal(code, 2, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, /\.\n$/)
  }
})
