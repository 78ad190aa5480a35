/** N2 B7 B8: a service made in the page, what it orders and why, and how a device was over time; before real agents and real receivers. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { until } from '../testkit/until.ts'
import { openWebhookReceiver } from '../testkit/webhook-receiver.ts'
import { at, openScene, phone, setUp, signedIn } from './for-tests.ts'

const building = new AsyncDisposableStack()
after(() => building.disposeAsync())
const scene = building.use(await openScene(['--webhook-networks', '127.0.0.0/8', '--read-every', '5']))
const good = building.use(await openWebhookReceiver())
const bad = building.use(await openWebhookReceiver())
const { street, url } = scene
const { service } = street

const dayMs = 24 * 3_600_000
const now = Date.now()

test('N2 B8 a service is made in the page, and what it orders appears there with its reasons, and as taken; one that fails shows its tries', async () => {
  await using visit = await scene.open()
  const { page, troubles } = visit
  await setUp(scene, page)
  signedIn.state = await visit.context.storageState()
  await street.openAgent({ id: 'lobby', driver: 'virtual?toner.black=40' })
  await street.openAgent({ id: 'desk', driver: 'virtual?toner.black=15' })

  await page.getByRole('link', { name: 'Services' }).click()
  await page.getByText('No service yet.').waitFor()
  await page.getByRole('button', { name: 'Add a service' }).click()
  await page.getByLabel('Name').fill('Miller <b>')
  await page.getByRole('button', { name: 'One device' }).click()
  await page.getByLabel('ID of the device').fill('lobby')
  await until(
    'objects are offered',
    async () => (await page.locator('datalist option[value="toner.cyan"]').count()) > 0,
  )
  await page.getByText('Called once for each cartridge, when black toner is at 20 % or less').waitFor()
  await page.getByLabel('Address of the webhook').fill('http://10.0.0.1/orders')
  await page.getByRole('button', { name: 'Add this service' }).click()
  await page.getByRole('alert').getByText('10.0.0.1 is not on the public internet').waitFor()
  await page.getByRole('alert').getByText('Nothing was added.').waitFor()
  await page.getByLabel('Address of the webhook').fill(good.url)
  await page.getByRole('button', { name: 'Add this service' }).click()
  const secret = (await page.locator('.secret').textContent()) ?? ''
  good.trust(secret)
  await page.getByRole('button', { name: 'I have kept it' }).click()
  assert.ok(!(await page.content()).includes(secret))

  const card = page.getByRole('article', { name: 'Miller <b>' })
  await card.getByText('when black toner is at 20 % or less, on two readings that agree').waitFor()
  await card.getByText('Not called yet.').waitFor()
  await card.getByText('its owner has to consent').waitFor()
  await card.getByRole('button', { name: 'Give the consent' }).click()
  await page.getByRole('button', { name: 'I consent' }).click()
  await card.getByText('Its owner consented').waitFor()
  await card.getByRole('button', { name: 'Send a test' }).click()
  await card.getByText('The test: taken (204)').waitFor()

  const made = await service.post('/v1/subscriptions', {
    ...{ name: 'Failing', device: 'desk', conditions: [{ object: 'toner.black', op: '<=', value: 20 }] },
    webhook: { url: bad.url },
  })
  bad.trust(Object(made.body).webhook.secret)
  bad.answerWith(503)
  await service.post('/v1/devices', { id: 'nobodys' })
  await service.post('/v1/subscriptions', {
    ...{ name: 'For all', conditions: [{ object: 'toner.cyan', op: '<', value: 1 }], webhook: { url: good.url } },
  })
  await page.reload()
  await page.getByText('For 2 devices nothing is ordered yet').click()
  const failing = page.getByRole('article', { name: 'Failing' })
  await failing.getByText('its owner has to consent').waitFor()
  await page.locator('.missing').getByRole('button', { name: 'Give the consent desk' }).click()
  await page.getByRole('button', { name: 'I consent' }).click()
  await page.getByText('For 1 device nothing is ordered yet').waitFor()
  await failing.getByText('Its owner consented').waitFor()
  await service.ask('lobby', { command: 'refill', arguments: { 'toner.black': 12 } })

  await page.goto(at(url, 'orders'))
  await page.getByText('Nothing was ordered.').waitFor()
  await page.evaluate(() => Reflect.set(globalThis, 'isSamePage', true))
  const orderOf = (device: string) => page.locator('.order').filter({ hasText: device })
  const stateOf = (device: string) => orderOf(device).locator('.state')
  await stateOf('lobby').getByText('Taken').waitFor({ timeout: 30_000 })
  await orderOf('lobby').getByText('it read 12 %').first().waitFor()
  await orderOf('lobby').getByText('Why was this ordered?').click()
  const reasons = orderOf('lobby').locator('.reasons li')
  await reasons.getByText('The owner consented').waitFor()
  await reasons.getByText(/Black toner is at 20.% or less: it read 12.% at/).waitFor()
  assert.ok((await reasons.locator('time[datetime]').count()) >= 3, 'its times are in the reader’s zone')
  assert.equal(good.ofType('order.created').length, 1)

  await stateOf('desk').getByText('Waiting').waitFor({ timeout: 30_000 })
  await orderOf('desk')
    .getByText(/Told to the service \([1-9]/)
    .waitFor()
  await orderOf('desk').getByText('Told to the service').click()
  await orderOf('desk').getByText('refused (503)').first().waitFor()
  await orderOf('desk').getByText('next try').waitFor()

  await page.getByRole('link', { name: 'Waiting' }).click()
  await orderOf('lobby').waitFor({ state: 'detached' })
  await orderOf('desk').waitFor()
  await page.getByRole('link', { name: 'Services' }).last().click()
  await failing.getByText('Failing since').waitFor()
  await failing.getByText('refused (503)').waitFor()
  await card.getByText('Its last call was taken').waitFor()
  await card.getByRole('button', { name: 'Pause' }).click()
  await card.getByText('Nothing is ordered while it is paused.').waitFor()
  assert.equal(Object((await service.read('/v1/subscriptions')).body).items[0].paused, true)
  await card.getByRole('button', { name: 'Go on' }).click()
  await card.locator('.state').getByText('On').waitFor()
  bad.answerWith(204)
  await failing.getByText('Its last call was taken').waitFor()
  await failing.getByRole('button', { name: 'Remove' }).click()
  await page.getByText('What has not reached it never will.').waitFor()
  await page.getByRole('button', { name: 'Remove this service' }).click()
  await failing.waitFor({ state: 'detached' })
  assert.equal(await page.evaluate(() => Reflect.get(globalThis, 'isSamePage')), true)

  await page.goto(at(url, 'orders?device=desk&state=taken'))
  await orderOf('desk').getByText('a service that was removed').waitFor()
  await page.goto(at(url, 'devices/lobby'))
  await page.locator('.order .state').getByText('Taken').waitFor()
  await page.evaluate(() => localStorage.setItem('fairlead-language', 'ja'))
  await page.reload()
  await page.getByText('注文の理由').click()
  await page
    .locator('.reasons li')
    .getByText(/^所有者.*が同意しました/)
    .waitFor()
  assert.doesNotMatch((await page.locator('.reasons').textContent()) ?? '', / (the|it|was|by) /)
  assert.deepEqual(troubles, [])
})

/** @param day before now */
function seed(readings: readonly [object: string, value: unknown, fromDay: number, untilDay: number][]): void {
  const file = new DatabaseSync(join(street.data, 'fairlead.db'))
  file.exec('PRAGMA busy_timeout = 5000; BEGIN')
  const insert = file.prepare(`INSERT INTO reading VALUES ('default', 'charted', ?, ?, ?, ?, 'poll')`)
  for (const [object, value, fromDay, untilDay] of readings)
    insert.run(object, now - fromDay * dayMs, now - untilDay * dayMs, JSON.stringify(value))
  file.exec('COMMIT')
  file.close()
}

