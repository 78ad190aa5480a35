/** The program of docs/programs.md, as it stands there, is launched and run at a real relay. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openNeighbourhood } from './neighbourhood.ts'
import { findFreePort } from './ports.ts'
import { startProcess } from './process.ts'
import { callRelay } from './service.ts'
import { until } from './until.ts'

const page = readFileSync(new URL('../docs/programs.md', import.meta.url), 'utf8')

test('L1 the program of thirty lines asks, checks who calls, refuses in words, and is done', async () => {
  const [, code = ''] = /```js\n([^`]*(?:`[^`\n]+`[^`]*)*)```/.exec(page) ?? []
  const [, order = ''] = /-d '(\{.*\})'/.exec(page) ?? []
  await using street = await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.1'] })
  const { service, url } = street
  const port = await findFreePort()
  const hostUrl = `http://127.0.0.1:${port}/`
  const { body } = await service.post('/v1/programs', { ...JSON.parse(order), url: hostUrl })
  const environment = { SECRET: Object(body).secret, PORT: String(port) }
  await using program = await startProcess(process.execPath, ['--input-type=module', '-e', code], { environment })
  await until('it is ready', () => program.output().stdout.includes('ready'))
  assert.equal((await fetch(hostUrl, { method: 'POST', body: '{}' })).status, 401)

  const { secret } = await street.enrol('kitchen')
  const headers = { authorization: `Basic ${Buffer.from(`kitchen:${secret}`).toString('base64')}` }
  const call = async (path: string, sent: object) => Object((await callRelay(url, 'POST', path, sent, headers)).body)
  const launch = () => call('/device/v1/launches', { program: 'coffee' })
  const tell = (launchId: string, values: object) => call(`/device/v1/launches/${launchId}/information`, { values })
  const refused = await tell((await launch()).launchId, {})
  assert.equal(refused.detail, 'Say first where this device stands: set its location.')

  const { launchId, asks } = await launch()
  assert.deepEqual(asks, ['location'])
  const values = { location: '2nd floor' }
  const { pathname } = new URL((await tell(launchId, values)).address)
  const { ask } = await call(pathname, { runId: '1', values })
  assert.deepEqual(ask.fields, [{ name: 'cups', label: 'How many cups?', type: 'number', value: '1' }])
  const { done } = await call(pathname, { runId: '1', values, answers: { cups: '3' } })
  assert.deepEqual(done, { title: '3 on their way', lines: ['To: 2nd floor'] })
})
