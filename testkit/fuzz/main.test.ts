/** The command: what it says, what it exits with, and that a hanging input is seen from outside. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openFolder } from '../folder.ts'
import { runHouseFile } from '../process.ts'
import { createNote, playInThreads } from './workers.ts'

async function fuzz(...args: string[]) {
  await using folder = await openFolder()
  await writeFile(join(folder.path, 'input'), '<a/>')
  return await runHouseFile('testkit/fuzz/main.ts', args, { folder: folder.path })
}

test('the help names every target and every option', async () => {
  const { code, stdout } = await fuzz('--help')
  assert.equal(code, 0)
  for (const word of ['xml', 'session', '--inputs', '--seed', '--jobs', '--input', 'fuzz-findings'])
    assert.ok(stdout.includes(word), word)
})

test('a run tells how much it tried, with which seed and how fast', async () => {
  const { code, stdout } = await fuzz('session', 'xml', '--inputs', '3_000', '--seed', '7', '--jobs', '2')
  assert.match(stdout, /session: 3000 inputs with seed 7 in [\d.]+ s \(\d+ a second\): .*; nothing found/)
  assert.match(stdout, /xml: 3000 inputs with seed 7 .*\d+ accepted/)
  assert.equal(code, 0)
})

test('one input can be tried again', async () => {
  const { code, stdout } = await fuzz('xml', '--input', 'input')
  assert.equal(stdout, 'xml: nothing is wrong with it\n')
  assert.equal(code, 0)
})

test('what cannot be meant is refused in one sentence', async () => {
  for (const args of [
    ['yml'],
    ['--inputs', '0'],
    ['--seed', 'x'],
    ['xml', 'session', '--input', 'input'],
    ['--more'],
  ]) {
    const { code, stderr } = await fuzz(...args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, /^[^\n]+\n$/)
  }
})

test('a thread that says nothing for too long is stopped, and the input that it noted is told', async () => {
  const played = await playInThreads({
    target: 'xml',
    seed: 1,
    inputs: 1_000_000,
    jobs: 1,
    progress: () => {},
    // No thread starts so fast.
    silenceMs: 1,
  })
  assert.match(played.findings[0]?.what ?? '', /it hangs/)
  const shared = new SharedArrayBuffer(100)
  createNote(shared).write(Buffer.from('<a/>'))
  assert.equal(Buffer.from(createNote(shared).read()).toString(), '<a/>')
})

test('the script of the root package runs it', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(scripts.fuzz, 'node tools/run.mjs testkit/fuzz/main.ts')
})
