/** N2 N5: the ways in that need more than a password: a code of an app, a recovery code, a passkey. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { at, openScene, owner, setUp } from './for-tests.ts'

const scene = await openScene()
after(() => scene[Symbol.asyncDispose]())
const { url } = scene

/** RFC 6238: what the app would show. */
function codeOf(secret: string): string {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

async function signOut(page: Page): Promise<void> {
  await page.goto(at(url, 'you'))
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

async function typePassword(page: Page): Promise<void> {
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password').fill(owner.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('N2 N5 a passkey is added, signs in without a password, and is removed by its name', async () => {
  await using visit = await scene.open()
  const { page, context, troubles } = visit
  const devTools = await context.newCDPSession(page)
  await devTools.send('WebAuthn.enable')
  const kind = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true } as const
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: { ...kind, isUserVerified: true, automaticPresenceSimulation: true },
  })
  await setUp(scene, page)
  await page.goto(at(url, 'you'))
  await page.getByLabel('Add a passkey named').fill('this <i>laptop</i>')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  const listed = page.locator('.key-list strong').filter({ hasText: 'this <i>laptop</i>' })
  await listed.waitFor()

  await signOut(page)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('heading', { name: 'You' }).waitFor()
  await page.getByRole('button', { name: 'Remove this <i>laptop</i>' }).click()
  await page.getByRole('heading', { name: 'Remove the passkey “this <i>laptop</i>”?' }).waitFor()
  await page.getByRole('button', { name: 'Remove this passkey' }).click()
  await listed.waitFor({ state: 'detached' })
  await signOut(page)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('This relay does not know that passkey').waitFor()
  await typePassword(page)
  await page.getByRole('heading', { name: 'You' }).waitFor()
  assert.deepEqual(troubles, [])
})

test('N2 N5 with a second factor the password alone leads to one more step, and a recovery code stands for the app', async () => {
  await using visit = await scene.open()
  const { page } = visit
  await page.goto(at(url, 'you'))
  await typePassword(page)
  await page.getByRole('button', { name: 'Set it up' }).click()
  const secret = (await page.locator('.secret').textContent()) ?? ''
  await page.getByLabel('Code', { exact: true }).fill(codeOf(secret) === '000000' ? '000001' : '000000')
  await page.getByRole('button', { name: 'Switch it on' }).click()
  await page.getByText('That code is not the one of this moment.').waitFor()
  await page.getByLabel('Code', { exact: true }).fill(codeOf(secret))
  await page.getByRole('button', { name: 'Switch it on' }).click()
  await page.getByText('They are shown this once.').waitFor()
  const [recoveryCode = ''] = (await page.locator('.secret').innerText()).split('\n')
  await page.getByRole('button', { name: 'I have kept it' }).click()

  await signOut(page)
  await typePassword(page)
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await page.getByLabel('Code').fill('000000')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('That code is not the one of this moment.').waitFor()
  await page.getByLabel('Code').fill(recoveryCode)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('On: after your password').waitFor()
})
