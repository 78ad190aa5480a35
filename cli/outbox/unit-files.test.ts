/** The units by which systemd sends the outbox, as systemd itself reads them. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openFolder } from '../../testkit/folder.ts'
import { startProcess } from '../../testkit/process.ts'
import { unitFiles } from './unit-files.ts'

test('E1 systemd finds nothing wrong with the units of the outbox', async () => {
  await using folder = await openFolder()
  const files = unitFiles('/home/a 100% user/.local/state/fairlead/outbox', [
    process.execPath,
    '/opt/fair lead/main.mjs',
    'outbox',
    'send',
  ])
  const paths = Object.keys(files).map((file) => join(folder.path, file))
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder.path, file), text)
  await using verify = await startProcess('systemd-analyze', ['verify', '--man=no', ...paths])
  const { code } = await verify.exited
  const { stderr } = verify.output()
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stderr, /fairlead-outbox/)
})
