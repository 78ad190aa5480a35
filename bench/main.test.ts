/** The command itself: its help, its refusals, and results of before that are shown again. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openFolder } from '../testkit/folder.ts'
import { runHouseFile } from '../testkit/process.ts'
import type { BenchResult } from './figures.ts'

const run = (...args: string[]) => runHouseFile('bench/main.ts', args)

const before: BenchResult = {
  ...{ at: '2026-01-02T03:04:05.678Z', machine: { cores: 2, processor: 'Abacus' }, plan: {} },
  servers: [
    {
      ...{ name: 'fairlead', title: 'Fairlead', version: '1', figures: { idleKb: 5 }, growth: [] },
      ...{ generatorBusy: 0.5, failed: 0, lost: 0, trouble: '', runs: [] },
    },
  ],
}

test('help names every server and every option', async () => {
  const { code, stdout } = await run('--help')
  assert.equal(code, 0)
  for (const word of ['fairlead, fairlead-http, prosody, prosody-relaxed, ejabberd', '--devices', '--quick', '--write'])
    assert.ok(stdout.includes(word), word)
})

test('a wrong option is one sentence and exit 2', async () => {
  const { code, stdout, stderr } = await run('--only', 'nginx')
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /^There is no "nginx": choose from .+\.\n$/)
})

test('results of before are shown again, and put between the marks of a document with the picture beside it', async () => {
  await using folder = await openFolder()
  const [results, document] = [join(folder.path, 'results.json'), join(folder.path, 'scale.md')]
  await writeFile(results, JSON.stringify(before))
  const ours = fileURLToPath(new URL('../docs/scale.md', import.meta.url))
  await writeFile(document, await readFile(ours, 'utf8'))
  const { code, stdout } = await run('--from', results, '--write', document)
  assert.equal(code, 0)
  assert.match(stdout, /^\| KB resident per idle session \| 5\.0 \|$/m)
  const written = await readFile(document, 'utf8')
  assert.ok(
    written.startsWith('# Scale') && written.includes(stdout.trim()) && !written.includes('Prosody, GC relaxed |'),
  )
  assert.match(await readFile(join(folder.path, 'scale.svg'), 'utf8'), /KB resident per idle session/)
})
