/** Saved views through a real relay: whose they are, who shares them, and what becomes of them. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { invite } from '../../testkit/person.ts'
import type { Service } from '../../testkit/service.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const { service, url } = street
await service.post('/v1/accounts', { id: 'rivals' })
const { person: ann, userId: annId } = await invite(url, service, { email: 'ann@example.com', role: 'owner' })
const { person: ola } = await invite(url, service, { email: 'ola@example.com', role: 'operator' })
const { person: eve } = await invite(url, service, { email: 'eve@example.com', role: 'owner', account: 'rivals' })

const idOf = (name: string) => `view-for-tests-${name}`
const save = (who: Service, name: string, more: object = {}) =>
  who.call('PUT', `/v1/views/${idOf(name)}`, { name, search: 'toner.black<20', ...more })
const remove = (who: Service, name: string) => who.call('DELETE', `/v1/views/${idOf(name)}`)
const codeOf = ({ status, body }: { status: number; body: unknown }) => [status, Object(body).code]

async function seenBy(who: Service): Promise<string[]> {
  const { items } = Object((await who.read('/v1/views?limit=500')).body)
  return items.map(({ name, shared }: { name: string; shared: boolean }) => `${name}${shared ? ' of all' : ''}`)
}

test('N2 a view is its user’s own, is changed under its ID, and comes back under it', async () => {
  const made = await save(ola, 'own')
  assert.equal(made.status, 200)
  const { changedAt, ...view } = Object(made.body)
  assert.deepEqual(view, { viewId: idOf('own'), name: 'own', search: 'toner.black<20', shared: false })
  assert.deepEqual([await seenBy(ola), await seenBy(ann), await seenBy(eve)], [['own'], [], []])
  await save(ola, 'own', { name: 'renamed' })
  assert.deepEqual(await seenBy(ola), ['renamed'])
  assert.equal((await remove(ola, 'own')).status, 204)
  assert.deepEqual(codeOf(await remove(ola, 'own')), [404, 'not-found'])
  await save(ola, 'own')
  assert.deepEqual(await seenBy(ola), ['own'])
})

test('S-M1 a view of somebody else is not there, whether they are of the account or not', async () => {
  for (const who of [ann, eve]) {
    assert.deepEqual(codeOf(await save(who, 'own')), [404, 'not-found'])
    assert.deepEqual(codeOf(await remove(who, 'own')), [404, 'not-found'])
  }
  assert.deepEqual(await seenBy(ola), ['own'])
})

test('N2 admins and owners share a view with the account, and look after it', async () => {
  assert.deepEqual(codeOf(await save(ola, 'of-all', { shared: true })), [403, 'forbidden'])
  assert.equal((await save(ann, 'of-all', { shared: true })).status, 200)
  assert.deepEqual([await seenBy(ola), await seenBy(eve)], [['of-all of all', 'own'], []])
  assert.deepEqual(codeOf(await save(ola, 'of-all')), [403, 'forbidden'])
  assert.deepEqual(codeOf(await remove(ola, 'of-all')), [403, 'forbidden'])
  assert.deepEqual(codeOf(await save(eve, 'of-all', { shared: true })), [404, 'not-found'])
  assert.deepEqual(codeOf(await remove(eve, 'of-all')), [404, 'not-found'])
  await save(ann, 'of-all')
  assert.deepEqual([await seenBy(ola), await seenBy(ann)], [['own'], ['of-all']])
})

test('a view that is none is refused, and one too many is too', async () => {
  for (const bad of [{ name: '' }, { name: 'x'.repeat(65) }, { search: '' }, { search: 'x'.repeat(513) }, { more: 1 }])
    assert.deepEqual(codeOf(await save(ann, 'bad', bad)), [400, 'invalid-request'], JSON.stringify(bad))
  assert.deepEqual(codeOf(await save(ann, '../short')), [404, 'not-found'])
  assert.deepEqual(codeOf(await service.read('/v1/views')), [403, 'forbidden'])
  for (let number = 0; number < 99; number++) await save(ola, `many-${number}`)
  assert.deepEqual(codeOf(await save(ola, 'one-more')), [400, 'invalid-request'])
  assert.equal((await save(ola, 'many-5', { name: 'still' })).status, 200)
})

test('whoever is removed takes their own views along, and leaves those of the account', async () => {
  await save(ann, 'of-all', { shared: true })
  await save(ann, 'anns-own')
  const { person: cas } = await invite(url, service, { email: 'cas@example.com', role: 'owner' })
  assert.deepEqual(codeOf(await save(cas, 'anns-own')), [404, 'not-found'])
  assert.equal((await service.call('DELETE', `/v1/users/${annId}`)).status, 204)
  assert.ok((await seenBy(ola)).includes('of-all of all'))
  assert.equal((await save(cas, 'anns-own')).status, 200, 'it is gone, and its ID is free')
})
