/** N2 N5: the console's way in by a provider of single sign-on: there and back, why not, and connecting it to a user who is there already. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openOidcProvider } from '../testkit/oidc.ts'
import { at, openScene, owner, setUp } from './for-tests.ts'

const provider = await openOidcProvider()
after(() => provider[Symbol.asyncDispose]())
const scene = await openScene([...provider.options, '--oidc-name', 'Our <i>Keycloak</i>'])
after(() => scene[Symbol.asyncDispose]())
const { url } = scene
const button = 'Sign in with Our <i>Keycloak</i>'

async function beAtProvider(page: Page, sub: string): Promise<void> {
  await page.locator('input[name=who]').fill(JSON.stringify({ sub, email: owner.email, email_verified: true }))
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function signOut(page: Page): Promise<void> {
  await page.goto(at(url, 'you'))
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

test('N2 N5 whoever has a user already is told to connect the provider, does so, and comes in by it', async () => {
  await using visit = await scene.open()
  const { page, context, troubles } = visit
  await setUp(scene, page)
  await signOut(page)
  await page.getByRole('link', { name: button }).click()
  await beAtProvider(page, 'ann')
  await page.getByText('There is a user with your e-mail address already.').waitFor()
  await page.getByRole('button', { name: 'Go on' }).click()

  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password').fill(owner.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'Devices' }).waitFor()
  await page.goto(at(url, 'you'))
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  // The provider still knows who is at this browser.
  await page.getByRole('heading', { name: 'Devices' }).waitFor()

  await signOut(page)
  await page.getByRole('link', { name: button }).click()
  await page.getByRole('heading', { name: 'Devices' }).waitFor()
  await page.goto(at(url, 'you'))
  await page.getByText('You sign in by it').waitFor()
  // Before that it is asked who one is: the provider says so in another window, and here it goes on.
  using file = new DatabaseSync(join(scene.street.data, 'fairlead.db'), { timeout: 5000 })
  file.exec('update user_session set proven_at = proven_at - 900000')
  await page.getByRole('button', { name: 'Disconnect' }).click()
  const once = page.getByRole('link', { name: 'Sign in once more where you sign in' })
  const [elsewhere] = await Promise.all([context.waitForEvent('page'), once.click()])
  await beAtProvider(elsewhere, 'ann')
  await elsewhere.getByRole('heading', { name: 'It is you' }).waitFor()
  await page.getByRole('button', { name: 'Connect', exact: true }).waitFor()
  await context.clearCookies()
  await page.goto(at(url, 'sign-in/oidc-failed/made-up'))
  await page.getByText('What the provider answered does not fit').waitFor()
  assert.deepEqual(troubles, [])
})
