/** N2 A7: the fleet is searched, searches are kept, and many devices are worked on at once, in a real browser. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { joinByHand, openHandDevice } from '../testkit/hand-device.ts'
import { invite } from '../testkit/person.ts'
import { until } from '../testkit/until.ts'
import { at, openScene, phone, setUp, signedIn } from './for-tests.ts'

const scene = await openScene()
after(() => scene[Symbol.asyncDispose]())
const { street, url } = scene
const { service } = street
const hands = new AsyncDisposableStack()
after(() => hands.disposeAsync())

const number = (index: number) => `p-${String(index).padStart(2, '0')}`
/** Twelve in the hall, of which the first is online and low, and the second online and full. */
const low = hands.use(await joinByHand(street, number(0)))
const full = hands.use(await joinByHand(street, number(1)))
for (const [device, level] of [
  [low, 7],
  [full, 90],
] as const) {
  device.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  await device.call('/device/v1/register', {
    capabilities: { model: 'MFC 9' },
    objects: { 'toner.black': level, location: 'Hall' },
  })
  await service.call('PATCH', `/v1/devices/${device.id}`, { tags: ['hall'] })
}
for (let index = 2; index < 12; index++) await service.post('/v1/devices', { id: number(index), tags: ['hall'] })
await service.post('/v1/devices', { id: 'elsewhere', tags: ['3rd floor'] })

const rows = (page: Page) => page.locator('a.row')
const rowOf = (page: Page, id: string) => rows(page).filter({ hasText: id })
const search = (page: Page) => page.getByRole('combobox', { name: 'Search devices' })
const onlyRows = (page: Page, ids: readonly string[]) =>
  until(`there are ${ids}`, async () => {
    const shown = await rows(page).allInnerTexts()
    return shown.length === ids.length && ids.every((id) => shown.some((text) => text.includes(id)))
  })
const tagsOf = async (id: string) => Object((await service.read(`/v1/devices/${id}`)).body).tags

async function axe(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  assert.deepEqual(told, [], what)
}

test('N2 a search is completed by the keyboard, filters by what devices told, and says what it did not understand', async () => {
  await using visit = await scene.open()
  const { page, troubles } = visit
  await setUp(scene, page)
  signedIn.state = await visit.context.storageState()
  await rowOf(page, 'elsewhere').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('ton')
  const option = page.getByRole('option', { name: /^toner.black/ })
  await option.waitFor()
  await page.keyboard.press('ArrowDown')
  assert.equal(await option.getAttribute('aria-selected'), 'true')
  assert.equal(await search(page).getAttribute('aria-activedescendant'), await option.getAttribute('id'))
  await page.keyboard.press('Enter')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Tab')
  assert.equal(await search(page).inputValue(), 'toner.black<')
  await page.keyboard.type('20 mod')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  assert.equal(await search(page).inputValue(), 'toner.black<20 model:"MFC 9" ')
  await onlyRows(page, [number(0)])
  await page.getByRole('link', { name: 'All 1', exact: true }).waitFor()
  assert.equal(await page.getByRole('listbox').isVisible(), false)

  await search(page).fill('tag:hall state:broken toner.black<low')
  await page.getByText('a state is online, offline or asleep').waitFor()
  await page.getByText('compare with a number').waitFor()
  await onlyRows(
    page,
    Array.from({ length: 12 }, (_, index) => number(index)),
  )
  await search(page).fill('tag:hall state:online')
  await onlyRows(page, [number(0), number(1)])
  assert.equal(await page.getByRole('link', { name: 'Online 2' }).getAttribute('aria-current'), 'true')
  await page.getByRole('link', { name: 'Offline 10' }).click()
  await onlyRows(
    page,
    Array.from({ length: 10 }, (_, index) => number(index + 2)),
  )
  assert.equal(await search(page).inputValue(), 'tag:hall')
  assert.deepEqual(troubles, [])
})

test('N2 a row that fits no more stays where it is and says so, and one that fits now is offered', async () => {
  await using visit = await scene.open()
  const { page } = visit
  await page.goto(at(url, `devices?q=${encodeURIComponent('toner.black<20')}`))
  await onlyRows(page, [number(0)])
  const tell = (device: typeof low, level: number) => {
    const event = { id: `to-${level}`, type: 'objects', at: new Date().toISOString(), values: { 'toner.black': level } }
    return device.call('/device/v1/events', { events: [event] })
  }
  await tell(low, 95)
  await rowOf(page, number(0)).getByText('fits no more').waitFor()
  await tell(full, 5)
  await page.getByText('More devices fit now.').waitFor()
  await onlyRows(page, [number(0)])
  await page.getByRole('button', { name: 'Show them' }).click()
  await onlyRows(page, [number(1)])
})

