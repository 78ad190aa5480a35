/** The SDK has no dependency at run time: what a browser loads is these files alone. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { openFolder } from '../testkit/folder.ts'
import { joinByHand } from '../testkit/hand-device.ts'
import { listenOnFreePort } from '../testkit/listen.ts'
import { openNeighbourhood } from '../testkit/neighbourhood.ts'

const files = globSync('*.ts', { cwd: import.meta.dirname, exclude: ['*.test.ts'] })

/** What runs of a file once its types are gone. */
function javaScriptOf(file: string): string {
  return stripTypeScriptTypes(readFileSync(join(import.meta.dirname, file), 'utf8'))
}

test('without its types the SDK imports nothing but its own files', () => {
  assert.ok(files.includes('index.ts'))
  for (const file of files)
    for (const [, from = ''] of javaScriptOf(file).matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g))
      assert.ok(files.includes(from.replace(/^\.\//, '')), `${file} imports ${from}`)
})

test('without its types the SDK names nothing that only Node has', () => {
  for (const file of files)
    assert.doesNotMatch(javaScriptOf(file), /^(?! *(\*|\/)).*\b(process|Buffer|require)\b[.(]/m, file)
})

const page = `<!doctype html><title>waiting</title><pre></pre><script type="module">
import { createClient, RelayError } from './sdk/index.ts'
const { url, key } = Object.fromEntries(new URLSearchParams(location.search))
const relay = createClient({ url, key })
const told = {}
try {
  told.values = (await relay.get('lobby', ['model'])).values
  await relay.set('nobody', { location: 'x' }, { idempotencyKey: 'k' }).catch((error) => {
    if (!(error instanceof RelayError)) throw error
    told.refusal = [error.code, error.outcome, typeof error.requestId]
  })
  for await (const { type } of relay.events({ lastEventId: '0' })) {
    told.event = type
    break
  }
} catch (error) {
  told.error = String(error)
}
document.querySelector('pre').textContent = JSON.stringify(told)
</script>`

const servePage: RequestListener = (request, response) => {
  const file = /^\/sdk\/([a-z-]+\.ts)$/.exec(request.url ?? '')?.[1]
  if (file !== undefined && files.includes(file))
    return response.writeHead(200, { 'content-type': 'text/javascript' }).end(javaScriptOf(file))
  return response.writeHead(200, { 'content-type': 'text/html' }).end(page)
}

/** @returns what the page wrote, once Chromium has nothing left to load */
async function open(url: string): Promise<unknown> {
  await using profile = await openFolder()
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-proxy-server']
  const more = [`--user-data-dir=${profile.path}`, '--virtual-time-budget=20000', '--dump-dom', url]
  const { stdout } = await promisify(execFile)('chromium-headless-shell', [...flags, ...more], { timeout: 60_000 })
  const written = /<pre>(.*)<\/pre>/s.exec(stdout)?.[1] ?? assert.fail(stdout)
  return JSON.parse(written.replaceAll('&quot;', '"').replaceAll('&gt;', '>') || '{}')
}

test('the SDK runs in a browser, from a page of an origin that the relay allows', async () => {
  await using pages = await listenOnFreePort(createServer(servePage))
  await using street = await openNeighbourhood({ relay: ['--cors-origin', pages.url] })
  await using device = await joinByHand(street, 'lobby')
  device.serve(() => ({ values: { model: 'Hand' }, errors: {} }))
  const told = await open(`${pages.url}/?${new URLSearchParams({ url: street.url, key: street.adminKey })}`)
  assert.deepEqual(told, {
    values: { model: 'Hand' },
    refusal: ['unknown-device', 'rejected', 'string'],
    event: 'device.registered',
  })
})
