/**
 * N2 C2 to C6 in real browsers between two NATs: the PIN of a panel typed on a phone in the same network, the press, the link to
 * the device's own page, and both screens saying that it is connected.
 */
import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { startAgent } from '../testkit/agent-command.ts'
import { chromiumHere } from '../testkit/browser.ts'
import { makeCertificate } from '../testkit/certificate.ts'
import { openFolder } from '../testkit/folder.ts'
import type { Namespace } from '../testkit/namespace.ts'
import { openNetworks } from '../testkit/networks.ts'
import { goodPassword } from '../testkit/person.ts'
import { startHouseFile } from '../testkit/process.ts'
import { until } from '../testkit/until.ts'
import { phone } from './for-tests.ts'

const scene = new AsyncDisposableStack()
after(() => scene.disposeAsync())
const folder = scene.use(await openFolder()).path
const networks = scene.use(await openNetworks())
const { internet, left, right } = networks
const relayUrl = `https://${internet.address}:8443`
const { certPath, keyPath } = await makeCertificate(folder, { names: [`IP:${internet.address}`] })
const relay = scene.use(
  await startHouseFile(
    'cli/main.ts',
    [
      ...['relay', '--listen', '0.0.0.0:8443', '--data', join(folder, 'relay'), '--public-url', relayUrl],
      ...['--tls-cert', certPath, '--tls-key', keyPath],
    ],
    {},
    internet.start,
  ),
)
await relay.nextEvent('relay.ready')
const [, setUpLink = ''] = /(https:\/\/\S+#\/set-up\/[\w-]+)/.exec(relay.output().stderr) ?? []

/** A browser of somebody in that network: its process runs there, and is spoken to by a pipe. */
async function browserIn({ name }: Pick<Namespace, 'name'>): Promise<Browser> {
  const path = join(folder, `chromium-${name}`)
  await writeFile(path, `#!/bin/sh\nexec ip netns exec ${name} ${chromiumHere.executablePath} "$@"\n`)
  await chmod(path, 0o700)
  const args = [...chromiumHere.args, '--ignore-certificate-errors']
  const browser = await chromium.launch({ executablePath: path, args })
  scene.defer(() => browser.close())
  return browser
}

const context = await (await browserIn(left.terminal)).newContext({ ...phone, ignoreHTTPSErrors: true })
context.setDefaultTimeout(15_000)

/** @returns what is said of it, and whether there is a link to the device */
async function typePin(page: Page, pin: string): Promise<void> {
  await page.goto(`${relayUrl}/console/#/pair`)
  await page.getByLabel('PIN on the panel').fill(pin)
  await page.getByRole('button', { name: 'Pair', exact: true }).click()
}

test('N2 C2 to C6 a phone in the device’s network: PIN, press, link, Connect; then both screens say so', async () => {
  const page = await context.newPage()
  await page.goto(setUpLink)
  await page.getByLabel('Your name').fill('Ann')
  await page.getByLabel('E-mail').fill('ann@example.com')
  await page.getByLabel('Password').fill(goodPassword)
  await page.getByRole('button', { name: 'Create this user' }).click()
  await page.getByRole('heading', { name: 'Devices' }).waitFor()

  const which = ['--relay', relayUrl, '--id', 'corridor', '--driver', 'virtual', '--data', join(folder, 'agent')]
  const trust = { NODE_EXTRA_CA_CERTS: certPath }
  await using agent = await startAgent([...which, '--listen', '0.0.0.0:8081'], trust, left.start)
  await agent.nextEvent('device.offline')
  const panel = await context.newPage()
  await panel.goto(`http://${left.deviceAddress}:8081`)
  // Until the relay knows of it no PIN is shown.
  const digits = panel.locator('.digits').filter({ hasText: /\d/ })
  await digits.waitFor()
  const pin = ((await digits.textContent()) ?? '').replaceAll(/\D/g, '')
  assert.equal(pin.length, 8)

  // Its neighbour, with the right PIN, signed in as the same person.
  const elsewhere = await (await browserIn(right.terminal)).newContext({
    ...{ ...phone, ignoreHTTPSErrors: true, storageState: await context.storageState() },
  })
  const stranger = await elsewhere.newPage()
  await typePin(stranger, pin)
  await stranger.getByText('No device in your network shows this PIN.').waitFor()
  await panel.getByText('typed this PIN in another network').waitFor()
  await elsewhere.close()

  await typePin(page, pin)
  await page.locator('.steps .is-waiting').getByText('Browsers do not tell in which network they are.').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Open the page of the device' }).count(), 0, 'nothing is sent yet')
  await panel.getByRole('button', { name: 'Yes, pair' }).click()
  const link = page.getByRole('link', { name: 'Open the page of the device' })
  await link.waitFor()
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is cut off')
  const [device] = await Promise.all([context.waitForEvent('page'), link.click()])
  await device.getByRole('button', { name: 'Connect' }).waitFor()
  assert.ok(!device.url().includes('#'), 'the code is out of the address')
  await device.getByRole('button', { name: 'Connect' }).click()
  await page.getByText('corridor is yours, and is connected.').waitFor()
  await until('its panel says so', async () => (await panel.locator('.standing.online').count()) > 0)
  await agent.nextEvent('device.online')
  await page.getByRole('link', { name: 'Open the device' }).click()
  await page.locator('.evidence .state.is-online').waitFor()
})
