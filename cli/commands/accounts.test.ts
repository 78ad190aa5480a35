/** `fairlead accounts` and `fairlead keys` against a real relay. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { cliFor, runAtTerminal } from '../for-tests.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const run = cliFor(street)

test('an account is added and listed; a second of the same ID is refused', async () => {
  const added = await run(['accounts', 'add', 'acme', '--name', 'Acme GmbH'])
  assert.equal(added.stdout, 'The account acme is there. `fairlead keys add acme` makes a key for it.\n')
  const list = await run(['accounts'])
  assert.match(list.stdout, /^ID {7}NAME {7}SINCE\nacme {5}Acme GmbH {2}\d{4}-\d\d-\d\d \d\d:\d\d\ndefault +\d{4}/)
  const json = await run(['accounts', '--limit', '1', '--json'])
  assert.deepEqual(JSON.parse(json.stdout), (await street.service.read('/v1/accounts?limit=1')).body)
  const again = await run(['accounts', 'add', 'acme'])
  assert.deepEqual([again.code, again.stdout, again.stderr], [1, '', 'There is an account acme already.\n'])
})

test('a key is made with scopes and an end, opens what it should, is listed and removed', async () => {
  const none = await run(['keys'])
  assert.equal(none.stdout, 'No keys. Make one with `fairlead keys add ACCOUNT`.\n')
  const scopes = ['--scope', 'devices:read', '--scope', 'requests:read']
  const made = await run(['keys', 'add', 'default', ...scopes, '--name', 'Reports', '--expires', '2099-01-31'])
  const [, key = ''] = /^The key, shown this once: (fl_\S{8}_\S{43})\n$/.exec(made.stdout) ?? []
  const keyId = key.slice(3, 11)
  const asReports = { environment: { FAIRLEAD_KEY: key } }
  assert.equal((await run(['devices'], asReports)).code, 0)
  const forbidden = await run(['devices', 'add', 'x'], asReports)
  assert.deepEqual([forbidden.code, forbidden.stderr], [1, 'This key lacks the right devices:write.\n'])
  const list = await run(['keys'])
  assert.match(
    list.stdout,
    new RegExp(
      `\\n${keyId}  default  Reports  (?:\\d+ s ago|just now) +2099-01-3\\d \\S+ +devices:read requests:read\\n`,
    ),
  )
  const removed = await run(['keys', 'remove', keyId])
  assert.deepEqual([removed.code, removed.stdout], [0, `The key ${keyId} opens nothing any more.\n`])
  assert.equal((await run(['devices'], asReports)).code, 1)
  assert.deepEqual((await run(['keys', 'remove', keyId])).code, 1)
})

test('a key shown as JSON is the whole answer of the API', async () => {
  const { keyId, account, key } = JSON.parse((await run(['keys', 'add', 'default', '--json'])).stdout)
  assert.deepEqual([account, keyId], ['default', key.slice(3, 11)])
})

test('wrong values are told before anything is asked', async () => {
  const scope = await run(['keys', 'add', 'default', '--scope', 'everything'])
  assert.equal(scope.code, 2)
  assert.match(scope.stderr, /It must be one of devices:read, .*\.\n/)
  const expires = await run(['keys', 'add', 'default', '--expires', 'tomorrow'])
  assert.equal(expires.code, 2)
  assert.match(expires.stderr, /It must be a time like 2030-01-31T12:00:00Z, or a day like 2030-01-31\.\n/)
  const nobody = await run(['keys', 'add', 'nobody'])
  assert.deepEqual([nobody.code, nobody.stderr], [1, 'There is no account nobody.\n'])
})

test('before a key is removed the person at the terminal types the verb', async () => {
  const { keyId } = JSON.parse((await run(['keys', 'add', 'default', '--json'])).stdout)
  const environment = { FAIRLEAD_RELAY: street.url, FAIRLEAD_KEY: street.adminKey }
  const no = await runAtTerminal(['keys', 'remove', keyId], { environment, input: '\n' })
  assert.equal(no.code, 1)
  assert.match(no.stdout, /is refused from now on\. It cannot be had back: .*\./)
  assert.match(no.stdout, /\nNothing was changed\.\n$/)
  const yes = await runAtTerminal(['keys', 'remove', keyId], { environment, input: 'remove\n' })
  assert.equal(yes.code, 0, yes.stdout)
})
