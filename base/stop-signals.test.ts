/** One wish to stop is one, however many signals it comes as. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

/** Says `ready`, then each signal that it was asked by; ends after that when its standard input does. */
function start() {
  const script = `import { askedToStop } from '${import.meta.resolve('./stop-signals.ts')}'
    askedToStop().then(async (signal) => { console.log(signal); setTimeout(() => console.log('late'), 1100) })
    process.stdin.on('end', () => process.exit(0)).resume()
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    next: async () => (await lines.next()).value as string,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

test('a Ctrl-C that comes twice, from the terminal and through the launcher, leaves time to finish', async () => {
  using program = start()
  await program.next()
  program.child.kill('SIGINT')
  assert.equal(await program.next(), 'SIGINT')
  program.child.kill('SIGINT')
  assert.equal(await program.next(), 'late')
  program.child.stdin.end()
  assert.deepEqual(await once(program.child, 'exit'), [0, null])
})

test('asked again later, it ends at once', async () => {
  using program = start()
  await program.next()
  program.child.kill('SIGTERM')
  assert.equal(await program.next(), 'SIGTERM')
  assert.equal(await program.next(), 'late')
  program.child.kill('SIGINT')
  assert.deepEqual(await once(program.child, 'exit'), [1, null])
})
