/** N2 N5: people, the audit log and who may do what, in real browsers before a real relay. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { goodPassword } from '../testkit/person.ts'
import { until } from '../testkit/until.ts'
import { at, type BrowserVisit, openScene, owner, phone, setUp, signedIn } from './for-tests.ts'

const scene = await openScene()
after(() => scene[Symbol.asyncDispose]())
const { street, url } = scene
const { service } = street

/** Would run elsewhere; and a name of somebody. */
const markup = '<img src=x onerror=pwned=1> Bob'
const newPassword = 'seven herons over the harbour'
const bob = { email: 'bob@example.com', name: markup }

const personRow = (page: Page, email: string) => page.locator('.key-list li').filter({ hasText: email })

async function isWithin(page: Page): Promise<void> {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is cut off')
}

async function mustRead(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
    what,
  )
}

const bobs = new AsyncDisposableStack()
after(() => bobs.disposeAsync())
let bobVisit: BrowserVisit

test('N2 N5 somebody is invited by a link that is shown once, and comes by it in another browser; the names of people are text', async () => {
  await using visit = await scene.open()
  const { page, troubles } = visit
  await setUp(scene, page)
  signedIn.state = await visit.context.storageState()
  await service.post('/v1/devices', { id: 'lobby' })
  await page.getByRole('link', { name: 'People' }).click()
  const mine = personRow(page, owner.email)
  await mine.getByText('The only owner.').waitFor()
  assert.equal(await mine.getByRole('button', { name: 'Remove' }).count(), 0, 'it is said before one tries')
  await page.getByText('Nobody else is here yet.').waitFor()

  await page.getByRole('button', { name: 'Invite somebody' }).click()
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByRole('button', { name: 'Make the invitation' }).click()
  await page.getByText('This address belongs to a user already.').waitFor()
  await page.getByLabel('E-mail').fill('carl@example.com')
  await page.getByRole('button', { name: 'Make the invitation' }).click()
  await page.locator('.secret').waitFor()
  await page.getByRole('button', { name: 'I have sent it' }).click()
  const carl = personRow(page, 'carl@example.com')
  await carl.getByRole('button', { name: 'Withdraw' }).click()
  await page.getByRole('button', { name: 'Withdraw this invitation' }).click()
  await carl.waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Invite somebody' }).click()
  await page.getByLabel('E-mail').fill(bob.email)
  await page.getByLabel('Role').selectOption('admin')
  await page.getByRole('button', { name: 'Make the invitation' }).click()
  const link = (await page.locator('.secret').textContent()) ?? ''
  await personRow(page, bob.email).getByText('good until').waitFor()

  bobVisit = bobs.use(await scene.open({ storageState: { cookies: [], origins: [] } }))
  const theirs = bobVisit.page
  await theirs.goto(link)
  await theirs.getByLabel('Your name').fill(bob.name)
  await theirs.getByLabel('Password').fill(goodPassword)
  await theirs.getByRole('button', { name: 'Join' }).click()
  await theirs.getByRole('link', { name: 'lobby' }).waitFor()
  await theirs.getByRole('link', { name: 'People' }).click()
  await theirs.getByText('You manage users of these roles: viewer, operator.').waitFor()
  assert.equal(
    await theirs.getByRole('button', { name: 'Change' }).count(),
    0,
    'an admin manages no owner and no admin',
  )

  await page.reload()
  await page.getByRole('strong').getByText(bob.name, { exact: true }).waitFor()
  assert.equal(await page.getByText('is not here yet').count(), 0)
  assert.equal(await page.evaluate(() => 'pwned' in globalThis), false)
  assert.deepEqual([troubles, bobVisit.troubles], [[], []])
})