const pages = (value: number) => ({ value, unit: 'impressions' })

/** Whether something of the line is in that column of the chart. @param part of its width */
function isDrawnAt(page: Page, part: number): Promise<boolean> {
  return page
    .locator('.chart')
    .first()
    .evaluate((chart, where) => {
      const [canvas, over] = [chart.querySelector('canvas'), chart.querySelector('.u-over')]
      const context = canvas?.getContext('2d')
      if (!canvas || !over || !context) return false
      const [box, whole] = [over.getBoundingClientRect(), canvas.getBoundingClientRect()]
      const scale = canvas.width / whole.width
      const x = Math.round((box.left - whole.left + where * box.width) * scale)
      const { data } = context.getImageData(x, 0, 1, Math.round((box.bottom - whole.top) * scale) - 2)
      const isInk = (at: number) => (data[at + 3] ?? 0) > 200 && (data[at] ?? 255) < 80 && (data[at + 2] ?? 255) < 90
      return data.some((_, at) => at % 4 === 0 && isInk(at))
    }, part)
}

test('N2 B7 a device over time: steps, a gap that is one, what it did not know, pages per day, and a prediction that says on what it rests', async () => {
  await service.post('/v1/devices', { id: 'charted' })
  seed(
    [
      ...[60, 57, 54].map((level, at) => ['toner.black', level, 29 - at * 2, 27 - at * 2] as const),
      ['toner.black', 50, 16, 14],
      ['toner.black', 'unknown', 13.9, 12],
      ...[44, 38, 32, 26, 20].map((level, at) => ['toner.black', level, 11 - at * 2.5, 9 - at * 2.5 + 0.5] as const),
      ['toner.black', 17, 0.4, 0.1],
      ...[100, 130, 130, 190].map((count, at) => ['pages', pages(count), 6 - at, 6 - at] as const),
      ['pages', pages(200), 0.01, 0.01],
    ].map(([object, value, from, until]) => [String(object), value, Number(from), Number(until)]),
  )
  await using visit = await scene.open()
  const { page, troubles } = visit
  await page.goto(at(url, 'devices/charted'))
  const [levels, perDay] = [page.locator('.chart').first(), page.locator('.chart').last()]
  await perDay.locator('canvas').waitFor()
  await levels.getByText(/Black toner: 17\s% now · empty about .*, from the last 1\d days/i).waitFor()
  // A quarter more than 30 days: what is to come.
  const partOf = (day: number) => (30 - day) / 37.5
  await until('it is drawn', () => isDrawnAt(page, partOf(26)))
  assert.equal(await isDrawnAt(page, partOf(19)), false, 'a gap is a gap')
  assert.equal(await isDrawnAt(page, partOf(9.5)), true)

  await levels.getByText('As a table').click()
  await levels.locator('tbody tr').first().waitFor()
  const rows = await levels.locator('tbody tr').allInnerTexts()
  assert.ok(rows.some((row) => /60\s%/.test(row)) && rows.some((row) => /17\s%/.test(row)), rows.join('\n'))
  assert.ok(
    rows.some((row) => /it does not know/.test(row)),
    'unknown is unknown',
  )
  assert.equal(rows.filter((row) => /not read/.test(row)).length, 1, 'a gap is a gap')
  await perDay.getByText('As a table').click()
  await perDay.locator('tbody tr').first().waitFor()
  const counts = await perDay.locator('tbody td').allInnerTexts()
  assert.deepEqual(counts, [
    ...['0 pages', '10 pages in these days, nobody knows on which', 'not read', 'not read'],
    ...['60 pages', '0 pages', '30 pages', '0 pages'],
  ])

  const slider = levels.getByRole('slider')
  await slider.focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Home')
  await until('it tells the first', async () =>
    /Black toner 60\s%/i.test((await slider.getAttribute('aria-valuetext')) ?? ''),
  )
  await slider.hover()
  await page.getByRole('button', { name: '7 days', exact: true }).click()
  await until('the older ones are gone', async () => !(await levels.locator('tbody').innerText()).includes('60\u00a0%'))
  await page.getByRole('button', { name: '400 days' }).click()
  await levels.locator('tbody').getByText('60 %').waitFor()
  assert.deepEqual(troubles, [])
})

