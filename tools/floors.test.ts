/** The house stands: every import goes down, and none goes round. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCircles, findLeaks } from './floors.ts'
import { readSourceFiles } from './house.ts'

const leakOf = (path: string, text: string) => findLeaks([{ path, text }])

test('every import of this house goes down', () => assert.deepEqual(findLeaks(readSourceFiles()), []))

test('no files of this house import each other in a circle', () => assert.deepEqual(findCircles(readSourceFiles()), []))

test('an import from a lower floor is fine', () => {
  assert.deepEqual(leakOf('relay/requests/requests.ts', "import { a } from '@fairlead/base'"), [])
  assert.deepEqual(leakOf('relay/requests/routes.ts', "import { route } from '../http/route.ts'"), [])
  assert.deepEqual(leakOf('relay/http/http.ts', "import { route } from './route.ts'"), [])
})

test('an import that goes up is found, and the reason is told', () => {
  const [leak] = leakOf('base/clock.ts', "import { relay } from '@fairlead/relay'")
  assert.match(leak ?? '', /relay stands above base. Imports only go down/)
})

test('a path that climbs out of its workspace is found like a name', () => {
  assert.match(
    leakOf('agent/uplink/bosh.ts', "import { x } from '../../relay/relay.ts'")[0] ?? '',
    /stand on one floor/,
  )
})

const upwards = {
  'a type-only import': "import type { Requests } from '../requests/requests.ts'",
  'a type-only re-export': "export type { Requests } from '../requests/requests.ts'",
  'a re-export of everything': "export * from '../requests/requests.ts'",
  'an import for its effects': "import '../requests/requests.ts'",
  'a dynamic import': "const requests = await import('../requests/requests.ts')",
  'a type inside import()': "let x: import('../requests/requests.ts').Requests",
  'an import over several lines': "import {\n  a,\n  b,\n} from '../requests/requests.ts'",
}
for (const [name, text] of Object.entries(upwards)) {
  test(`${name} that goes up is found`, () => assert.equal(leakOf('relay/devices/devices.ts', text).length, 1))
}

test('two rooms of the relay on one floor do not know each other', () => {
  const [leak] = leakOf('relay/devices/devices.ts', "import type { Accounts } from '../accounts/accounts.ts'")
  assert.match(leak ?? '', /devices and accounts stand on one floor/)
})

test('a room that nobody gave a floor is found', () => {
  assert.match(
    leakOf('relay/attic/attic.ts', "import { a } from '../http/route.ts'")[0] ?? '',
    /attic stands on no floor/,
  )
})

test('a test may lean on everything', () => {
  assert.deepEqual(leakOf('agent/uplink/bosh.test.ts', "import { openWire } from '@fairlead/testkit'"), [])
})

test('a circle of type-only imports is found', () => {
  const circles = findCircles([
    { path: 'sdk/a.ts', text: "import type { B } from './b.ts'" },
    { path: 'sdk/b.ts', text: "import type { A } from './a.ts'" },
  ])
  assert.equal(circles.length, 1)
  assert.match(circles[0] ?? '', /sdk\/a.ts → sdk\/b.ts → sdk\/a.ts/)
})
