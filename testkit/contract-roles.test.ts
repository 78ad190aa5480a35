/** Every role at every route of the relay's own document: what each may follows from one table, and from what the route says it wants. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Right, Role } from '@fairlead/protocol/contract'
import { rightsOf } from '../relay/people/roles.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { createPerson, goodPassword, invite, type Person, setUpTokenIn } from './person.ts'

interface Operation {
  method: string
  path: string
  security: Record<string, string[]>[]
}

const street = await openNeighbourhood({ relay: ['--max-failed-sign-ins-of-network', '1000'] })
after(() => street[Symbol.asyncDispose]())
const { url, service } = street

const people: Record<string, Person> = { 'relay admin': createPerson(url) }
await people['relay admin']?.post('/v1/set-up', {
  ...{ email: 'first@example.com', name: 'First', password: goodPassword },
  token: setUpTokenIn(street.relay().output().stderr),
})
for (const role of Role.options) {
  // Not in the account of the one who acts as the admin key does.
  const { person } = await invite(url, service, { email: `${role}@example.com`, role })
  people[role] = person
}

const { paths } = Object((await service.read('/v1/openapi.json')).body)
const operations = Object.entries(paths as Record<string, Record<string, Pick<Operation, 'security'>>>)
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({ method: method.toUpperCase(), path, security })),
  )
  // Once there is a user there is no such path.
  .filter(({ path, security }) => security.length > 0 && !path.startsWith('/v1/set-up'))

/** @returns undefined: no session is good for it, whosesoever */
function rightWanted({ security }: Operation): string | undefined {
  const scheme = security.find((each) => 'session' in each)
  return scheme && (scheme['session']?.[0] ?? 'none')
}

function mayCall(who: string, operation: Operation): boolean {
  const right = rightWanted(operation)
  if (right === 'none' || who === 'relay admin') return right !== undefined
  return right !== undefined && rightsOf[Role.parse(who)].has(right as Right)
}

/** With IDs of nothing and an empty body: who is let in does no harm. */
async function knock({ method, path }: Operation, { cookie }: Person): Promise<{ status: number; code: unknown }> {
  const answer = await fetch(url + path.replaceAll(/\{\w+\}/g, 'none'), {
    method,
    headers: { origin: url, cookie: cookie() ?? '' },
    ...(method !== 'GET' && { body: '{}' }),
  })
  if (answer.ok) {
    // It may be a stream without end.
    await answer.body?.cancel()
    return { status: answer.status, code: undefined }
  }
  const text = await answer.text()
  return { status: answer.status, code: JSON.parse(text).code }
}

test('each right of the table is one that there is, and a higher role may all that a lower one may', () => {
  for (const [at, role] of Role.options.entries()) {
    for (const right of rightsOf[role]) assert.ok(Right.options.includes(right))
    const lower = Role.options[at - 1]
    if (lower) assert.ok(rightsOf[lower].isSubsetOf(rightsOf[role]), role)
  }
  assert.deepEqual([...rightsOf.viewer].sort(), ['devices:read', 'events:read', 'requests:read'])
  assert.deepEqual([...rightsOf.operator.difference(rightsOf.viewer)].sort(), ['jobs:write', 'requests:write'])
  assert.deepEqual([...rightsOf.admin.difference(rightsOf.operator)].sort(), [
    'devices:write',
    'keys:write',
    'users:write',
  ])
})

for (const operation of operations)
  test(`N5 ${operation.method} ${operation.path}: who may, and who may not`, async () => {
    for (const [who, person] of Object.entries(people)) {
      const { status, code } = await knock(operation, person)
      const told = `${who}: ${status} ${code}`
      if (mayCall(who, operation)) assert.ok(![401, 403, 405, 500].includes(status), told)
      else if (rightWanted(operation) === undefined) assert.equal(status, 401, told)
      else assert.deepEqual([status, code], [403, 'forbidden'], told)
      // Whoever has signed out by it comes in again.
      if (`${operation.method} ${operation.path}` !== 'DELETE /v1/session') continue
      assert.equal(status, 204)
      const email = who === 'relay admin' ? 'first@example.com' : `${who}@example.com`
      assert.equal((await person.post('/v1/session', { email, password: goodPassword })).status, 200)
    }
  })
