/** The data folder, where it can be made and where it cannot. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { makeDataFolder } from './data-folder.ts'
import { temporaryFolder } from './for-tests.ts'

test('the data folder and those above it are made, for the owner alone; one that is there stays', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a/b/data')
  makeDataFolder(path)
  makeDataFolder(path)
  assert.equal(statSync(path).mode & 0o777, 0o700)
})

test('a data folder that cannot be made is refused in one sentence, at once', () => {
  assert.throws(
    () => makeDataFolder('/proc/fairlead/data'),
    (error) => error instanceof Failure && /^The data folder .* cannot be made .*--data\.$/.test(error.message),
  )
})
