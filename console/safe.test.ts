/** N2 S-W4: nothing that a device says runs in the console, nothing comes from elsewhere, and everybody can read it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { until } from '../testkit/until.ts'
import { at, openScene, owner, phone, setUp, signedIn } from './for-tests.ts'

const scene = await openScene()
after(() => scene[Symbol.asyncDispose]())
const { street, url } = scene

/** Each would set `pwned` if anything of it ran. */
const payloads = [
  '<script>pwned=1</script>',
  '"><script>pwned=1</script>',
  '<img src=x onerror=pwned=1>',
  "'><img src=x onerror='pwned=1'>",
  '<svg onload=pwned=1>',
  '<svg><script>pwned=1</script></svg>',
  '<iframe srcdoc="<script>top.pwned=1</script>"></iframe>',
  '<a href="javascript:pwned=1">press</a>',
  'javascript:pwned=1',
  '<math><mtext></form><img src onerror=pwned=1>',
  '</title><script>pwned=1</script>',
  '</textarea><script>pwned=1</script>',
  '<!--<script>pwned=1</script>-->',
  ']]><script>pwned=1</script>',
  '<style>*{display:none}</style>',
  '<base href="//evil.example/">',
  '<meta http-equiv=refresh content="0;url=javascript:pwned=1">',
  '{{constructor.constructor("pwned=1")()}}',
  '<%= pwned=1 %>',
  '&lt;script&gt;pwned=1&lt;/script&gt;',
]

async function plant(payload: string, index: number): Promise<string> {
  const id = `evil-${index + 10}`
  const { secret } = await street.enrol(id)
  const call = async (path: string, body: object) => {
    const authorization = `Basic ${btoa(`${id}:${secret}`)}`
    const answer = await fetch(`${street.url}/device/v1/${path}`, {
      ...{ method: 'POST', headers: { authorization }, body: JSON.stringify(body) },
    })
    assert.equal(answer.status, 200, `${path}: ${await answer.text()}`)
  }
  const objects = { name: payload, location: payload, contact: payload, alerts: [payload], trays: [{ name: payload }] }
  const supplies = [
    { index: 1, description: payload, color: payload, type: payload, level: 1, capacity: 2, percent: 50 },
  ]
  const capabilities = { model: payload, serial: payload, features: [payload], supplies: [payload] }
  await call('register', { capabilities, objects: { ...objects, supplies } })
  const at = new Date().toISOString()
  const help = { id: 'h', type: 'help', at, text: payload }
  await call('events', { events: [help, { id: 'p', type: 'printed', at, pages: 1, jobName: payload }] })
  return id
}

const isPwned = (page: Page) => page.evaluate(() => 'pwned' in globalThis)

test('S-W4 N2 twenty texts that would run elsewhere are shown as text, wherever a device can say something', async () => {
  // High enough for all of them to be drawn.
  await using visit = await scene.open({ viewport: { width: 1280, height: 2200 } })
  const { page, troubles } = visit
  await setUp(scene, page)
  signedIn.state = await visit.context.storageState()
  const ids = await Promise.all(payloads.map(plant))
  await page.goto(at(url, 'devices'))
  await page.getByRole('link', { name: `All ${ids.length}` }).waitFor()
  for (const [index, payload] of payloads.entries()) {
    await page.locator('.windowed li').nth(index).getByText(payload, { exact: true }).first().waitFor()
    assert.equal(await isPwned(page), false, payload)
  }
  for (const [index, payload] of payloads.entries()) {
    await page.goto(at(url, `devices/${ids[index]}`))
    await page.getByRole('heading', { name: payload, exact: true }).waitFor()
    await page.getByRole('button', { name: 'Show those of the last 24 hours' }).click()
    const shown = async () => (await page.locator('.happenings').innerText()).split(payload).length - 1
    await until(`both events of ${ids[index]} are shown`, async () => (await shown()) === 2)
    for (const place of ['.evidence', '.supplies', '.objects', '.device-head .sub'])
      assert.ok((await page.locator(place).allInnerTexts()).join('\n').includes(payload), `${place}: ${payload}`)
    assert.equal(await isPwned(page), false, payload)
  }
  assert.deepEqual(troubles, [])
})

