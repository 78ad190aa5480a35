/** N2 N5: the console asks for a proof before harm, leads to a second factor that is demanded, shows where one is signed in, and sets a forgotten password. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { createPerson } from '../testkit/person.ts'
import { totpNow } from '../testkit/totp.ts'
import { at, openScene, owner, phone, setUp, signedIn } from './for-tests.ts'

const scene = await openScene()
after(() => scene[Symbol.asyncDispose]())
const { url, street } = scene
const { service } = street
const another = 'four other words of mine'

/** Nobody waits a quarter of an hour: the record says that they have. */
function passAQuarter(): void {
  using file = new DatabaseSync(join(street.data, 'fairlead.db'), { timeout: 5000 })
  file.exec('update user_session set proven_at = proven_at - 900000')
}

/** Nobody could use it less for what it is shown in. */
async function axe(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
    what,
  )
}

async function inJapaneseAtNight(page: Page, what: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await page.getByRole('button', { name: '日本語' }).click()
  await axe(page, `${what}, in Japanese at night`)
  await page.getByRole('button', { name: 'English' }).click()
  await page.emulateMedia({ colorScheme: 'light' })
}

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Prove that it is you' })
const keysNow = async () => Object((await service.read('/v1/keys')).body).items.length

async function beginKey(page: Page, name: string): Promise<void> {
  await page.goto(at(url, 'keys'))
  await page.getByRole('button', { name: 'Make a key' }).first().click()
  await page.getByLabel('What it is for').fill(name)
  passAQuarter()
  await page.locator('form.made button[type=submit]').click()
  await dialogOf(page).waitFor()
}

test('S-A7 what does harm asks who one is, once, and goes on with all that was typed; who leaves it has lost nothing', async () => {
  await using visit = await scene.open()
  const { page, context, troubles } = visit
  await setUp(scene, page)
  signedIn.state = await context.storageState()
  await beginKey(page, 'the <b>till</b>')
  await axe(page, 'the question')
  await page.getByRole('button', { name: 'Leave it' }).click()
  await page.getByText('you did not prove that it is you').waitFor()
  assert.equal(await keysNow(), 0)
  await page.locator('form.made button[type=submit]').click()
  await dialogOf(page).getByLabel('Password').fill('not it at all')
  await page.keyboard.press('Enter')
  await page.getByText('That is not your password.').waitFor()
  await dialogOf(page).getByLabel('Password').fill(owner.password)
  await page.keyboard.press('Enter')
  await page.locator('.made .secret').waitFor()
  await page.locator('.key-list strong').filter({ hasText: 'the <b>till</b>' }).waitFor()
  assert.equal(await keysNow(), 1)
  await dialogOf(page).waitFor({ state: 'detached' })

  const devTools = await context.newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  const kind = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true } as const
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...kind, isUserVerified: true, automaticPresenceSimulation: true },
  })
  await page.goto(at(url, 'you'))
  await page.getByLabel('Add a passkey named').fill('this laptop')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.locator('.key-list strong').filter({ hasText: 'this laptop' }).waitFor()
  await beginKey(page, 'by passkey')
  await page.getByRole('button', { name: 'Use a passkey' }).click()
  await page.locator('.made .secret').waitFor()
  assert.equal(await keysNow(), 2)
  assert.deepEqual(troubles, [])

  await using night = await scene.open({ ...phone, locale: 'ja', colorScheme: 'dark' })
  await night.page.goto(at(url, 'keys'))
  await night.page.locator('.key-list button').first().click()
  passAQuarter()
  await night.page.locator('dialog .is-harm').click()
  await night.page.getByRole('dialog', { name: '本人確認' }).waitFor()
  await axe(night.page, 'the question, in Japanese at night')
  await night.page.keyboard.press('Escape')
  await night.page.getByText('本人確認が行われなかった').waitFor()
  assert.equal(await keysNow(), 2)
})