test('N2 N5 with another role a browser loses at once what it may no more, and who is removed is signed out, without a reload', async () => {
  await using visit = await scene.open()
  const { page } = visit
  const theirs = bobVisit.page
  await theirs.evaluate(() => Reflect.set(globalThis, 'isSamePage', true))
  await page.goto(at(url, 'people'))
  const row = personRow(page, bob.email)
  await row.getByRole('button', { name: 'Change' }).click()
  await page.getByLabel('Role').selectOption('viewer')
  await page.getByText('is signed out everywhere and has to sign in again').waitFor()
  await page.getByRole('button', { name: 'Save' }).click()
  await row.getByText('viewer', { exact: true }).waitFor()

  const signInAgain = async () => {
    await theirs.getByText('You were signed out').waitFor()
    await theirs.getByLabel('E-mail').fill(bob.email)
    await theirs.getByLabel('Password').fill(goodPassword)
    await theirs.getByRole('button', { name: 'Sign in', exact: true }).click()
  }
  await signInAgain()
  await theirs.getByText('Your role does not allow that.').waitFor()
  assert.deepEqual(await theirs.locator('.menu > ul:first-of-type a').allInnerTexts(), [
    'Devices',
    'Jobs',
    'Services',
    'Programs',
    'You',
  ])
  await theirs.goto(at(url, 'devices/lobby'))
  await theirs.getByRole('heading', { name: 'Who may do what' }).click()
  await theirs.getByText('Names are shown to owners and admins.').waitFor()
  assert.equal(await theirs.getByText(owner.email).count(), 0)
  assert.ok(await theirs.evaluate(() => Reflect.get(globalThis, 'isSamePage')), 'no page was loaded again')

  await row.getByRole('button', { name: 'Change' }).click()
  await page.getByText('Cannot sign in?').click()
  await page.getByRole('button', { name: 'Make a link for a new password' }).click()
  const link = (await page.locator('.secret').textContent()) ?? ''
  await page.getByRole('button', { name: 'I have sent it' }).click()
  await page.getByText('Cannot sign in?').click()
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByText('is signed out everywhere.', { exact: false }).last().waitFor()
  await page.keyboard.press('Escape')
  await theirs.getByText('You were signed out').waitFor()
  await theirs.goto(link)
  await theirs.getByLabel('Password').fill(newPassword)
  await theirs.getByRole('button', { name: 'Set this password' }).click()
  await theirs.getByRole('button', { name: 'Sign in' }).click()
  await theirs.getByLabel('E-mail').fill(bob.email)
  await theirs.getByLabel('Password').fill(newPassword)
  await theirs.getByRole('button', { name: 'Sign in', exact: true }).click()
  await theirs.getByRole('link', { name: 'lobby' }).waitFor()

  await row.getByRole('button', { name: 'Remove' }).click()
  await page.getByText('Keys that this user has made stay good').waitFor()
  await page.getByRole('button', { name: 'Remove this user' }).click()
  await row.waitFor({ state: 'detached' })
  await theirs.getByText('You were signed out').waitFor()
  await theirs.getByLabel('E-mail').fill(bob.email)
  await theirs.getByLabel('Password').fill(goodPassword)
  await theirs.getByRole('button', { name: 'Sign in', exact: true }).click()
  await theirs.getByText('No user has this e-mail and password.').waitFor()
  await bobs.disposeAsync()
})

test('N2 a relay admin chooses an account; its link leads there again', async () => {
  await using visit = await scene.open()
  const { page } = visit
  await service.post('/v1/accounts', { id: 'acme', name: 'Acme' })
  await page.goto(at(url, 'people'))
  await page.getByLabel('Account').selectOption('acme')
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  await page.getByLabel('E-mail').fill('dora@example.com')
  await page.getByRole('button', { name: 'Make the invitation' }).click()
  await personRow(page, 'dora@example.com').waitFor()
  assert.equal(await personRow(page, owner.email).count(), 0)
  await page.goto(at(url, 'people?account=acme'))
  await personRow(page, 'dora@example.com').waitFor()
})

test('N2 S-M4 the audit log says in sentences who did what, and what is chosen stands in the address', async () => {
  await using visit = await scene.open()
  const { page } = visit
  await page.goto(at(url, 'audit'))
  const entries = page.locator('.entries li')
  const invited = entries.filter({ hasText: `${owner.name} invited somebody.` }).first()
  await invited.getByText('from 127.0.0.1').waitFor()
  assert.match((await invited.locator('time').getAttribute('datetime')) ?? '', /^\d{4}-.*\.\d{3}Z$/)
  await entries.filter({ hasText: 'A user who is not of this account, or no more' }).first().waitFor()
  await page.getByText('There are no earlier entries.').waitFor()

  await page.getByText('Show only some').click()
  await page.getByLabel('Device').fill('lobby')
  await page.getByLabel('Device').press('Tab')
  await until('only its entries are shown', async () => (await entries.count()) === 1)
  await entries.getByText('The admin key enrolled lobby by hand.').waitFor()
  assert.match(page.url(), /#\/audit\?device=lobby$/)
  await page.getByLabel('Who', { exact: true }).selectOption('user')
  await page.getByText('No entry is like that.').waitFor()
  await page.getByRole('link', { name: 'Show everything' }).click()
  await invited.waitFor()

  await page.goto(at(url, 'audit?action=user.removed&from=2020-01-01T00:00:00Z'))
  await entries.filter({ hasText: `${owner.name} removed the user` }).waitFor()
  assert.equal(await entries.count(), 1)
  await page.reload()
  await entries.first().waitFor()
  assert.equal(await entries.count(), 1, 'a link leads to the same')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'fairlead-audit.jsonl')
})

