/** N2 B5: a phone beside a printer whose panel nobody can reach: the page is asked for, its word typed, and all of it in Japanese as well. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import { openFolder } from '../testkit/folder.ts'
import { readWord } from '../testkit/paper.ts'
import { startHouseFile } from '../testkit/process.ts'
import { at, openScene, phone, setUp } from './for-tests.ts'

const scene = await openScene()
after(() => scene[Symbol.asyncDispose]())
const { street, url } = scene

test('N2 B5 on a phone, the word on the printed page confirms the claim', async () => {
  await using folder = await openFolder()
  await using visit = await scene.open(phone)
  const { page, troubles } = visit
  await setUp(scene, page)
  const code = makeFactoryCode(randomBytes(10))
  const which = ['--relay', street.url, '--id', 'attic', '--code', code, '--driver', 'virtual', '--data', folder.path]
  await using agent = await startHouseFile('cli/main.ts', ['agent', ...which])
  await agent.nextEvent('device.offline')

  await page.goto(at(url, `claim/${code}`))
  await page.getByRole('button', { name: 'Claim this device' }).click()
  await page.getByRole('heading', { name: 'attic is yours' }).waitFor()
  const print = page.getByRole('button', { name: 'Print a page' })
  await print.waitFor()
  const box = await print.boundingBox()
  assert.ok(box && box.height >= 44, 'large enough for a thumb')
  await print.click()
  const field = page.getByLabel('Word on the page')
  await field.waitFor()
  assert.ok(await field.evaluate((input) => input === document.activeElement), 'one can type at once')
  await canBeRead('in English, by day')

  await field.fill('river 12')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('It can be tried 4 times more.').waitFor()
  assert.equal(await field.inputValue(), 'river 12', 'what was typed is kept')
  await page.getByRole('button', { name: 'Print another page' }).click()
  await page.getByText('The page is printed.').waitFor()
  await page.waitForFunction(() => document.querySelector('input')?.value === '')

  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await page.evaluate(() => localStorage.setItem('fairlead-language', 'ja'))
  await page.reload()
  await page.getByRole('button', { name: '印刷済みのページがある' }).click()
  await canBeRead('in Japanese, by night')
  const word = await readWord(folder.path, 'attic')
  await page.getByLabel('ページの言葉').fill(word.toLowerCase().replace(' ', '-'))
  await page.getByRole('button', { name: '確認', exact: true }).click()
  await page.locator('.steps .is-done').getByText('機器で確認されました').waitFor()
  await page.getByLabel('ページの言葉').waitFor({ state: 'detached' })
  assert.deepEqual(troubles, [])
  await agent.stop()

  async function canBeRead(how: string): Promise<void> {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is cut off')
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    const found = violations.map(({ id, nodes }) => [id, nodes[0]?.html])
    assert.deepEqual(found, [], how)
  }
})
