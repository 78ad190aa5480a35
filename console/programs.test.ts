/** N2 L1: programs in the page: added there, launched and run by a device, and removed with what is lost. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { openProgramService } from '../testkit/program-service.ts'
import { callRelay } from '../testkit/service.ts'
import { until } from '../testkit/until.ts'
import { at, openScene, phone, setUp, signedIn } from './for-tests.ts'

const building = new AsyncDisposableStack()
after(() => building.disposeAsync())
const scene = building.use(await openScene(['--webhook-networks', '127.0.0.0/8']))
const host = building.use(await openProgramService())
const { street, url } = scene

/** @returns runs it at this device, and has it fail if so wanted */
async function launchAt(id: string, program: string): Promise<() => Promise<void>> {
  const { secret } = await street.enrol(id)
  const headers = { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
  const call = async (path: string, body: object) => {
    const { status, body: told } = await callRelay(street.url, 'POST', path, body, headers)
    assert.ok(status < 300, JSON.stringify(told))
    return Object(told)
  }
  const { launchId } = await call('/device/v1/launches', { program })
  const path = `/device/v1/launches/${launchId}`
  await call(`${path}/information`, { values: { model: 'M' } })
  return async () => void (await call(`${path}/runs`, { runId: 'one', values: {} }))
}

test('N2 L1 a program is added in the page; who launched it and how its last run went appears there; it is removed with what is lost', async () => {
  await using visit = await scene.open()
  const { page, troubles } = visit
  await setUp(scene, page)
  signedIn.state = await visit.context.storageState()
  await page.getByRole('link', { name: 'Programs' }).click()
  await page.getByText('No program yet.').waitFor()
  await page.getByText(/npx fairlead programs \\\s+--relay http/).waitFor()

  await page.getByRole('button', { name: 'Add a program' }).click()
  await page.getByLabel('Title').fill('Canteen <b>')
  await page.getByLabel('ID', { exact: true }).fill('canteen')
  await page.getByLabel('Objects that it asks').fill('model, location')
  await page.getByLabel('Address of the program').fill('http://10.0.0.1/')
  await page.getByRole('button', { name: 'Add this program' }).click()
  await page.getByRole('alert').getByText('Nothing was added.').waitFor()
  await page.getByLabel('Address of the program').fill(host.url)
  await page.getByRole('button', { name: 'Add this program' }).click()
  const secret = (await page.locator('.secret').textContent()) ?? ''
  host.trust(secret)
  await page.getByRole('button', { name: 'I have kept it' }).click()
  assert.ok(!(await page.content()).includes(secret))

  const card = page.getByRole('article', { name: 'Canteen <b>' })
  await card.getByText('Asks a device, once, for: model, location').waitFor()
  await card.getByText('Not launched on any device yet.').waitFor()
  host.decide = ({ type }) => (type === 'run' ? { failed: { reason: 'The canteen is closed.' } } : {})
  const run = await launchAt('lobby', 'canteen')
  await card.getByText('Launched on 1 device').click()
  await card.getByText('not run yet').waitFor()
  await run()
  await card.locator('.problem').getByText('The canteen is closed.').waitFor()
  await card.getByRole('link', { name: 'lobby' }).waitFor()
  host.decide = () => ({ done: { title: 'Eaten', lines: [] } })
  await run()
  await card.getByText(/Its last run was .*: done/).waitFor()

  await card.getByRole('button', { name: 'New secret' }).click()
  await card.getByText('For a day each call is signed with the one before as well.').waitFor()
  await page.getByRole('button', { name: 'I have kept it' }).click()
  await card.getByRole('button', { name: 'Remove' }).click()
  await page.getByText('is launched no more on 1 device').waitFor()
  await page.getByRole('button', { name: 'Remove this program' }).click()
  await card.waitFor({ state: 'detached' })
  assert.deepEqual(troubles, [])
})

for (const how of [{}, { ...phone, colorScheme: 'dark', locale: 'ja' }] as const)
  test(`N2 everybody can read programs, ${'locale' in how ? 'dark, in Japanese, on a phone' : 'light, in English'}`, async () => {
    const program = 'locale' in how ? 'other' : 'canteen'
    const order = { program, title: 'Canteen', description: 'What there is today', url: host.url, asks: ['model'] }
    const { body } = await street.service.post('/v1/programs', order)
    host.trust(Object(body).secret)
    host.decide = ({ type }) => (type === 'run' ? { failed: { reason: 'The canteen is closed.' } } : {})
    await (await launchAt(`device-of-${program}`, program))()
    await using visit = await scene.open({ ...how, bypassCSP: true })
    const { page } = visit
    await page.goto(at(url, 'programs'))
    await page.locator('article').first().waitFor()
    for (const summary of await page.locator('main summary').all()) await summary.click()
    await until('all is read', async () => (await page.locator('[aria-busy=true]').count()) === 0)
    await page.locator('.launches li').first().waitFor()
    await page.locator('.section-head button').click()
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      [],
    )
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it is not cut off')
  })
