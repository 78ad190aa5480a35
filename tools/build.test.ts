/** A change of anything that is imported has it built anew. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { sourcesOf, startable } from './build.mjs'

const home = join(import.meta.dirname, '..')
const importPattern = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

/** @returns undefined: it is no file of this house */
function fileOf(name: string, importer: string): string | undefined {
  if (name.startsWith('.')) return posix.join(posix.dirname(importer), name)
  const [, room, inner] = /^@fairlead\/([a-z]+)(?:\/(.+))?$/.exec(name) ?? []
  if (room === undefined) return undefined
  const { exports } = JSON.parse(readFileSync(join(home, room, 'package.json'), 'utf8'))
  return posix.join(room, exports[inner === undefined ? '.' : `./${inner}`])
}

/** All that one file leads to, itself included. */
function reachedFrom(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found
  found.add(file)
  if (!/\.tsx?$/.test(file)) return found
  for (const [, name = ''] of readFileSync(join(home, file), 'utf8').matchAll(importPattern)) {
    const next = fileOf(name, file)
    if (next !== undefined && existsSync(join(home, next))) reachedFrom(next, found)
  }
  return found
}

const mustReach = {
  console: [
    'console/main.tsx',
    'console/app.tsx',
    'protocol/contract/alert-words.ts',
    'protocol/contract/oidc-reasons.ts',
  ],
  programs: ['cli/main.ts', 'relay/rooms.ts', 'agent/main.ts', 'relay/database/wal.ts', 'sdk/client.ts'],
} as const

for (const name of ['console', 'programs'] as const)
  test(`the ${name}: every file that is imported, however far away, is one that it is built anew for`, () => {
    const sources = new Set(sourcesOf(name))
    const [entry, ...others] = mustReach[name]
    const reached = [...reachedFrom(entry)]
    for (const one of others)
      assert.ok(reached.includes(one), `${one} is not reached: does this test still find imports?`)
    assert.deepEqual(
      reached.filter((file) => !sources.has(file)),
      [],
    )
  })

test('what tests start is what was built, and nothing else is taken for it', () => {
  assert.equal(startable('cli/main.ts'), 'cli/dist/main.mjs')
  assert.equal(startable('testkit/start.ts'), 'testkit/start.ts')
})
