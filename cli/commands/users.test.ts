/** `fairlead users` against a real relay. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { createPerson, goodPassword, setUpTokenIn, tokenOf } from '../../testkit/person.ts'
import { cliFor, runAtTerminal } from '../for-tests.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const run = cliFor(street)

test('as long as there is no user, a link for the first one is made; the printed one is dead then, and afterwards there is none', async () => {
  assert.match((await run(['users'])).stdout, /^No users\. `fairlead users set-up`/)
  const made = await run(['users', 'set-up'])
  const [, link = ''] =
    /^Make the first user, an owner, at (http:\S+\/console\/#\/set-up\/\S+)\n$/.exec(made.stdout) ?? []
  const order = { email: 'ann@example.com', name: 'Ann', password: goodPassword }
  const printed = setUpTokenIn(street.relay().output().stderr)
  assert.equal((await createPerson(street.url).post('/v1/set-up', { ...order, token: printed })).status, 403)
  assert.equal((await createPerson(street.url).post('/v1/set-up', { ...order, token: tokenOf(link) })).status, 201)
  const again = await run(['users', 'set-up'])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /^This relay is set up: it has users\. /)
})

test('somebody is invited, listed, given a link for a new password, and removed by address', async () => {
  await street.service.post('/v1/accounts', { id: 'acme' })
  const invited = await run(['users', 'invite', 'bob@example.com', '--role', 'operator', '--account', 'acme'])
  const [, link = ''] = /^Send bob@example\.com this link, shown this once: (\S+)\n/.exec(invited.stdout) ?? []
  assert.match(invited.stdout, /\nWhoever opens it becomes operator in acme, until \d{4}-\d\d-\d\d \S+\.\n$/)
  const accept = { token: tokenOf(link), name: 'Bob', password: goodPassword }
  assert.equal((await createPerson(street.url).post('/v1/invitations/accept', accept)).status, 201)

  const list = await run(['users'])
  assert.match(list.stdout, /^ID +E-MAIL +NAME +ACCOUNT +ROLE +SIGNED IN +SECOND FACTOR\n/)
  assert.match(list.stdout, /\n\S{16} +ann@example\.com +Ann +default +owner, relay admin +\S.* +none\n/)
  const ofAcme = JSON.parse((await run(['users', '--account', 'acme', '--json'])).stdout)
  assert.deepEqual([ofAcme.items.length, ofAcme.items[0].email], [1, 'bob@example.com'])

  const reset = await run(['users', 'reset', 'BOB@example.com'])
  const [, resetLink = ''] =
    /^Send bob@example\.com this link, shown this once: (\S+\/console\/#\/reset\/\S+)\n/.exec(reset.stdout) ?? []
  assert.match(
    reset.stdout,
    /\nWhoever opens it sets a new password, once, until .+\. A second factor is asked for as ever\.\n$/,
  )
  const anew = { token: tokenOf(resetLink), password: 'four other words of his' }
  assert.equal((await createPerson(street.url).post('/v1/session/reset', anew)).status, 204)
  const whole = await run(['users', 'reset', 'bob@example.com', '--end-second-factor'])
  assert.match(whole.stdout, /Codes of the app and passkeys are gone then\.\n$/)
  const nobody = await run(['users', 'reset', 'eve@example.com'])
  assert.deepEqual(
    [nobody.code, nobody.stderr],
    [1, 'There is no user eve@example.com. `fairlead users` lists them.\n'],
  )

  const environment = { FAIRLEAD_RELAY: street.url, FAIRLEAD_KEY: street.adminKey }
  const no = await runAtTerminal(['users', 'remove', 'bob@example.com'], { environment, input: '\n' })
  assert.match(no.stdout, /signed out everywhere at once .* invites them again\./)
  assert.match(no.stdout, /\nNothing was changed\.\n$/)
  const removed = await run(['users', 'remove', 'Bob@example.com'])
  assert.deepEqual([removed.code, removed.stdout], [0, 'bob@example.com is no user any more.\n'])
  const gone = await run(['users', 'remove', 'bob@example.com'])
  assert.deepEqual([gone.code, gone.stderr], [1, 'There is no user bob@example.com. `fairlead users` lists them.\n'])
})

test('a role that is none, or left out, is told before anything is asked', async () => {
  for (const role of [[], ['--role', 'king']]) {
    const { code, stderr } = await run(['users', 'invite', 'eve@example.com', ...role])
    assert.equal(code, 2)
    assert.match(stderr, /--role/)
  }
})
