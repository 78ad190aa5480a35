/** No dependency without a reason, and no reason without a dependency. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findDisagreements, reasons } from './dependencies.ts'
import { home, rooms } from './house.ts'

function readPackages() {
  return ['package.json', ...rooms.map((room) => `${room}/package.json`)]
    .filter((path) => existsSync(join(home, path)))
    .map((path) => ({ path, manifest: JSON.parse(readFileSync(join(home, path), 'utf8')) }))
}

test('each run-time dependency of the house has its reason', () => {
  assert.deepEqual(findDisagreements(readPackages(), reasons), [])
})

const sdk = { path: 'sdk/package.json', manifest: { dependencies: { 'left-pad': '1.0.0', '@fairlead/base': '1' } } }

test('a dependency without a reason is found', () => {
  assert.match(findDisagreements([sdk], {})[0] ?? '', /sdk\/package.json depends on left-pad without a reason/)
})

test('a reason without a dependency is found', () => {
  assert.match(findDisagreements([], { ws: 'Speaks.' })[0] ?? '', /No package depends on ws any more/)
})

test('a reason that is no sentence is found', () => {
  assert.match(findDisagreements([sdk], { 'left-pad': 'pads' })[0] ?? '', /left-pad is not a sentence/)
})

test('the SDK has no dependency at run time', () => {
  assert.deepEqual(readPackages().find(({ path }) => path === 'sdk/package.json')?.manifest.dependencies ?? {}, {})
})
