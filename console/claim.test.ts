/** N2 B3 C3: a phone in a corridor: the QR code of a label, the press on the device's own panel, its name and place; typing; and a PIN. */
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { createServer, request } from 'node:http'
import { after, test } from 'node:test'
import { inGroups, makeFactoryCode } from '@fairlead/protocol/contract'
import { openFolder } from '../testkit/folder.ts'
import { listenOnFreePort } from '../testkit/listen.ts'
import { startHouseFile } from '../testkit/process.ts'
import { at, openScene, phone, setUp, signedIn } from './for-tests.ts'

const home = { 'x-forwarded-for': '198.51.100.2', 'x-forwarded-proto': 'https' }
/** The relay by another name, over the other family of addresses: whoever comes this way is seen at another address. */
const otherName = await listenOnFreePort(
  createServer((asked, given) => {
    const { method = 'GET', url: path = '/', headers } = asked
    const forwarded = request(street.url + path, { method, headers: { ...headers, ...home } }, (answer) => {
      given.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(given)
    })
    asked.pipe(forwarded)
  }),
)
after(() => otherName[Symbol.asyncDispose]())
const scene = await openScene(['--trusted-proxies', '127.0.0.1', '--seen-urls', otherName.url])
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

test('N2 C3 a device that is seen over the other family of addresses is paired: the page has itself been seen there before', async () => {
  const pin = String(randomInt(1e8)).padStart(8, '0')
  const shown = { id: 'hall', pin, addresses: ['192.168.1.20/24'], localUrl: 'http://192.168.1.20:8081/pair' }
  const announced = { method: 'POST', headers: home, body: JSON.stringify(shown) }
  assert.equal((await fetch(`${street.url}/device/v1/pairing`, announced)).status, 201)
  assert.equal((await street.service.post('/v1/pairings', { pin })).status, 404, 'over one family alone')
  await using visit = await scene.open(phone)
  const { page, troubles } = visit
  await page.goto(at(url, 'pair'))
  await page.getByLabel('PIN on the panel').fill(pin)
  await page.getByRole('button', { name: 'Pair', exact: true }).click()
  await page.locator('.steps .is-waiting').getByText('Browsers do not tell in which network they are.').waitFor()
  assert.deepEqual(troubles, [])
})