test('S-W4 N2 the policy of the page would stop what slipped in, and keeps other sites out', async () => {
  await using visit = await scene.open()
  const { page, troubles } = visit
  await page.goto(at(url, 'devices'))
  await page.getByRole('heading', { name: 'Devices' }).waitFor()
  const attempt = (how: string) =>
    page.evaluate((what) => {
      const element = document.createElement('div')
      try {
        if (what === 'html') element.innerHTML = '<img src=x onerror=pwned=1>'
        if (what === 'script') {
          const script = document.createElement('script')
          script.append('pwned=1')
          document.body.append(script)
        }
        if (what === 'frame')
          document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://evil.example' }))
        if (what === 'fetch')
          return fetch('https://evil.example').then(
            () => 'done',
            () => 'refused',
          )
        if (what === 'style')
          document.body.append(Object.assign(document.createElement('style'), { textContent: 'body{display:none}' }))
        return 'done'
      } catch {
        return 'refused'
      }
    }, how)
  assert.equal(await attempt('html'), 'refused')
  for (const how of ['script', 'frame', 'fetch', 'style']) await attempt(how)
  const stopped = ['require-trusted-types-for', 'frame-src', 'connect-src', 'style-src']
  await until('each was stopped', () => stopped.every((rule) => troubles.some((one) => one.includes(rule))))
  assert.equal(await isPwned(page), false)
})

const pagesToRead = [
  ...['devices', 'devices?state=asleep', 'devices/evil-10', 'claim', 'claim/9A2F7Q4MXK3DW8TBC', 'claims/none'],
  ...['pair', 'pairings/none'],
  ...['keys', 'you', 'nothing/here', 'set-up/token', 'invitation/token'],
  ...['reset/token', 'proved'],
]

const [evening, noon] = [
  { colorScheme: 'dark', locale: 'ja', ...{ viewport: { width: 1400, height: 900 } } },
  { ...phone, colorScheme: 'light', locale: 'en' },
] as const

for (const how of [noon, evening])
  test(`N2 everybody can read every page, on a ${how === noon ? 'phone' : 'desk'}, ${how.colorScheme}, ${how.locale}`, async () => {
    await using visit = await scene.open({ ...how, bypassCSP: true })
    const { page } = visit
    for (const path of pagesToRead) await mustBeAccessible(page, path)
    await page.goto(at(url, 'keys'))
    await page.locator('.page button').first().click()
    await page.locator('form.made input').first().fill('ERP')
    await axe(page, 'the form of a key')
    await page.locator('form.made [type=submit]').click()
    await page.locator('.secret').waitFor()
    await axe(page, 'a new key')
    await page.locator('.key-list button').first().click()
    await page.locator('dialog').waitFor()
    await axe(page, 'the question before a key is revoked')
    await page.goto(at(url, 'you'))
    await page.locator('.page button').last().click()
    await page.locator('.door form').waitFor()
    await axe(page, 'the sign-in')
    await signInAgain(page)
  })

/** The sign-out has ended the session that the other tests stand on. */
async function signInAgain(page: Page): Promise<void> {
  await page.locator('input[type=email]').fill(owner.email)
  await page.locator('input[type=password]').fill(owner.password)
  await page.locator('[type=submit]').click()
  await page.locator('.menu').waitFor()
  signedIn.state = await page.context().storageState()
}

async function mustBeAccessible(page: Page, path: string): Promise<void> {
  await page.goto(at(url, path))
  await page.locator('h1:visible').first().waitFor()
  await until('all is read', async () => (await page.locator('[aria-busy=true]').count()) === 0)
  await axe(page, path)
}

async function axe(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  assert.deepEqual(told, [], what)
}
