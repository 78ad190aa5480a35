/** `npm test` with filters runs what matches any of them, and says so when one matches nothing. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./test.ts', import.meta.url))

/** Not as a test within this one: Node would give its results to the runner above. */
const { NODE_TEST_CONTEXT: _, ...environment } = process.env

function run(...filters: string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...filters], { env: environment }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), output: stdout + stderr }),
    )
  })
}

test('several filters run the files of each', async () => {
  const { status, output } = await run('base/random.test.ts', 'base/timer-wheel.test.ts')
  const alone = await Promise.all([run('base/random.test.ts'), run('base/timer-wheel.test.ts')])
  const passed = (text: string) => Number(/(\d+) passed, 0 failed/.exec(text)?.[1])
  assert.equal(status, 0)
  assert.ok(passed(output) > 1)
  assert.equal(passed(output), passed(alone[0].output) + passed(alone[1].output))
})

test('a filter that matches nothing is told, whatever the others match', async () => {
  const { status, output } = await run('base/timer-wheel.test.ts', 'no-such-file')
  assert.equal(status, 1)
  assert.match(output, /No test file's path contains "no-such-file"\./)
})
