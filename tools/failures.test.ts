/** A run says last what failed and why, from tests that really failed. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const failing = `
import { test } from 'node:test'
import assert from 'node:assert/strict'
test('holds', () => {})
test('around', async (t) => {
  await t.test('breaks', () => assert.equal('forty', 'two'))
})
test('says much', () => { throw new Error('a line\\n'.repeat(200)) })
`

/** In a process of its own: within a test, Node runs no others. */
const program = `
import { run } from 'node:test'
import { collectFailures, describeFailure } from ${JSON.stringify(new URL('./failures.ts', import.meta.url).href)}
const events = run({ files: [process.argv[2]] })
const failures = collectFailures(events)
for await (const _ of events);
for (const failure of failures) console.log(describeFailure(failure))
`

test('each test that failed is told with its place and its reason, and no other', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-failures-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [tests, runner] = [join(folder, 'some.test.mjs'), join(folder, 'run.mjs')]
  writeFileSync(tests, failing)
  writeFileSync(runner, program)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [runner, tests], { env })
  assert.deepEqual(
    stdout.match(/^FAILED .*/gm)?.map((line) => line.replace(/^.*\//, '')),
    ['some.test.mjs:6 breaks', 'some.test.mjs:8 says much'],
  )
  assert.match(stdout, /'forty' !== 'two'/)
  assert.match(stdout, /… \d+ lines more, see above/)
  assert.ok(stdout.split('\n').length < 100)
})
