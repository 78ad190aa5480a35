/** H1: a document that waits for its person, and a telephone that says at the printer who that is; before a real relay and a real browser. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { makePdf } from '../testkit/documents.ts'
import { callRelay, type Reply } from '../testkit/service.ts'
import { until } from '../testkit/until.ts'
import { at, openScene, owner, phone, setUp, signedIn } from './for-tests.ts'

const building = new AsyncDisposableStack()
after(() => building.disposeAsync())
const scene = building.use(await openScene())
const { street, url } = scene
const { secret } = await street.enrol('hall')

function device(method: string, path: string, body?: unknown): Promise<Reply> {
  const authorization = `Basic ${Buffer.from(`hall:${secret}`).toString('base64')}`
  return callRelay(street.url, method, `/device/v1/${path}`, body, { authorization })
}

const named = { name: 'Hall <b>printer</b>', location: '2nd floor' }
await device('POST', 'register', { capabilities: { model: 'Model 7' }, objects: named })
const show = async () => Object((await device('POST', 'walk-ups', {})).body)

async function mustBeFineToAll(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Colours that are still on their way from one to the other are nobody's.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(violations, [])
  }
  await page.emulateMedia({ colorScheme: 'light' })
  const { scroll, client } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return { scroll: scrollWidth, client: clientWidth }
  })
  assert.ok(scroll <= client, `it is ${scroll} wide, and ${client} are there`)
}

test('H1 a document is sent to be printed at the printer, and the job says for whom it waits', async () => {
  await using visit = await scene.open()
  const { page, troubles } = visit
  await setUp(scene, page)
  signedIn.state = await visit.context.storageState()
  await page.goto(at(url, 'devices/hall'))
  const setting = page.getByLabel('What people print here waits until they are at the printer')
  await setting.check()
  await until(
    'the relay has it',
    async () => Object((await street.service.read('/v1/devices/hall')).body).releaseAtDevice,
  )
  await page.reload()
  await setting.waitFor()
  assert.ok(await setting.isChecked())
  await page.getByRole('button', { name: 'Print a document' }).click()
  const file = { name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from(makePdf(1)) }
  await page.getByLabel('Document', { exact: true }).setInputFiles(file)
  const atPrinter = page.getByLabel('Print when I am at the printer')
  assert.ok(await atPrinter.isChecked(), 'as the device is set')
  await page.getByLabel('How long it may wait').selectOption('now or not at all')
  assert.ok(await atPrinter.isDisabled())
  assert.ok(!(await atPrinter.isChecked()))
  await page.getByLabel('How long it may wait').selectOption('a day')
  await atPrinter.check()
  await page.locator('form.print').getByRole('button', { name: 'Print', exact: true }).click()
  await page.getByRole('link', { name: 'Follow it' }).click()
  await page.locator('.job-now').getByText(`Waits for ${owner.name} at the printer`).waitFor()
  await page.getByText(`It comes out once ${owner.name} is at the printer`).waitFor()
  await mustBeFineToAll(page)
  await page.goto(at(url, 'jobs'))
  await page.locator('.job').getByText(`Waits for ${owner.name} at the printer`).waitFor()
  assert.deepEqual(troubles, [])
})

test('H1 a phone that reads the code sees which printer it is and is asked, and the printer knows who is there', async () => {
  await using visit = await scene.open(phone)
  const { page, troubles } = visit
  const { walkUpId, url: shown } = await show()
  const held = device('GET', `walk-ups/${walkUpId}?wait=30`)
  await page.goto(shown)
  await page.getByRole('heading', { name: 'Are you at this printer?' }).waitFor()
  await page.getByText(named.name, { exact: true }).waitFor()
  await page.getByText('2nd floor · Model 7 · hall').waitFor()
  await mustBeFineToAll(page)
  const yes = page.getByRole('button', { name: 'Yes, I am here' })
  assert.ok(((await yes.boundingBox())?.height ?? 0) >= 44)
  await yes.click()
  await page.getByRole('heading', { name: 'The printer knows you.' }).waitFor()
  await mustBeFineToAll(page)
  const { body } = await held
  assert.deepEqual(Object(body).person, { name: owner.name })
  const { jobs } = Object((await device('GET', `walk-ups/${walkUpId}/jobs`)).body)
  assert.deepEqual(
    jobs.map(({ name }: { name: string }) => name),
    ['letter.pdf'],
  )
  // The same code again, and one that never was.
  await page.reload()
  await page.getByRole('heading', { name: 'This code is over' }).waitFor()
  await page.goto(at(url, 'walk-up/never-was'))
  await page.getByRole('heading', { name: 'This code is over' }).waitFor()
  await mustBeFineToAll(page)
  assert.deepEqual(troubles, [])
})

test('H1 who is not signed in signs in first, and is asked then; in Japanese as well', async () => {
  await using visit = await scene.open({ ...phone, locale: 'ja', storageState: { cookies: [], origins: [] } })
  const { page, troubles } = visit
  const { walkUpId, url: shown } = await show()
  await page.goto(shown)
  await page.locator('input[type="email"], input[autocomplete~="username"]').first().fill(owner.email)
  await page.locator('input[type="password"]').fill(owner.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'このプリンターの前にいますか？' }).waitFor()
  await mustBeFineToAll(page)
  await page.getByRole('button', { name: 'いいえ' }).click()
  await page.waitForURL(/#\/devices$/)
  assert.equal(Object((await device('GET', `walk-ups/${walkUpId}`)).body).state, 'waiting')
  assert.deepEqual(troubles, [])
})

test('H1 somebody makes a PIN, which is shown once and works, adds a badge, and removes both', async () => {
  await using visit = await scene.open()
  const { page, troubles } = visit
  await page.goto(at(url, 'you'))
  const part = page.getByRole('region', { name: 'At the printer' })
  await part.getByText('There is none yet.').waitFor()
  await part.getByRole('button', { name: 'Make a PIN' }).click()
  const pin = (await part.locator('code.secret').textContent()) ?? ''
  assert.match(pin, /^\d{4} \d{4}$/)
  assert.equal((await device('POST', 'walk-ups', { pin })).status, 201)
  await mustBeFineToAll(page)
  await part.getByRole('button', { name: 'I know it now' }).click()
  assert.ok(!(await page.content()).includes(pin))
  await part.getByRole('button', { name: 'Add a badge' }).click()
  await part.getByLabel('Number of the badge').fill('04:A2:19:7F')
  await part.getByLabel('Name').fill('Key ring')
  await mustBeFineToAll(page)
  await part.getByRole('button', { name: 'Add it' }).click()
  await part.getByText('Key ring').first().waitFor()
  await part.getByRole('button', { name: 'Add a badge' }).click()
  await part.getByLabel('Number of the badge').fill('04:A2:19:7F')
  await part.getByRole('button', { name: 'Add it' }).click()
  await part.getByText('This badge is known in your account already.').waitFor()
  for (const name of ['PIN', 'Key ring']) {
    await part.getByRole('button', { name: `Remove ${name}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await part.getByRole('button', { name: `Remove ${name}` }).waitFor({ state: 'detached' })
  }
  assert.equal((await device('POST', 'walk-ups', { pin })).status, 404)
  assert.deepEqual(troubles, [])
})
