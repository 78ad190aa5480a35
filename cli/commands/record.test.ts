/** `fairlead migrate`, `export` and `import`, as people and scripts run them. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { allMigrations } from '../../relay/database/migrations/migrations.ts'
import { carriedTables } from '../../relay/database/transfer/carried.ts'
import { openFolder } from '../../testkit/folder.ts'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { startPostgres } from '../../testkit/postgres.ts'
import { cliFor, runAtTerminal, runCli } from '../for-tests.ts'

const schema = allMigrations.length
const tables = carriedTables.length

test('a record is made, told about, moved to PostgreSQL and back, and refused where there is one', async () => {
  await using folder = await openFolder()
  await using server = await startPostgres()
  const url = await server.newDatabase()
  const at = (name: string) => join(folder.path, name)
  const sqlite = ['--data', at('data')]
  const postgres = ['--data', at('other'), '--database-url', url]

  const check = await runCli(['migrate', '--check', ...sqlite])
  assert.deepEqual([check.code, check.stderr], [0, ''])
  assert.match(check.stdout, new RegExp(`^There is no record: it would be made, with schema version ${schema}\\.\\n$`))
  assert.equal(existsSync(at('data')), false)
  assert.match(
    (await runCli(['migrate', ...sqlite])).stdout,
    new RegExp(`^The record was made, with schema version ${schema}\\.\\n$`),
  )
  assert.match((await runCli(['migrate', ...sqlite])).stdout, /: there is nothing to do\.\n$/)
  assert.deepEqual(JSON.parse((await runCli(['migrate', '--check', '--json', ...postgres])).stdout), {
    from: 0,
    to: schema,
    check: true,
  })

  const exported = await runCli(['export', at('a.gz'), '--json', ...sqlite])
  assert.deepEqual([exported.code, exported.stderr], [0, ''])
  const imported = await runCli(['import', at('a.gz'), '--json'], {
    environment: { FAIRLEAD_DATABASE_URL: url, FAIRLEAD_DATA: at('other') },
  })
  assert.deepEqual(imported, exported)
  const piped = await runCli(['export', '-', ...postgres])
  assert.deepEqual(
    [piped.code, piped.stderr],
    [0, `Exported 2 rows of ${tables} tables (schema version ${schema}), 0 devices among them.\n`],
  )
  const back = await runCli(['import', '-', '--json', '--data', at('back')], { input: piped.stdout })
  assert.deepEqual(back, exported)
})

test('a running relay is exported from, and keeps others from importing; both are told in one sentence', async () => {
  await using street = await openNeighbourhood()
  const run = cliFor(street)
  await run(['devices', 'add', 'one'])
  await using folder = await openFolder()
  const file = join(folder.path, 'a.jsonl')
  const exported = await run(['export', file, '--data', street.data])
  assert.deepEqual([exported.code, exported.stderr], [0, ''])
  assert.match(
    exported.stdout,
    new RegExp(`^Exported \\d+ rows of ${tables} tables \\(schema version ${schema}\\), 1 devices among them\\.\\n$`),
  )
  assert.ok(!readFileSync(file, 'utf8').includes(street.adminKey))
  for (const [args, pattern] of [
    [['import', file, '--data', street.data], /^The data folder .* is in use by process \d+: stop it first\.\n$/],
    [['export', file, '--data', street.data], /^There is a file .* already: name another\.\n$/],
    [
      ['export', '-', '--data', join(folder.path, 'none')],
      /^There is no database in .*none: name its folder with --data\.\n$/,
    ],
    [['import', join(folder.path, 'none'), '--data', folder.path], /^.*none cannot be read \(ENOENT.*\)\.\n$/],
  ] as const) {
    const { code, stdout, stderr } = await run(args)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, pattern)
  }
  const wrong = await run(['migrate', '--database-url', 'mysql://u:canary@h/d'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /^--database-url must look like/)
  assert.ok(!wrong.stderr.includes('canary'))
})

test('at a terminal the end is told; help names what may be given', async () => {
  await using folder = await openFolder()
  await runCli(['migrate', '--data', folder.path])
  const { code, stdout } = await runAtTerminal(['export', join(folder.path, 'a.jsonl'), '--data', folder.path])
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`^Exported 2 rows of ${tables} tables`))
  for (const command of ['migrate', 'export', 'import']) {
    const help = await runCli([command, '--help'])
    assert.deepEqual([help.code, help.stderr], [0, ''])
    for (const option of ['--data', '--database-url', '--json']) assert.ok(help.stdout.includes(option), command)
  }
})
