/** R-15 nodes are replaced by newer ones, one after the other and over two schema versions, while everything goes on. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { allMigrations } from '../relay/database/migrations/migrations.ts'
import { startable } from '../tools/build.mjs'
import { type Cluster, openCluster, openClusterServers } from './cluster.ts'
import { askAgainAndAgain, openFleet } from './fleet.ts'
import { type Start, startHouseFile, startProcess } from './process.ts'
import { until } from './until.ts'

const servers = await openClusterServers()
after(() => servers[Symbol.asyncDispose]())

const today = allMigrations.length
const laterSchema = fileURLToPath(new URL('later-schema.ts', import.meta.url))

/** What `node --import` makes of today's program: one that knows two schema versions more. It starts from the sources: nothing can be put into what is built. */
const startNewer: Start = (command, args, options) => {
  const fromSources = args.map((word) => word.replace(startable('cli/main.ts'), 'cli/main.ts'))
  return startProcess(command, ['--import', laterSchema, ...fromSources], options)
}

async function openUpgradable() {
  const newer = new Set<number>()
  const cluster = await openCluster({
    servers,
    place: async (at) => ({ start: (...given) => (newer.has(at) ? startNewer : startProcess)(...given) }),
  })
  return {
    ...cluster,
    /** Ends the node with this number, from 0, and starts it with the newer program, or again with today's. */
    async replace(at: number, program: 'newer' | 'today'): Promise<void> {
      await cluster.nodes[at]?.stop('SIGTERM')
      if (program === 'newer') newer.add(at)
      else newer.delete(at)
      await cluster.nodes[at]?.start()
    },
  }
}

async function schemaOf({ databaseUrl }: Cluster): Promise<number> {
  const [row] = await servers.postgres.run('select version from schema_version', databaseUrl)
  return Number(row?.['version'])
}

async function knownByNodes({ databaseUrl }: Cluster): Promise<number[]> {
  const rows = await servers.postgres.run("select schema from node where state <> 'dead' order by schema", databaseUrl)
  return rows.map(({ schema }) => Number(schema))
}

const logOf = (cluster: Cluster, at: number) => cluster.nodes[at]?.process().output().stderr ?? ''

async function migrate(cluster: Cluster, words: readonly string[], start: Start) {
  await using running = await startHouseFile(
    'cli/main.ts',
    ['migrate', ...words, '--database-url', cluster.databaseUrl, '--data', cluster.nodes[0]?.data ?? ''],
    {},
    start,
  )
  const { code } = await running.exited
  return { code, ...running.output() }
}

const devicesInAll = 20

test('R-15 three nodes are replaced over two schema versions under load: no request fails, and nobody logs in anew', async () => {
  await using cluster = await openUpgradable()
  await using fleet = await openFleet(cluster, devicesInAll)
  const before = fleet.logIns()
  await using asking = askAgainAndAgain(fleet)
  await asking.more(100)
  assert.deepEqual(await knownByNodes(cluster), [today, today, today])

  await cluster.replace(0, 'newer')
  await asking.more(100)
  assert.equal(await schemaOf(cluster), today + 1, 'what only adds is done at once')
  const waits = new RegExp(
    `Schema version ${today + 2} waits for nodes that know nothing newer than ${today + 1}: replace .* \\(knows ${today}\\), .* \\(knows ${today}\\);`,
  )
  assert.match(logOf(cluster, 0), waits)
  const told = await migrate(cluster, ['--check'], startNewer)
  assert.deepEqual([told.code, told.stderr], [0, ''])
  assert.match(told.stdout, waits)

  // In the middle: one of today's programs is started anew, and the newer one is taken back and comes again.
  await cluster.replace(1, 'today')
  await asking.more(100)
  await cluster.replace(0, 'today')
  await asking.more(100)
  assert.match(logOf(cluster, 0), /"event":"database.newer"/)
  assert.deepEqual(await knownByNodes(cluster), [today, today, today])

  for (const at of [0, 1]) {
    await cluster.replace(at, 'newer')
    await asking.more(100)
    assert.equal(await schemaOf(cluster), today + 1, 'while an older node runs nothing is taken away')
  }
  await cluster.replace(2, 'newer')
  await asking.more(100)
  assert.equal(await schemaOf(cluster), today + 2)
  assert.deepEqual(await knownByNodes(cluster), [today + 2, today + 2, today + 2])

  const failed = await asking.failed()
  assert.deepEqual(
    failed,
    new Map(),
    `of ${asking.answers.length} answers; the balancer: ${await cluster.complaints()}`,
  )
  assert.equal(fleet.logIns(), before, 'nobody logs in anew')
  const backups = cluster.nodes.flatMap(({ data }) => readdirSync(data).filter((name) => name.startsWith('backup-')))
  const versions = backups
    .map((name) => Number(/^backup-schema-(\d+)-/.exec(name)?.[1]))
    .sort((one, other) => one - other)
  assert.deepEqual(versions, [today, today + 1])

  await assert.rejects(
    cluster.replace(2, 'today'),
    new RegExp(
      `The database has schema version ${today + 2}, for programs that know ${today + 2}, but this program knows only versions up to ${today}: start the newer`,
    ),
  )
})

test('R-15 the last older node dies: what was to wait for it is done by fairlead migrate, while the newer ones run', async () => {
  await using cluster = await openUpgradable()
  for (const at of [0, 1]) await cluster.replace(at, 'newer')
  await cluster.nodes[2]?.stop('SIGKILL')
  await until('the others have buried it', async () => (await knownByNodes(cluster)).length === 2, 60_000)
  assert.equal(await schemaOf(cluster), today + 1)
  const { code, stdout } = await migrate(cluster, [], startNewer)
  assert.deepEqual(
    [code, stdout],
    [
      0,
      `The record was brought from schema version ${today + 1} to ${today + 2}. The backup from before is in the data folder.\n`,
    ],
  )
  for (const node of cluster.nodes.slice(0, 2)) assert.equal((await fetch(`${node.url}/readyz`)).status, 200)
})
