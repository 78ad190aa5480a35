/** N2 M1 E1: a document is sent from the page of a device, followed page by page, held, cancelled, and refused in words; before a real relay and agents. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { ipp } from '@fairlead/protocol/ipp'
import type { Page } from 'playwright-core'
import { makePdf } from '../testkit/documents.ts'
import { joinByHand } from '../testkit/hand-device.ts'
import { invite } from '../testkit/person.ts'
import { createPrintClient } from '../testkit/print-client.ts'
import { findJob, mustSendJob, untilJob } from '../testkit/print-jobs.ts'
import { until } from '../testkit/until.ts'
import { at, openScene, owner, phone, setUp, signedIn } from './for-tests.ts'

const building = new AsyncDisposableStack()
after(() => building.disposeAsync())
const scene = building.use(await openScene())
const { street, url } = scene
const { service } = street

const pdf = (name: string, pages: number, padBytes = 0) => ({
  ...{ name, mimeType: 'application/pdf', buffer: Buffer.from(makePdf(pages, padBytes)) },
})
const formOf = (page: Page) => page.locator('form.print')
const choose = (page: Page, file: ReturnType<typeof pdf>) =>
  page.getByLabel('Document', { exact: true }).setInputFiles(file)
const print = (page: Page) => formOf(page).getByRole('button', { name: 'Print', exact: true })
const jobIn = (page: Page, name: string) => page.locator('.job').filter({ hasText: name })

/** As from another window. */
async function drop(page: Page, name: string, document: Uint8Array): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([called, bytes]) => {
      const files = new DataTransfer()
      files.items.add(new File([Uint8Array.from(bytes)], called, { type: 'application/pdf' }))
      return files
    },
    [name, [...document]] as const,
  )
  await page.locator('.drop').dispatchEvent('drop', { dataTransfer })
}

/** @returns its ID */
async function followSent(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'Follow it' }).click()
  await page.getByRole('heading', { name: 'Its life' }).waitFor()
  return decodeURIComponent(page.url().split('/').at(-1) ?? '')
}

test('N2 M1 a document is chosen, checked, sent and followed until all its pages are out, without a reload', async () => {
  await using visit = await scene.open()
  const { page, troubles } = visit
  await setUp(scene, page)
  signedIn.state = await visit.context.storageState()
  await street.openAgent({ id: 'lobby', driver: 'virtual?secondsPerPage=1.5' })

  await page.getByRole('link', { name: 'Jobs' }).click()
  await page.getByText('No document has been sent yet.').waitFor()
  await page.getByText('fairlead print FILE --to ID').waitFor()
  await page.goto(at(url, 'devices/lobby'))
  await page.getByRole('button', { name: 'Print a document' }).click()
  await page.getByText(/This device takes PDF/).waitFor()

  await choose(page, { ...pdf('letter.zip', 1), mimeType: 'application/zip' })
  await page.getByRole('alert').getByText('The device does not take application/zip.').waitFor()
  assert.ok(await print(page).isDisabled())
  await choose(page, { ...pdf('letter.pdf', 1), buffer: Buffer.from('Dear Sir') })
  await page.getByText('The device is online: it goes at once.').waitFor()
  await print(page).click()
  await page.getByRole('alert').getByText('The document is not application/pdf').waitFor()

  await choose(page, pdf('report <b>.pdf', 3))
  await page.getByLabel('Pages', { exact: true }).fill('3-1')
  await page.getByText('Type pages as 1-3,7,9-').waitFor()
  assert.ok(await print(page).isDisabled())
  await page.getByLabel('Pages', { exact: true }).fill('1-2')
  await page.getByLabel('Copies').fill('2')
  await page.getByLabel('Sides').selectOption('two-sided-long-edge')
  await print(page).click()
  await page.getByText('It is at the relay, on disk.').waitFor()
  await page.evaluate(() => Reflect.set(globalThis, 'isSamePage', true))
  const jobId = await followSent(page)
  const now = page.locator('.job-now')
  await now.getByText('Printing', { exact: true }).waitFor()
  await now.getByText(/[1-3] pages? out/).waitFor()
  await now.getByText('Printed', { exact: true }).waitFor()
  await now.getByText('4 pages out').waitFor()
  assert.deepEqual(await page.locator('.life li > span').allInnerTexts(), [
    ...['Waiting for the device', 'The device is told', 'Taken by the device', 'The device has the document'],
    ...['Printing', 'Printed'],
  ])
  assert.equal(await page.locator('.life time[datetime]').count(), 6)
  assert.deepEqual(Object((await service.read(`/v1/jobs/${jobId}`)).body).ticket, {
    ...{ copies: 2, pages: '1-2', sides: 'two-sided-long-edge' },
  })
  await page.getByRole('link', { name: 'All jobs' }).click()
  await jobIn(page, 'report <b>.pdf').getByText('Printed').waitFor()
  await mustSendJob(street, 'lobby', makePdf(1), 'name=second.pdf')
  await jobIn(page, 'second.pdf').getByText('Printed').waitFor()
  await page.getByRole('link', { name: 'Open' }).click()
  await page.getByText('No job is like that.').waitFor()
  await page.getByRole('link', { name: 'Ended' }).click()
  await page.getByLabel('ID of the device').fill('nobody')
  await page.getByText('No job is like that.').waitFor()
  await page.getByLabel('ID of the device').fill('lobby')
  await jobIn(page, 'report <b>.pdf').waitFor()
  assert.equal(await page.evaluate(() => Reflect.get(globalThis, 'isSamePage')), true)
  assert.deepEqual(troubles, [])
})