test('N2 a search is saved as a view, opened by its link in another browser, renamed, and brought back when it was removed', async () => {
  await using visit = await scene.open()
  const { page, context } = visit
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
  await page.goto(at(url, 'devices?q=tag%3Ahall&state=online'))
  await onlyRows(page, [number(0), number(1)])
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByLabel('Save this search as').fill('Hall, online')
  await page.getByLabel('Everybody in the account sees it').check()
  await page.getByRole('button', { name: 'Save this search' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('link', { name: /Hall, online/ }).waitFor()
  await dialog.getByText('state:online tag:hall').last().waitFor()
  await dialog.getByRole('button', { name: 'Copy the link' }).click()
  const link = await page.evaluate(() => navigator.clipboard.readText())

  await dialog.getByRole('button', { name: 'Rename or share: Hall, online' }).click()
  await dialog.getByLabel('Name', { exact: true }).fill('The hall')
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await dialog.getByRole('button', { name: 'Remove: The hall' }).click()
  await dialog.getByText('The hall is removed.').waitFor()
  await dialog.getByText('No view yet.').waitFor()
  await dialog.getByRole('button', { name: 'Bring it back' }).click()
  await dialog.getByRole('link', { name: /The hall/ }).waitFor()

  const { person } = await invite(street.publicUrl, service, { email: 'vic@example.com', role: 'viewer' })
  const [name = '', value = ''] = (person.cookie() ?? '').split('=')
  const cookie = { name, value, domain: 'localhost', path: '/', secure: true }
  await using other = await scene.open({
    storageState: { cookies: [{ ...cookie, expires: -1, httpOnly: true, sameSite: 'Lax' }], origins: [] },
  })
  await other.page.goto(link)
  await onlyRows(other.page, [number(0), number(1)])
  assert.equal(await other.page.getByRole('checkbox').count(), 0, 'who may only look chooses nothing')
  await other.page.getByRole('button', { name: 'Views' }).click()
  const shared = other.page.getByRole('dialog').locator('.views li').filter({ hasText: 'The hall' })
  await shared.getByText('shared').waitFor()
  assert.equal(await shared.getByRole('button', { name: /Remove|Rename/ }).count(), 0)
})

test('N2 pain 25: tags of twelve devices, a change that one offline device does not get, and what became of each', async () => {
  await using visit = await scene.open()
  const { page } = visit
  await page.goto(at(url, 'devices?q=tag%3Ahall'))
  await rowOf(page, number(11)).waitFor()
  await page.getByLabel(`Choose ${number(2)}`).check()
  await page.getByLabel(`Choose ${number(5)}`).click({ modifiers: ['Shift'] })
  await page.getByText('4 chosen').waitFor()
  await page.getByRole('button', { name: 'All 12 that fit' }).click()
  await page.getByText('12 chosen').waitFor()
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Tags', exact: true }).click()
  await dialog.getByLabel('Add this tag').fill('checked')
  await dialog.getByRole('button', { name: 'Change the tags' }).click()
  await dialog.getByText('All 12 have ended.').waitFor()
  await dialog.getByText('Done: 12').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).click()
  for (let index = 0; index < 12; index++) assert.deepEqual(await tagsOf(number(index)), ['hall', 'checked'])

  await page.getByRole('button', { name: 'Choose none' }).click()
  for (const index of [0, 1, 2]) await page.getByLabel(`Choose ${number(index)}`).check()
  await page.getByRole('button', { name: 'Change a value' }).click()
  await dialog.getByLabel('Object', { exact: true }).fill('location')
  await dialog.getByLabel('New value').fill('=Hall 2')
  await dialog.getByRole('button', { name: 'Send this change' }).click()
  await dialog.getByText('Done: 2').waitFor()
  const missed = dialog.locator('li').filter({ hasText: number(2) })
  await missed.getByText('Not sent: the device is offline.').waitFor()
  await dialog
    .locator('li')
    .filter({ hasText: number(0) })
    .getByText('location: =Hall 2')
    .waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save as CSV' }).click(),
  ])
  const lines = (await readFile(await download.path(), 'utf8')).split('\r\n')
  assert.equal(lines[0], '\ufeffdevice,outcome,details')
  assert.match(lines[1] ?? '', /^p-02,Not sent,/)

  const late = hands.use(await joinByHandAgain(number(2)))
  late.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  await until(
    'it is online',
    async () => Object((await service.read(`/v1/devices/${number(2)}`)).body).state === 'online',
  )
  await dialog.getByRole('button', { name: 'Again for the 1 that failed' }).click()
  await dialog.getByText('Done: 1').waitFor()
})

