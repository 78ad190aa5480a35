/** N2 B3: a phone in a corridor: the QR code of a label, the press on the device's own panel, its name and place; and typing. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { inGroups, makeFactoryCode } from '@fairlead/protocol/contract'
import { openFolder } from '../testkit/folder.ts'
import { startHouseFile } from '../testkit/process.ts'
import { at, openScene, phone, setUp, signedIn } from './for-tests.ts'

const scene = await openScene()
after(() => scene[Symbol.asyncDispose]())
const { street, url } = scene

test('N2 B3 B5 on a phone, the link of a label leads to the device being green after the press on its panel', async () => {
  await using folder = await openFolder()
  await using visit = await scene.open(phone)
  const { page, context, troubles } = visit
  await setUp(scene, page)
  const code = makeFactoryCode(randomBytes(10))
  const which = ['--relay', street.url, '--id', 'corridor', '--code', inGroups(code), '--driver', 'virtual']
  await using agent = await startHouseFile('cli/main.ts', [
    ...['agent', ...which, '--data', folder.path, '--listen', '127.0.0.1:0'],
  ])
  const { url: panelUrl } = await agent.nextEvent('agent.ready')
  await agent.nextEvent('device.offline')

  await page.goto(at(url, `claim/${code}`))
  await page.getByText('The code is complete').waitFor()
  const claim = page.getByRole('button', { name: 'Claim this device' })
  const box = await claim.boundingBox()
  assert.ok(box && box.height >= 44 && box.y > 370, 'within reach of the thumb')
  await claim.click()
  await page.getByRole('heading', { name: 'corridor is yours' }).waitFor()
  assert.ok(!(await page.evaluate(() => JSON.stringify([location.href, history.length]))).includes(code))
  await page.locator('.steps .is-done').getByText('The device has connected').waitFor()
  await page.locator('.steps .is-waiting').getByText('Press “Confirm” on the panel').waitFor()

  const panel = await context.newPage()
  await panel.goto(String(panelUrl))
  await panel.getByRole('button', { name: 'Confirm', exact: true }).click()
  await page.locator('.steps .is-done').getByText('Confirmed at the device').waitFor()
  await page.getByLabel('Name').fill('Corridor copier')
  await page.getByLabel('Place').fill('2nd floor')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved at the device.').waitFor()
  await page.getByRole('link', { name: 'Open the device' }).click()
  await page.getByRole('heading', { name: 'Corridor copier' }).waitFor()
  const state = page.locator('.evidence .state.is-online')
  assert.equal(await state.textContent(), 'Online')
  const [red = 0, green = 0] = await state.evaluate(
    (mark) => getComputedStyle(mark).color.match(/\d+/g)?.map(Number) ?? [],
  )
  assert.ok(green > 2 * red, 'it is green')
  await page.locator('.object').getByText('2nd floor', { exact: true }).waitFor()
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is cut off')
  assert.deepEqual(troubles, [])
  signedIn.state = await context.storageState()
})

test('N2 B3 a code is put into groups and checked as it is typed, and a code of nobody is told as that', async () => {
  await using visit = await scene.open(phone)
  const { page } = visit
  await page.goto(at(url, 'claim'))
  const input = page.getByLabel('Code on the label')
  const claim = page.getByRole('button', { name: 'Claim this device' })
  const code = makeFactoryCode(randomBytes(10))
  await input.pressSequentially(code.slice(0, 16).toLowerCase())
  await page.getByText('1 character is still missing').waitFor()
  assert.equal(await input.inputValue(), inGroups(`${code.slice(0, 16)}_`).replace('_', ''))
  assert.ok(await claim.isDisabled())
  await input.pressSequentially(code.endsWith('7') ? '8' : '7')
  await page.getByText('One of the characters is not right.').waitFor()
  assert.ok(await claim.isDisabled())
  await input.press('Backspace')
  await input.pressSequentially(code.slice(-1))
  await page.getByText('The code is complete').waitFor()
  await claim.click()
  await page.getByText('No device waits with this code.').waitFor()
  assert.equal(await input.inputValue(), inGroups(code), 'what was typed is kept')
})