test('N2 S-M4 the browser checks the chain, names an entry that was changed, and holds it against a head that was kept', async () => {
  await using visit = await scene.open()
  const { page } = visit
  await page.goto(at(url, 'audit'))
  await page.getByText('Has anybody changed it?').click()
  const begin = page.getByRole('button', { name: 'Check it' })
  await begin.click()
  await page.getByText('The log is whole:').waitFor()
  const head = (await page.locator('.chain .secret').textContent()) ?? ''
  assert.match(head, /^\d+:[0-9a-f]{64}$/)
  await page.getByLabel('A head that you kept').fill(`3:${'0'.repeat(64)}`)
  await begin.click()
  await page.getByText('The log is not as it was written. Entry 3 is not the one that the head was taken of').waitFor()
  await page.getByLabel('A head that you kept').fill(head)
  await begin.click()
  await page.getByText('The log is whole:').waitFor()

  const record = new DatabaseSync(join(street.data, 'fairlead.db'))
  record.exec("update audit set actor_id = 'somebody' where seq = 4")
  record.close()
  await begin.click()
  await page.getByText('The log is not as it was written. Entry 4 was changed').waitFor()

  await page.evaluate(() => localStorage.setItem('fairlead-language', 'ja'))
  await page.reload()
  await page.getByText('改ざんされていないか確認').click()
  await page.getByRole('button', { name: '確認する' }).click()
  await page.getByText('4番は変更されています').waitFor()
})

test('N2 N5 the page of a device says who may do what, by name to who manages them, and who changed it last', async () => {
  await using visit = await scene.open()
  const { page } = visit
  const { body } = await service.post('/v1/keys', { account: 'default', name: markup, scopes: ['devices:write'] })
  await page.goto(at(url, 'devices/lobby'))
  await page.getByRole('heading', { name: 'Who may do what' }).click()
  const access = page.locator('.access')
  await access.getByText(`${owner.email} · runs this relay`).waitFor()
  await access.getByText('no change known').first().waitFor()
  await access.getByText(markup, { exact: true }).waitFor()
  await access.getByText(Object(body).keyId).waitFor()
  await access.getByText('Services may not work for it yet').waitFor()
  await access.getByText('Who only looked stands in no record.').waitFor()
  assert.equal(await page.evaluate(() => 'pwned' in globalThis), false)
  await access.getByRole('link', { name: 'All that was done on it' }).click()
  await page.getByText('The admin key enrolled lobby by hand.').waitFor()
})

const [evening, noon] = [
  { colorScheme: 'dark', locale: 'ja', ...{ viewport: { width: 1280, height: 800 } } },
  { ...phone, colorScheme: 'light', locale: 'en' },
] as const

for (const how of [noon, evening])
  test(`N2 everybody can read these pages, on a ${how === noon ? 'phone' : 'desk'}, ${how.colorScheme}, ${how.locale}`, async () => {
    await using visit = await scene.open({ ...how, bypassCSP: true })
    const { page } = visit
    await page.goto(at(url, 'devices'))
    if (how === noon) {
      await page.getByRole('button', { name: 'More' }).click()
      await page.locator('#more').getByRole('link', { name: 'People' }).click()
      await page.locator('#more').waitFor({ state: 'hidden' })
    } else await page.goto(at(url, 'people'))
    await page.locator('.is-person').first().waitFor()
    await isWithin(page)
    await mustRead(page, 'people')
    await page.locator('.is-person button').first().click()
    await page.locator('dialog').waitFor()
    await mustRead(page, 'the change of a user')
    await page.keyboard.press('Escape')
    await page.locator('.own > .actions button').click()
    await page.locator('form.made').waitFor()
    await mustRead(page, 'the form of an invitation')
    await page.goto(at(url, 'audit?from=2020-01-01T00:00:00Z'))
    await page.locator('.entries li').first().waitFor()
    await isWithin(page)
    await mustRead(page, 'the audit log')
    await page.goto(at(url, 'devices/lobby'))
    await page.locator('.access summary').click()
    await page.locator('.access-roles').waitFor()
    await isWithin(page)
    await mustRead(page, 'who may do what')
  })