for (const how of [{}, { ...phone, colorScheme: 'dark', locale: 'ja' }] as const)
  test(`N2 everybody can read services, orders and charts, ${'locale' in how ? 'dark, in Japanese, on a phone' : 'light, in English'}`, async () => {
    await using visit = await scene.open({ ...how, bypassCSP: true })
    const { page } = visit
    for (const path of ['services', 'orders', 'devices/charted']) {
      await page.goto(at(url, path))
      await page.locator('h1:visible').first().waitFor()
      await until('all is read', async () => (await page.locator('[aria-busy=true]').count()) === 0)
      if (path === 'services') await page.locator('.section-head button').click()
      for (const summary of await page.locator('main summary').all()) await summary.click()
      if ('hasTouch' in how && path === 'devices/charted') await tapChart(page)
      await axe(page, path)
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is not cut off`)
    }
  })

/** A finger on the left edge, where there is no key to press. */
async function tapChart(page: Page): Promise<void> {
  const slider = page.getByRole('slider').first()
  const before = await slider.getAttribute('aria-valuetext')
  await slider.locator('.u-over').tap({ position: { x: 12, y: 60 } })
  await until('it tells what was then', async () => (await slider.getAttribute('aria-valuetext')) !== before)
}

async function axe(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  assert.deepEqual(told, [], what)
}