test('N2 E1 a job for a device that is away waits, is held, released, given another priority and cancelled; one that goes now or never is not offered', async () => {
  await street.enrol('cellar')
  await using visit = await scene.open()
  const { page, troubles } = visit
  await page.goto(at(url, 'devices/cellar'))
  await page.getByText('No document has been sent to this device.').waitFor()
  await page.getByRole('button', { name: 'Print a document' }).click()
  await page.getByText('This device has not told what it can print.').waitFor()
  await drop(page, 'later.pdf', makePdf(1))
  await page.getByText('The job waits at the relay and goes as soon as the device is back.').waitFor()
  await page.getByLabel('How long it may wait').selectOption('now or not at all')
  await page.getByText('now or not at all would be refused').waitFor()
  assert.ok(await print(page).isDisabled())
  await page.getByLabel('How long it may wait').selectOption('a week')
  await page.getByText('More choices').click()
  await page.getByLabel('Hold it until I release it').check()
  await print(page).click()
  const jobId = await followSent(page)
  await page.locator('.job-now').getByText('Held', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Release' }).click()
  await page.locator('.job-now').getByText('Waiting for the device').waitFor()
  await page.getByText(/If the device has not taken it by/).waitFor()
  await page.getByLabel('Priority').selectOption('80')
  await until(
    'it has another priority',
    async () => Object((await service.read(`/v1/jobs/${jobId}`)).body).priority === 80,
  )
  await page.getByRole('button', { name: 'Hold' }).click()
  await page.getByText('It waits until somebody releases it.').waitFor()
  await page.getByRole('button', { name: 'Cancel this job' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('nothing will come out, that is sure').waitFor()
  await dialog.getByRole('button', { name: 'Cancel this job' }).click()
  await page.locator('.job-now').getByText('Cancelled', { exact: true }).waitFor()
  assert.equal((await findJob(street, jobId)).state, 'cancelled')
  assert.equal(await page.getByRole('button', { name: 'Cancel this job' }).count(), 0)
  assert.deepEqual(troubles, [])
})

test('N2 M1 a large document goes in parts, is seen on its way, and stopped; what is printing is asked to stop', async () => {
  await using visit = await scene.open()
  const { page, troubles, context } = visit
  await page.goto(at(url, 'devices/lobby'))
  await page.getByRole('button', { name: 'Print a document' }).click()
  const line = await context.newCDPSession(page)
  const slow = (uploadThroughput: number) =>
    line.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput },
    })
  await choose(page, pdf('large.pdf', 40, 9_000_000))
  await slow(3_000_000)
  await print(page).click()
  await page.getByText(/^4.2 MB of 9 MB sent$/).waitFor()
  await page.getByRole('button', { name: 'Stop sending' }).click()
  await page.getByText('Stopped.').waitFor()
  assert.equal(await jobIn(page, 'large.pdf').count(), 0)
  await slow(-1)
  await print(page).click()
  const jobId = await followSent(page)
  await page.locator('.job-now').getByText('Printing', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Cancel this job' }).click()
  await page.getByRole('dialog').getByText('Pages that are under way still come out').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel this job' }).click()
  await page.locator('.job-now').getByText('Cancelled', { exact: true }).waitFor()
  await untilJob(street, jobId, 'cancelled')
  assert.deepEqual(troubles, [])
})

test('N2 E1 a job that its device cannot do, as it turns out, waits for a word: what has changed is said, and asked about', async () => {
  const { secret } = await street.enrol('attic')
  const jobId = await mustSendJob(street, 'attic', makePdf(1), 'name=plan.pdf&media=iso_a3_297x420mm')
  await using visit = await scene.open()
  const { page, troubles } = visit
  await page.goto(at(url, `jobs/${jobId}`))
  await page.locator('.job-now').getByText('Waiting for the device').waitFor()
  await street.openAgent({ id: 'attic', secret })
  await page.locator('.job-now').getByText('Waits for your word').waitFor()
  await page.locator('.job-now').getByText('The device has no iso_a3_297x420mm').waitFor()
  await page.getByRole('button', { name: 'Print it all the same' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('The device has no iso_a3_297x420mm').waitFor()
  await dialog.getByRole('button', { name: 'Print it all the same' }).click()
  await page.locator('.job-now').getByText('Printed', { exact: true }).waitFor()
  assert.deepEqual(troubles, [])
})

/** As a device says that it does not know how it ended. */
async function leaveUnknown(id: string, name: string): Promise<string> {
  await using device = await joinByHand(street, id)
  device.serve(({ request }) => ({ result: { recorded: request.arguments?.['jobIds'] ?? [] } }))
  const jobId = await mustSendJob(street, id, makePdf(10), `name=${name}`)
  await untilJob(street, jobId, 'received')
  const at = new Date().toISOString()
  const states = ['fetched', 'executing', 'unknown'].map((state) => ({ state, at }))
  await device.call(`/device/v1/jobs/${jobId}`, { states, pagesDone: 3, reason: 'The printer has been off.' })
  return jobId
}

test('N2 M1 a job that nobody knows the end of is printed from the page behind the last sure one, after a word of what may come out twice', async () => {
  const first = await leaveUnknown('porch', 'report.pdf')
  await using visit = await scene.open()
  const { page, troubles } = visit
  await page.goto(at(url, `jobs/${first}`))
  await page.getByText(/3 pages came out for sure. The relay keeps the document until/).waitFor()
  await page.getByRole('button', { name: 'Print from page 4' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Perhaps later pages came out as well.').waitFor()
  await dialog.getByRole('button', { name: 'Not now' }).click()
  assert.equal(Object((await service.read(`/v1/jobs/${first}`)).body).againAs, undefined)
  await page.getByRole('button', { name: 'Print from page 4' }).click()
  await dialog.getByRole('button', { name: 'Print from page 4' }).click()
  await page.getByText('Waiting for the device').first().waitFor()
  await page.locator('.facts').getByText('4-', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'It prints an earlier job again' }).click()
  await page.getByRole('link', { name: 'It has been printed again' }).waitFor()
  await page.getByRole('button', { name: 'Print again' }).click()
  await dialog.getByText('It has been printed again already.').waitFor()
  assert.deepEqual(troubles, [])
})

test('N2 who may only look sees jobs and changes none', async () => {
  const { person } = await invite(street.publicUrl, service, { email: 'vic@example.com', role: 'viewer' })
  const [name = '', value = ''] = (person.cookie() ?? '').split('=')
  const cookie = { name, value, domain: 'localhost', path: '/', secure: true, expires: -1 }
  await using visit = await scene.open({
    storageState: { cookies: [{ ...cookie, httpOnly: true, sameSite: 'Lax' }], origins: [] },
  })
  const { page, troubles } = visit
  const jobId = await mustSendJob(street, 'cellar', makePdf(1), 'name=seen.pdf&hold=true')
  await page.goto(at(url, 'devices/cellar'))
  await jobIn(page, 'seen.pdf').getByText('Held').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Print a document' }).count(), 0)
  await page.goto(at(url, `jobs/${jobId}`))
  await page.getByText('Your role may look at jobs').waitFor()
  assert.equal(await page.locator('main button').count(), 0)
  await page.goto(at(url, 'jobs/none'))
  await page.getByText('There is no such job in your account.').waitFor()
  assert.deepEqual(troubles, [])
})

for (const how of [{}, { ...phone, colorScheme: 'dark', locale: 'ja' }] as const)
  test(`N2 everybody can read jobs, ${'locale' in how ? 'dark, in Japanese, on a phone' : 'light, in English'}`, async () => {
    const unknown = await leaveUnknown('locale' in how ? 'porch-ja' : 'porch-en', `${'long-'.repeat(20)}.pdf`)
    const jobId = await mustSendJob(street, 'cellar', makePdf(1), `name=${'long-'.repeat(20)}.pdf&hold=true`)
    await using visit = await scene.open({ ...how, bypassCSP: true })
    const { page } = visit
    for (const path of ['jobs', `jobs/${jobId}`, `jobs/${unknown}`, 'devices/lobby']) {
      await page.goto(at(url, path))
      await page.locator('.job:visible, .life:visible').first().waitFor()
      await until('all is read', async () => (await page.locator('[aria-busy=true]').count()) === 0)
      if (path === 'devices/lobby') {
        await page.locator('section[aria-labelledby=jobs] .section-head button').click()
        await page.locator('input[type=file]').setInputFiles(pdf('read.pdf', 1))
        await page.locator('form.print summary').click()
      }
      await axe(page, path)
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is not cut off`)
    }
  })

async function axe(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  assert.deepEqual(told, [], what)
}

test('N1 N2 a device’s page has its address as a printer, and the page of oneself makes the password for it and ends it', async () => {
  await using visit = await scene.open()
  const { page } = visit
  await page.goto(at(url, 'devices/lobby'))
  await page.getByText('As a printer of your computer').click()
  const uri = `ipp://localhost:${new URL(url).port}/ipp/print/lobby`
  await page.getByText(uri, { exact: true }).waitFor()
  await page.getByText(`lpadmin -p printer -E -v ${uri} -m everywhere`).waitFor()
  await page.getByRole('link', { name: 'Make an app password' }).click()
  await page.getByRole('button', { name: 'Make an app password' }).click()
  await page.getByLabel('Where it will be typed').fill('Ann’s <laptop>')
  await page.getByRole('button', { name: 'Make it' }).click()
  const password = await page.locator('code.secret').innerText()
  const { violations } = await new AxeBuilder({ page }).include('section[aria-labelledby=app-passwords]').analyze()
  assert.deepEqual(violations, [])

  const statusOfPrinting = async () => {
    const authorization = `Basic ${Buffer.from(`${owner.email}:${password}`).toString('base64')}`
    const headers = { authorization, 'content-type': 'application/ipp' }
    return (await fetch(uri.replace('ipp:', 'http:'), { method: 'POST', headers, body: '' })).status
  }
  assert.notEqual(await statusOfPrinting(), 401)
  await page.getByRole('button', { name: 'I have typed it' }).click()
  await page.getByRole('button', { name: 'End Ann’s <laptop>' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End', exact: true }).click()
  await page.locator('section[aria-labelledby=app-passwords]').getByText('There is none yet.').waitFor()
  assert.equal(await statusOfPrinting(), 401)
})

test('N1 N2 the page of a device that an IPP proxy serves says so beside its being offline, and since when', async () => {
  const { secret } = await street.enrol('annex')
  const proxy = createPrintClient(street.url, 'annex', `annex:${secret}`)
  const operation = { 'output-device-uuid': ipp.uri('urn:uuid:0e3a2f60-1c1d-4d7e-9f70-5a8f6f0e9b11') }
  await proxy.must('Update-Output-Device-Attributes', { operation })
  await using visit = await scene.open()
  const { page } = visit
  await page.goto(at(url, 'devices/annex'))
  await page.getByText('IPP proxy, last heard', { exact: true }).waitFor()
  await page.getByText(/It has an IPP proxy, which fetches jobs for it/).waitFor()
  assert.equal(await page.getByText(/Start its agent/).count(), 0, 'it needs none')
  const { violations } = await new AxeBuilder({ page }).include('.evidence').analyze()
  assert.deepEqual(violations, [])
  assert.deepEqual(visit.troubles, [])
})