test('N2 while work goes on a reload asks first, stop ends it, and what was under way is told', async () => {
  await using visit = await scene.open()
  const { page } = visit
  const slow = hands.use(await joinByHand(street, 'slow'))
  const gate = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  slow.serve(async () => {
    asked.resolve()
    await gate.promise
    return { values: {}, errors: {} }
  })
  await page.goto(at(url, 'devices?q=id%3Aslow'))
  await page.getByLabel('Choose slow').check()
  await page.getByRole('button', { name: 'Read', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Objects to read').fill('model')
  await dialog.getByRole('button', { name: 'Read' }).click()
  await asked.promise
  const warned = page.waitForEvent('dialog')
  void page.reload().catch(() => {})
  const warning = await warned
  assert.equal(warning.type(), 'beforeunload')
  await warning.dismiss()
  await dialog.getByRole('button', { name: 'Stop' }).click()
  await dialog.getByText('Stopping.').waitFor()
  gate.resolve()
  await dialog.getByText('All 1 have ended.').waitFor()
})

test('N2 what waits for a device is counted in its row, and is gone with the device’s answer', async () => {
  await using visit = await scene.open()
  const { page } = visit
  const kept = { set: { location: 'Attic' }, deliverWithinSeconds: 600 }
  for (let index = 0; index < 2; index++) await service.ask('elsewhere', kept)
  await page.goto(at(url, 'devices?q=id%3Aelsewhere'))
  await rowOf(page, 'elsewhere').getByText('2 requests wait for it').waitFor()
  const device = hands.use(await joinByHandAgain('elsewhere'))
  device.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  await rowOf(page, 'elsewhere').getByText('Online').waitFor()
  await rowOf(page, 'elsewhere').getByText('wait').waitFor({ state: 'detached' })
})

test('N2 before many are released their number and the loss are named, and the word is typed', async () => {
  await using visit = await scene.open()
  const { page } = visit
  await page.goto(at(url, 'devices?q=tag%3Ahall'))
  await rowOf(page, number(11)).waitFor()
  await page.keyboard.press('x')
  await page.getByRole('button', { name: 'All 12 that fit' }).click()
  await page.getByRole('button', { name: 'Release', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Release 12 devices?' })
  await dialog.getByText('belong to whoever claims or pairs them next').waitFor()
  const verb = dialog.getByRole('button', { name: 'Release 12 devices' })
  assert.equal(await verb.isDisabled(), true)
  await dialog.getByLabel(/Type “release”/).fill('remove')
  assert.equal(await verb.isDisabled(), true)
  await dialog.getByLabel(/Type “release”/).fill('release')
  await verb.click()
  await page.getByText('Done: 12').waitFor()
  const { body } = await service.read(`/v1/devices/${number(3)}`)
  assert.equal(Object(body).registration, 'none')
})

for (const how of [
  { ...phone, colorScheme: 'light', locale: 'en' },
  { colorScheme: 'dark', locale: 'ja', viewport: { width: 1400, height: 900 } },
] as const)
  test(`N2 everybody can read search, views and bulk work: ${how.colorScheme}, ${how.locale}`, async () => {
    await using visit = await scene.open({ ...how, bypassCSP: true })
    const { page } = visit
    await page.goto(at(url, 'devices?q=color%3Ared'))
    await page.locator('.misunderstood p').waitFor()
    await axe(page, 'what was not understood')
    await page.goto(at(url, 'devices'))
    await rowOf(page, 'elsewhere').waitFor()
    await page.getByRole('combobox').pressSequentially('t')
    await page.getByRole('option').first().waitFor()
    await axe(page, 'the completions')
    await page.keyboard.press('Escape')
    await page.getByRole('combobox').fill('')
    await rowOf(page, 'elsewhere').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('h1').click()
    await page.keyboard.press('x')
    await page.locator('.bulk-bar').waitFor()
    await axe(page, 'the bar')
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is cut off')
    for (const place of [
      '.bulk-actions button >> nth=0',
      '.bulk-actions button >> nth=-1',
      '.fleet-tools button >> nth=-1',
    ]) {
      await page.locator(place).click()
      await page.locator('dialog[open]').waitFor()
      await axe(page, place)
      await page.keyboard.press('Escape')
      await page.locator('dialog').waitFor({ state: 'detached' })
    }
  })

/** It is enrolled already: with a new secret. */
async function joinByHandAgain(id: string): ReturnType<typeof joinByHand> {
  const { body } = await service.post(`/v1/devices/${id}/rotate`, {})
  return await openHandDevice({ relayUrl: street.url, id, secret: Object(body).secret })
}
