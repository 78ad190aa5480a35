/** The console as the door serves it: what is told of each file, who may do what with it, and where it stands. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Folder, openFolder } from '../../testkit/folder.ts'
import { openTestDoor, say } from './test-door.ts'

const html = { accept: 'text/html,application/xhtml+xml' }

async function openBuilt(): Promise<Folder> {
  const folder = await openFolder()
  await mkdir(join(folder.path, 'assets'))
  const files = { 'index.html': '<p>', 'assets/a-1.js': 'js', 'assets/a-1.js.br': 'BR', 'assets/a-1.js.gz': 'GZ' }
  for (const [name, text] of Object.entries({
    ...files,
    'assets/b-2.css': 'css',
    'assets/c-3.svg': '<svg/>',
    'built-from': 'x',
  }))
    await writeFile(join(folder.path, name), text)
  return folder
}

test('S-W4 the page and its files run nothing but themselves, and hashed ones are kept for ever', async () => {
  await using folder = await openBuilt()
  await using relay = await openTestDoor({ needs: { consoleFolder: folder.path } })
  const page = await relay.fetch('/console/')
  assert.deepEqual([page.status, await page.text()], [200, '<p>'])
  const policy = page.headers.get('content-security-policy') ?? ''
  const rules = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
  ]
  rules.push(
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    'trusted-types worker',
  )
  for (const rule of rules) assert.ok(policy.split('; ').includes(rule), rule)
  assert.doesNotMatch(policy, /unsafe|https?:|\*/)
  assert.equal(page.headers.get('cache-control'), 'no-store')
  const types = {
    'a-1.js': 'text/javascript; charset=utf-8',
    'b-2.css': 'text/css; charset=utf-8',
    'c-3.svg': 'image/svg+xml; charset=utf-8',
  }
  for (const [name, type] of Object.entries(types)) {
    const { headers, status } = await relay.fetch(`/console/assets/${name}`)
    assert.deepEqual([status, headers.get('content-type')], [200, type])
    assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('content-security-policy'), policy)
  }
})

test('E1 a browser that keeps the console is told of its files, and asks for its worker by name', async () => {
  await using folder = await openBuilt()
  for (const name of ['worker.js', 'manifest.webmanifest']) await writeFile(join(folder.path, name), name)
  await using relay = await openTestDoor({ needs: { consoleFolder: folder.path } })
  const { files } = (await (await relay.fetch('/console/files')).json()) as { files: string[] }
  assert.deepEqual(files, ['manifest.webmanifest', 'assets/a-1.js', 'assets/b-2.css', 'assets/c-3.svg'])
  const worker = await relay.fetch('/console/worker.js')
  assert.equal(await worker.text(), 'worker.js')
  // Kept for ever, nobody would ever get another one.
  assert.equal(worker.headers.get('cache-control'), 'no-store')
})

test('a file comes as it was compressed ahead of time, the best that the browser takes', async () => {
  await using folder = await openBuilt()
  await using relay = await openTestDoor({ needs: { consoleFolder: folder.path } })
  const bodyFor = async (encodings: string) => {
    const head = `GET /console/assets/a-1.js HTTP/1.1\r\nhost: a\r\naccept-encoding: ${encodings}\r\nconnection: close\r\n\r\n`
    const answer = await say(relay.door.port, head)
    return [/content-encoding: (\w+)/i.exec(answer)?.[1], answer.split('\r\n\r\n')[1]]
  }
  assert.deepEqual(await bodyFor('gzip, deflate, br'), ['br', 'BR'])
  assert.deepEqual(await bodyFor('gzip'), ['gzip', 'GZ'])
  assert.deepEqual(await bodyFor('identity'), [undefined, 'js'])
  assert.match((await relay.fetch('/console/assets/a-1.js')).headers.get('vary') ?? '', /accept-encoding/i)
})

test('S-W3 only files of the console are served, by their names alone', async () => {
  await using folder = await openBuilt()
  await using relay = await openTestDoor({ needs: { consoleFolder: folder.path } })
  const elsewhere = [
    'assets/nothing.js',
    'assets/a-1.js.br',
    'built-from',
    'index.html',
    'assets/',
    'assets/..%2fbuilt-from',
  ]
  for (const path of [...elsewhere, 'assets/__proto__'])
    assert.equal((await relay.fetch(`/console/${path}`)).status, 404, path)
  assert.match(await relay.say('GET /console/assets/../built-from HTTP/1.1\r\nhost: a\r\n\r\n', /404/), /404/)
})

test('a browser at the root goes on to the console, a program is told that nothing is there', async () => {
  await using relay = await openTestDoor()
  for (const path of ['/', '/console']) {
    const { status, headers } = await relay.fetch(path, { headers: html })
    assert.deepEqual([status, headers.get('location')], [302, '/console/'], path)
  }
  const program = await relay.fetch('/')
  assert.equal(program.status, 404)
  assert.match(program.headers.get('content-type') ?? '', /problem\+json/)
})

test('a console that was not built says in one sentence how to build it', async () => {
  await using folder = await openFolder()
  await using relay = await openTestDoor({ needs: { consoleFolder: folder.path } })
  const answer = await relay.fetch('/console/')
  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /^The console has not been built: run `npm run build`.*\n$/)
})

test('with --admin-listen the console is there only, with the API that it calls and without the door of devices', async () => {
  await using folder = await openBuilt()
  const config = { adminListen: { host: '127.0.0.1', port: 0 } }
  await using relay = await openTestDoor({ config, needs: { consoleFolder: folder.path } })
  for (const path of ['/', '/console/', '/console/assets/a-1.js'])
    assert.equal((await relay.fetch(path, { headers: html })).status, 404, path)
  const admin = `http://127.0.0.1:${relay.door.adminPort}`
  assert.equal((await fetch(`${admin}/`, { headers: html })).status, 200)
  assert.equal((await fetch(`${admin}/console/assets/a-1.js`)).status, 200)
  assert.equal((await fetch(`${admin}/v1/openapi.json`)).status, 200)
  assert.equal((await fetch(`${admin}/device/v1/register`, { method: 'POST', body: '{}' })).status, 404)
})

test('N2 the console that is built beside this relay loads at most 60 KB of script, compressed', async () => {
  await using relay = await openTestDoor()
  const page = await (await relay.fetch('/console/')).text()
  const scripts = [...page.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+\.js)"/g)].map(([, path]) => path)
  assert.ok(scripts.length > 0, page)
  let bytes = 0
  for (const path of scripts) {
    const head = `GET /console/${path} HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n`
    bytes += Number(/content-length: (\d+)/i.exec(await say(relay.door.port, head))?.[1])
  }
  assert.ok(bytes > 0 && bytes <= 60_000, `${bytes} bytes`)
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/i, 'nothing stands inline')
})
