/** Two nodes that start together on an empty record agree on its admin key and its secrets. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createHandClock, silentLog, systemRandom } from '@fairlead/base'
import { openDatabase } from '../database/database.ts'
import { postgresPlace, temporaryFolder } from '../database/for-tests.ts'
import { keptSecret } from '../database/kept-secret.ts'
import { openAccounts } from './accounts.ts'

test('one admin key counts, and lies in the folder of the node that made it alone', async () => {
  for (let round = 0; round < 5; round++) {
    using place = await postgresPlace()
    await using opening = new AsyncDisposableStack()
    const nodes = await Promise.all(
      [1, 2, 3].map(async () => {
        const dataFolder = opening.use(temporaryFolder()).path
        const database = opening.use(await openDatabase({ folder: dataFolder, url: place.url }))
        const common = { database, clock: createHandClock(), random: systemRandom, log: silentLog }
        const accounts = opening.use(await openAccounts({ ...common, dataFolder, onKeyRevoked() {}, audit() {} }))
        return { dataFolder, accounts, secret: await keptSecret(database, systemRandom, 'a-secret') }
      }),
    )
    const made = nodes.map(({ accounts }) => accounts.adminKeyMade).filter((key) => key !== undefined)
    assert.equal(made.length, 1)
    const [key = ''] = made
    for (const { accounts, dataFolder, secret } of nodes) {
      assert.deepEqual(accounts.findCaller(key), { kind: 'admin' })
      const file = join(dataFolder, 'admin-key')
      if (accounts.adminKeyMade === undefined) assert.equal(existsSync(file), false)
      else assert.equal(readFileSync(file, 'utf8'), `${key}\n`)
      assert.deepEqual(secret, nodes[0]?.secret)
    }
  }
})
