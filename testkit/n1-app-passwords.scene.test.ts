/** N1, S-A7: people print with their e-mail address and an app password, which opens printing alone and goes alone. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findAll, findOne, ipp } from '@fairlead/protocol/ipp'
import { makePdf } from './documents.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { goodPassword, invite, tokenOf } from './person.ts'
import { createPrintClient } from './print-client.ts'
import { until } from './until.ts'

const street = await openNeighbourhood({ relay: ['--max-failed-sign-ins', '3'] })
after(() => street[Symbol.asyncDispose]())
const { url, service } = street
await street.enrol('cellar')

const email = 'ann@example.com'
const { person: ann, userId } = await invite(url, service, { email, role: 'operator' })
const { person: viewer } = await invite(url, service, { email: 'vic@example.com', role: 'viewer' })

async function make(person: typeof ann, name: string): Promise<{ appPasswordId: string; password: string }> {
  const { status, body } = await person.post('/v1/app-passwords', { name })
  assert.equal(status, 201, JSON.stringify(body))
  return body as { appPasswordId: string; password: string }
}

const list = async (person: typeof ann) => Object((await person.read('/v1/app-passwords')).body).items

async function statusOf(user: string, password: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const headers = { authorization, 'content-type': 'application/ipp' }
  const answer = await fetch(`${url}/ipp/print/cellar`, { method: 'POST', headers, body: '' })
  await answer.arrayBuffer()
  return answer.status
}

test('N1 a user prints with an app password, under their own name, and sees when it was last used', async () => {
  const { appPasswordId, password } = await make(ann, 'My laptop')
  assert.match(password, /^([a-z2-7]{5}-){4}[a-z2-7]{5}$/)
  assert.deepEqual(
    (await list(ann)).map(({ createdAt, ...rest }: { createdAt: string }) => rest),
    [{ appPasswordId, name: 'My laptop', lastUsedAt: null }],
  )
  // As somebody types it.
  const client = createPrintClient(url, 'cellar', `Ann@Example.com:${password.replaceAll('-', ' ').toUpperCase()}`)
  const { printer } = await client.must('Get-Printer-Attributes')
  assert.deepEqual(findAll(printer, 'uri-authentication-supported', 'keyword'), ['basic'])
  const { job } = await client.must('Print-Job', {
    operation: { 'document-format': ipp.mimeMediaType('application/pdf') },
    document: makePdf(1),
  })
  const number = findOne(job, 'job-id', 'integer')
  const [seen] = Object((await service.read(`/v1/jobs?device=cellar&number=${number}`)).body).items
  assert.equal(seen.user, email)
  await until('it was used', async () => (await list(ann))[0].lastUsedAt !== null)
  const { body } = await service.read('/v1/audit?action=job.made')
  assert.deepEqual(Object(body).items[0].actor, { kind: 'user', id: userId })
})

test('S-A7 an app password opens nothing else, it is nobody else’s, and it is dead once it is removed', async () => {
  const { appPasswordId, password } = await make(ann, 'Old computer')
  assert.equal(await statusOf('vic@example.com', password), 401)
  const signedIn = await fetch(`${url}/v1/session`, { method: 'POST', body: JSON.stringify({ email, password }) })
  assert.equal(signedIn.status, 401)
  const bearer = await fetch(`${url}/v1/devices`, { headers: { authorization: `Bearer ${password}` } })
  assert.equal(bearer.status, 401)
  const foreign = await viewer.call('DELETE', `/v1/app-passwords/${appPasswordId}`)
  assert.equal(foreign.status, 404)
  assert.deepEqual(await list(viewer), [])
  assert.equal(await statusOf(email, password), 200)
  assert.equal((await ann.call('DELETE', `/v1/app-passwords/${appPasswordId}`)).status, 204)
  assert.equal(await statusOf(email, password), 401)
  const { body } = await service.read('/v1/audit?limit=500')
  const actions = Object(body).items.map(({ action }: { action: string }) => action)
  for (const action of ['user.app-password-made', 'user.app-password-removed'])
    assert.ok(actions.includes(action), action)
})

test('N1 a user without the right to print prints with none either', async () => {
  const { password } = await make(viewer, 'My laptop')
  assert.equal(await statusOf('vic@example.com', password), 403)
})

test('S-A7 wrong app passwords are counted, and keep nobody from a right one or from signing in', async () => {
  const { password } = await make(ann, 'Next computer')
  const wrong = 'aaaaa-bbbbb-ccccc-ddddd-eeeee'
  await until('too many were wrong', async () => (await statusOf(email, wrong)) === 429)
  assert.equal(await statusOf(email, password), 200)
  const signedIn = await fetch(`${url}/v1/session`, {
    method: 'POST',
    body: JSON.stringify({ email, password: goodPassword }),
  })
  assert.equal(signedIn.status, 200)
})

test('S-A7 with a new password by a link all app passwords are gone', async () => {
  const { password } = await make(ann, 'Lost computer')
  const { body } = await service.post(`/v1/users/${userId}/reset`, {})
  const used = await fetch(`${url}/v1/session/reset`, {
    method: 'POST',
    body: JSON.stringify({ token: tokenOf(Object(body).url), password: 'other words nobody says' }),
  })
  assert.ok(used.ok, await used.text())
  assert.notEqual(await statusOf(email, password), 200)
})