test('S-A7 one sees where one is signed in, ends one of them, and a new password ends the rest', async () => {
  const elsewhere = createPerson(url)
  const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0'
  const order = { email: owner.email, password: owner.password }
  await elsewhere.post('/v1/session', order, { 'user-agent': firefox })
  await using visit = await scene.open({ ...phone, colorScheme: 'dark' })
  const { page, troubles, context } = visit
  await page.goto(at(url, 'you'))
  const inFirefox = page.locator('.key-list strong').filter({ hasText: 'Firefox, Windows' })
  await inFirefox.waitFor()
  await page.getByText('this one').waitFor()
  await axe(page, 'the page of oneself')
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is cut off')
  passAQuarter()
  await page.getByRole('button', { name: 'End Firefox, Windows' }).click()
  await dialogOf(page).getByLabel('Password').fill(owner.password)
  await page.keyboard.press('Enter')
  await inFirefox.waitFor({ state: 'detached' })
  assert.equal((await elsewhere.read('/v1/session')).status, 401)

  await elsewhere.post('/v1/session', order, { 'user-agent': firefox })
  passAQuarter()
  await page.getByLabel('Current password').fill('not it at all')
  await page.getByLabel('New password').fill(another)
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByText('The password that you have now is another one.').waitFor()
  await page.getByLabel('Current password').fill(owner.password)
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByText('It is changed').waitFor()
  assert.equal((await elsewhere.read('/v1/session')).status, 401)
  assert.deepEqual(troubles, [])
  signedIn.state = await context.storageState()
})

test('N5 a link of an owner sets a forgotten password, and leads to the sign-in, which says where to ask', async () => {
  const users = Object((await service.read('/v1/users')).body).items
  const reset = Object((await service.post(`/v1/users/${users[0].userId}/reset`, {})).body)
  await using visit = await scene.open({
    locale: 'ja',
    colorScheme: 'dark',
    storageState: { cookies: [], origins: [] },
  })
  const { page, troubles } = visit
  await page.goto(reset.url)
  await axe(page, 'the link')
  await page.getByLabel('パスワード').fill('password1234')
  await page.getByRole('button', { name: 'このパスワードに設定' }).click()
  await page.locator('.problem').waitFor()
  await page.getByLabel('パスワード').fill(owner.password)
  await page.getByRole('button', { name: 'このパスワードに設定' }).click()
  await page.getByRole('heading', { name: 'パスワードを設定しました' }).waitFor()
  await page.getByRole('button', { name: 'サインイン' }).click()
  await page.getByText('パスワードを忘れた場合').waitFor()
  await axe(page, 'the sign-in')
  await page.goto(reset.url)
  await page.getByLabel('パスワード').fill(another)
  await page.getByRole('button', { name: 'このパスワードに設定' }).click()
  await page.getByText('このリンクは使えません。').waitFor()
  assert.deepEqual(troubles, [])
})

test('N5 a demanded second factor leads everybody to setting one up, whose codes stay until they are kept; then one goes on', async () => {
  await using visit = await scene.open({ colorScheme: 'light', storageState: { cookies: [], origins: [] } })
  const { page, troubles } = visit
  await page.goto(at(url, 'you'))
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password').fill(owner.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  const demand = page.getByRole('button', { name: 'Demand one of everybody' })
  await demand.waitFor()
  // Whoever has a passkey, and came by the password, shows it.
  await demand.click()
  await page.getByRole('heading', { name: 'Show your second factor' }).waitFor()
  await axe(page, 'to show one')
  await inJapaneseAtNight(page, 'to show one')
  using file = new DatabaseSync(join(street.data, 'fairlead.db'), { timeout: 5000 })
  file.exec('delete from passkey')
  await page.reload()
  await page.getByRole('heading', { name: 'A second factor, please' }).waitFor()
  await axe(page, 'to set one up')
  await inJapaneseAtNight(page, 'to set one up')
  await page.getByRole('button', { name: 'Set it up' }).click()
  const secret = (await page.locator('.secret').textContent()) ?? ''
  await page.getByLabel('Code', { exact: true }).fill(totpNow(secret))
  await page.getByRole('button', { name: 'Switch it on' }).click()
  await page.getByText('They are shown this once.').waitFor()
  await page.getByRole('button', { name: 'I have kept it' }).click()
  await page.getByRole('heading', { name: 'You' }).waitFor()
  await page.getByLabel('Code of your app, to switch it off').fill(totpNow(secret, 1))
  await page.getByRole('button', { name: 'Switch it off' }).click()
  await page.getByText('Set up another one before you take off your last.').waitFor()
  await page.getByRole('button', { name: 'Demand it no more' }).click()
  await demand.waitFor()
  assert.deepEqual(troubles, [])
})
