/** E1 N2: without a relay the console opens, takes documents for printers that it knows, keeps them over a restart of the machine, and sends them once; in a real browser. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { makePdf } from '../testkit/documents.ts'
import { openFolder } from '../testkit/folder.ts'
import { pagesOf, untilJob } from '../testkit/print-jobs.ts'
import { until } from '../testkit/until.ts'
import { at, openKept, openScene, setUp } from './for-tests.ts'

const building = new AsyncDisposableStack()
after(() => building.disposeAsync())
const scene = building.use(await openScene())
const { street, url } = scene
const disk = building.use(await openFolder())

const choose = (page: Page, name: string) =>
  page.getByLabel('Document', { exact: true }).setInputFiles({
    ...{ name, mimeType: 'application/pdf', buffer: Buffer.from(makePdf(3)) },
  })

async function jobsNamed(name: string): Promise<{ jobId: string; state: string }[]> {
  const { body } = await street.service.read('/v1/jobs')
  return (Object(body).items as { jobId: string; state: string; name: string }[]).filter((job) => job.name === name)
}

test('E1 N2 with the relay off the console opens and keeps a document, over a restart of the browser; with the relay on it is printed once', async () => {
  await street.openAgent({ id: 'lobby' })
  let before = Number.NaN
  {
    await using visit = await openKept(disk.path)
    const { page } = visit
    await setUp(scene, page)
    await page.goto(at(url, 'devices/lobby'))
    await page.getByRole('button', { name: 'Print a document' }).waitFor()
    await page.waitForFunction(async () => {
      const files = (await (await fetch('/console/files')).json()) as { files: string[] }
      const kept = await (await caches.open('fairlead-console')).keys()
      return kept.length === files.files.length + 1 && navigator.serviceWorker.controller !== null
    })

    before = await pagesOf(street, 'lobby')
    await street.relay().kill()
    await page.reload()
    await page.getByRole('heading', { name: 'No connection to the relay' }).waitFor()
    await page.getByText(/checked against what the device told/).waitFor()
    await choose(page, 'kept.pdf')
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(violations, [])
    await page
      .getByLabel(/How long|wait/)
      .first()
      .selectOption('0')
    await page.getByText('No connection: nothing can be printed at once.').waitFor()
    await page
      .getByLabel(/How long|wait/)
      .first()
      .selectOption('86400')
    await page.getByRole('button', { name: 'Keep it and print it later' }).click()
    await page.getByText('Kept on this browser’s disk.').waitFor()
    assert.deepEqual(visit.troubles, [])
  }

  await using visit = await openKept(disk.path)
  const { page } = visit
  await page.goto(`${url}/console/`)
  await page.getByText('Waiting in this browser').waitFor()
  await page.getByText('kept.pdf').waitFor()
  await street.restartRelay('SIGKILL')
  const [job, ...others] = await until('it is at the relay', async () => {
    const found = await jobsNamed('kept.pdf')
    return found.length > 0 && found
  })
  assert.deepEqual(others, [])
  await untilJob(street, job?.jobId ?? '', 'done')
  assert.equal(await pagesOf(street, 'lobby'), before + 3)
  await page.getByRole('heading', { name: 'Devices' }).waitFor()
  await page.goto(at(url, 'jobs'))
  await page.locator('.job').filter({ hasText: 'kept.pdf' }).getByText('Printed').waitFor()
  assert.equal(await page.getByText('Waiting in this browser').count(), 0)
})

test('E1 a device that has changed meanwhile: its sender is asked, and who signs out is told what is given up', async () => {
  await street.enrol('hall')
  const { secret } = Object((await street.service.post('/v1/devices/hall/rotate', {})).body)
  const register = async (sides: string[]) => {
    const { status } = await fetch(`${street.url}/device/v1/register`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`hall:${secret}`).toString('base64')}` },
      body: JSON.stringify({ capabilities: { printing: { formats: ['application/pdf'], sides } } }),
    })
    assert.equal(status, 200)
  }
  await register(['one-sided', 'two-sided-long-edge'])
  await using visit = await openKept(disk.path)
  const { page, context } = visit
  await page.goto(at(url, 'devices/hall'))
  await page.getByRole('button', { name: 'Print a document' }).click()
  for (const name of ['asked.pdf', 'given-up.pdf']) {
    await choose(page, name)
    await page.getByLabel('Sides').selectOption('two-sided-long-edge')
    await context.setOffline(true)
    await page.getByRole('button', { name: /^(Print|Keep it and print it later)$/ }).click()
    await page.getByText('Kept on this browser’s disk.').waitFor()
    await page.getByRole('button', { name: 'Print another one' }).click()
  }
  await register(['one-sided'])
  await context.setOffline(false)
  await page.goto(at(url, 'jobs'))
  const asked = page.locator('.job').filter({ hasText: 'asked.pdf' })
  await asked.getByText('The device has changed since this was checked:').waitFor()
  assert.deepEqual(await jobsNamed('asked.pdf'), [])
  await asked.getByRole('button', { name: 'Print it as the device can' }).click()
  await until('it is at the relay', async () => (await jobsNamed('asked.pdf')).length === 1)

  await page.goto(at(url, 'you'))
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('One document waits in this browser').waitFor()
  await page.getByRole('button', { name: 'Sign out and give up' }).click()
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  const left = await page.evaluate(async () => {
    const open = indexedDB.open('fairlead')
    await new Promise((resolve) => {
      open.onsuccess = resolve
    })
    const stores = [...open.result.objectStoreNames]
    const transaction = open.result.transaction(stores)
    const counts = stores.map((name) => transaction.objectStore(name).count())
    await new Promise((resolve) => {
      transaction.oncomplete = resolve
    })
    return counts.map(({ result }) => result)
  })
  assert.deepEqual(left, [0, 0, 0])
})
