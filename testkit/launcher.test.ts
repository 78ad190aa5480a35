/** The launcher where it may write nothing: `/opt` under systemd's `ProtectSystem=strict`, or an image that is read only. */
import assert from 'node:assert/strict'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openFolder } from './folder.ts'
import { openMountSpace } from './soak/mount-space.ts'

const home = fileURLToPath(new URL('..', import.meta.url))

async function openReadOnly(folder: string) {
  const space = await openMountSpace()
  await space.run('mount', '--bind', folder, folder)
  await space.run('mount', '-o', 'remount,bind,ro', folder)
  return space
}

test('N6 from a folder that is read only, and complete, the relay starts', async () => {
  await using data = await openFolder()
  await using space = await openReadOnly(home)
  const words = [join(home, 'fairlead.mjs'), 'relay', '--listen', '127.0.0.1:0', '--data', data.path]
  const environment = { NODE_COMPILE_CACHE: undefined }
  await using relay = await space.start(process.execPath, words, { environment })
  const { url } = await relay.nextEvent('relay.ready', 60_000)
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  assert.deepEqual(await relay.stop(), { code: 0, signal: null })
})

test('N6 a folder that is read only, and not complete, is refused at once, in one sentence that says what to do', async () => {
  await using folder = await openFolder()
  await mkdir(join(folder.path, 'tools'))
  for (const file of [
    'fairlead.mjs',
    'package-lock.json',
    'tools/run.mjs',
    'tools/build.mjs',
    'tools/node-options.json',
  ])
    await cp(join(home, file), join(folder.path, file))
  await using space = await openReadOnly(folder.path)
  const startedAtMs = performance.now()
  await using refused = await space.start(process.execPath, [join(folder.path, 'fairlead.mjs'), '--version'])
  assert.deepEqual(await refused.exited, { code: 1, signal: null })
  assert.match(
    refused.output().stderr,
    /^The packages in \S+ are not those of this version, and nothing can be written there \(EROFS\): run \S+fairlead\.mjs --version as somebody who can, then try again\.\n$/,
  )
  assert.ok(performance.now() - startedAtMs < 60_000, 'it does not wait for an installation that nobody does')
})
