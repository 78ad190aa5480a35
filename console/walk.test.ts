/**
 * N2 N5 B3 to B8, the whole walk in real browsers: an owner at a desk sets up, adds a service and invites; somebody with a phone
 * claims a printer by the QR code of its label and presses at its panel; its toner runs low, and one cartridge is ordered.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import type { Page } from 'playwright-core'
import { openFolder } from '../testkit/folder.ts'
import { goodPassword } from '../testkit/person.ts'
import { startHouseFile } from '../testkit/process.ts'
import { readQrCodes } from '../testkit/qr-codes.ts'
import { runCli } from '../testkit/run-cli.ts'
import { openWebhookReceiver, type WebhookReceiver } from '../testkit/webhook-receiver.ts'
import { at, openScene, phone, setUp } from './for-tests.ts'

const nobody = { storageState: { cookies: [], origins: [] } }
/** The 5-inch touch screen of a device. */
const panelScreen = { viewport: { width: 800, height: 480 }, hasTouch: true }

async function addService(page: Page, receiver: WebhookReceiver): Promise<void> {
  await page.getByRole('link', { name: 'Services' }).click()
  await page.getByRole('button', { name: 'Add a service' }).click()
  await page.getByLabel('Name').fill('Miller supplies')
  await page.getByText('Called once for each cartridge, when black toner is at 20 % or less').waitFor()
  await page.getByLabel('Address of the webhook').fill(receiver.url)
  await page.getByRole('button', { name: 'Add this service' }).click()
  receiver.trust((await page.locator('.secret').textContent()) ?? '')
  await page.getByRole('button', { name: 'I have kept it' }).click()
}

async function invite(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'People' }).click()
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  await page.getByLabel('E-mail').fill('ben@example.com')
  await page.getByLabel('Role').selectOption('admin')
  await page.getByRole('button', { name: 'Make the invitation' }).click()
  return (await page.locator('.secret').textContent()) ?? ''
}

/** Somebody prints its label and holds a phone over it. @returns where the QR code leads */
async function readLabel(folder: string, code: string, relay: string): Promise<string> {
  const [list, pdf] = [join(folder, 'devices.csv'), join(folder, 'labels.pdf')]
  writeFileSync(list, `id,code,model\nfront,${code},MFC-1\n`)
  const { code: status, stderr } = await runCli(['codes', 'labels', list, '--out', pdf, '--relay', relay])
  assert.equal(status, 0, stderr)
  const [label] = (await readQrCodes(pdf)).flat()
  return label?.text ?? ''
}

async function comeIn(page: Page, invitation: string): Promise<void> {
  await page.goto(invitation)
  await page.getByLabel('Your name').fill('Ben Example')
  await page.getByLabel('Password').fill(goodPassword)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByText('No device yet').waitFor()
}

async function claim(page: Page, panel: Page, label: string): Promise<void> {
  await page.goto(label)
  await page.getByRole('button', { name: 'Claim this device' }).click()
  await page.locator('.steps .is-done').getByText('The device has connected').waitFor()
  await page.locator('.steps .is-waiting').getByText('Press “Confirm” on the panel').waitFor()
  await panel.getByRole('button', { name: 'Confirm', exact: true }).click()
  await page.locator('.steps .is-done').getByText('Confirmed at the device').waitFor()
  await page.getByLabel('Name').fill('Front desk')
  await page.getByLabel('Place').fill('Ground floor')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved at the device.').waitFor()
}

/** Its words are dark or light, and green. */
async function mustBeGreen(page: Page): Promise<void> {
  const state = page.locator('a.row').filter({ hasText: 'Front desk' }).locator('.state.is-online')
  await state.getByText('Online').waitFor()
  const [red = 0, green = 0] = await state.evaluate(
    (mark) => getComputedStyle(mark).color.match(/\d+/g)?.map(Number) ?? [],
  )
  assert.ok(green > 2 * red, `${red} ${green}`)
}

test('N2 N5 B3 B5 B7 B8 from the set-up link to one order: invited, claimed by QR code, confirmed at the panel, green, low, ordered', async () => {
  await using scene = await openScene(['--webhook-networks', '127.0.0.0/8', '--read-every', '5'])
  await using folder = await openFolder()
  await using receiver = await openWebhookReceiver()
  const { street, url } = scene
  const code = makeFactoryCode(randomBytes(10))
  const which = [
    '--relay',
    street.url,
    '--id',
    'front',
    '--code',
    code,
    '--driver',
    'virtual?toner.black=40&pagesPerCartridge=20',
  ]
  const local = ['--data', join(folder.path, 'data'), '--listen', '127.0.0.1:0', '--look-every', '1']
  await using agent = await startHouseFile('cli/main.ts', ['agent', ...which, ...local])
  const { url: panelUrl } = await agent.nextEvent('agent.ready')

  await using ann = await scene.open(nobody)
  await setUp(scene, ann.page)
  await addService(ann.page, receiver)
  const invitation = await invite(ann.page)
  await ann.page.goto(at(url, 'devices'))
  await ann.page.getByText('No device yet').waitFor()
  await ann.page.evaluate(() => Reflect.set(globalThis, 'isSamePage', true))

  await using ben = await scene.open({ ...phone, ...nobody })
  await using screen = await scene.open({ ...panelScreen, ...nobody })
  await screen.page.goto(String(panelUrl))
  await comeIn(ben.page, invitation)
  await claim(ben.page, screen.page, await readLabel(folder.path, code, url))
  await mustBeGreen(ann.page)

  await ann.page.getByRole('link', { name: 'Services' }).click()
  await ann.page.getByRole('link', { name: 'Orders', exact: true }).click()
  await ann.page.getByText('Nothing was ordered.').waitFor()
  assert.deepEqual(receiver.received, [])
  await street.service.ask('front', { command: 'print', arguments: { pages: 5 } })
  const order = ann.page.locator('.order').filter({ hasText: 'front' })
  await order.locator('.state').getByText('Taken').waitFor({ timeout: 30_000 })
  await order.getByText('Why was this ordered?').click()
  const reasons = order.locator('.reasons li')
  await reasons.getByText(/Black toner is at 20.% or less/).waitFor()
  await reasons.getByText('claimed with its code by Ben').waitFor()
  await reasons.getByText('confirmed').first().waitFor()
  await ben.page.getByRole('link', { name: 'Open the device' }).click()
  await ben.page.locator('.order .state').getByText('Taken').waitFor()

  const [told, more] = receiver.ofType('order.created')
  assert.equal(more, undefined, 'once')
  assert.equal(told?.body['device'], 'front')
  assert.ok(Array.isArray(told.body['reasons']) && told.body['reasons'].length >= 3, JSON.stringify(told.body))
  assert.deepEqual(receiver.forged, [])
  assert.ok(await ann.page.evaluate(() => Reflect.get(globalThis, 'isSamePage')), 'nothing was loaded again')
  assert.deepEqual([ann.troubles, ben.troubles, screen.troubles], [[], [], []])
})
