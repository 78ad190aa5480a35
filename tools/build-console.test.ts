/** A change of anything that the console imports has it built anew. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { consoleSources } from './build-console.mjs'

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

test('every file that the console imports, however far away, is one that it is built anew for', () => {
  const sources = new Set(consoleSources())
  const reached = [...reachedFrom('console/main.tsx')]
  for (const one of ['console/app.tsx', 'protocol/contract/alert-words.ts', 'protocol/contract/oidc-reasons.ts'])
    assert.ok(reached.includes(one), `${one} is not reached: does this test still find imports?`)
  assert.deepEqual(
    reached.filter((file) => !sources.has(file)),
    [],
  )
})
