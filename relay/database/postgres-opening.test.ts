/** A PostgreSQL database that cannot be used is refused in one sentence that says what to do, without the password. */
import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, chownSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Failure, UsageError } from '@fairlead/base'
import { makeCertificate } from '../../testkit/certificate.ts'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { type PostgresServer, startPostgres } from '../../testkit/postgres.ts'
import { until } from '../../testkit/until.ts'
import { type Database, openDatabase } from './database.ts'
import { temporaryFolder } from './for-tests.ts'
import { allMigrations } from './migrations/migrations.ts'
import { connectPostgres } from './postgres-connection.ts'
import { readPostgresUrl } from './postgres-url.ts'

const canary = 'canary-in-the-mine'

/** @returns the one sentence that opening ends with */
async function refusalOf(url: string, kind: typeof Failure | typeof UsageError = Failure): Promise<string> {
  using folder = temporaryFolder()
  try {
    await using _database = await openDatabase({ folder: folder.path, url })
  } catch (error) {
    assert.ok(error instanceof kind, String(error))
    if (error instanceof Failure) assert.equal(error.code, 'unavailable')
    assert.ok(!error.message.includes(canary), error.message)
    assert.match(error.message, /^[^\n]+[.%)]$/)
    return error.message
  }
  throw new Error('It was opened.')
}

for (const [url, pattern] of [
  ['mysql://root@h/d', /must look like postgres:\/\/USER:PASSWORD@HOST:5432\/DATABASE/],
  ['not a url', /must look like/],
  [`postgres://u:${canary}/x@h/d`, /as %40/],
  [`postgres://u:1${canary}#x@h/d`, /must look like|as %40/],
  [`postgres://u:12?${canary}@h/d`, /as %40/],
  [`postgres://u:12/${canary}@h/d`, /as %40/],
  [`postgres://u:%zz${canary}@h/d`, /%25/],
  ['postgres://u@h/', /must name a host and a database/],
  ['postgres:///d', /must name a host and a database/],
  ['postgres://u@h/d?sslmode=maybe', /sslmode that is none of disable, require, verify-ca, verify-full/],
  ['postgres://u@h/d?sslrootcert=/nowhere/ca.pem', /sslrootcert of --database-url cannot be read: ENOENT/],
  ['postgres://u@h/d?pool=5', /parameter pool that is not known here/],
  [`postgres://u@h/d?${canary}`, /a parameter that is not known here/],
] as const)
  test(`wrong usage: ${url.replace(canary, '…')}`, async () => {
    assert.match(await refusalOf(url, UsageError), pattern)
  })

test('an unknown host', async () => {
  const sentence = await refusalOf(`postgres://u:${canary}@no-such-host.invalid/d`)
  assert.match(sentence, /^The database d at no-such-host\.invalid:5432 cannot be opened \(.*\): no such host is known/)
})

test('a port where nobody listens', async () => {
  const { port } = await (async () => {
    await using listening = await listenOnFreePort(createServer())
    return listening
  })()
  assert.match(await refusalOf(`postgres://u:${canary}@127.0.0.1:${port}/d`), /ECONNREFUSED.*: no server listens there/)
  assert.match(await refusalOf(`postgres://u:${canary}@localhost:${port}/d`), /ECONNREFUSED.*: no server listens there/)
})

test('a server that says nothing is given up after five seconds; one that hangs up at once', async () => {
  await using silent = await listenOnFreePort(createServer((socket) => socket.resume()))
  await using rude = await listenOnFreePort(createServer((socket) => socket.destroy()))
  const [slow, quick] = await Promise.all([
    refusalOf(`postgres://u:${canary}@127.0.0.1:${silent.port}/d`),
    refusalOf(`postgres://u:${canary}@127.0.0.1:${rude.port}/d`),
  ])
  assert.match(slow, /timeout expired\): nothing answers there/)
  assert.match(quick, /is it a PostgreSQL server/)
})

let server: PostgresServer
before(async () => {
  server = await startPostgres({
    settings: { max_connections: '6', superuser_reserved_connections: '2', fsync: 'on' },
    access: [
      'local all all trust',
      'hostssl all only_ssl 127.0.0.1/32 scram-sha-256',
      'host all only_ssl 127.0.0.1/32 reject',
      'host all stranger 127.0.0.1/32 trust',
      'host all all 127.0.0.1/32 scram-sha-256',
    ],
  })
  await server.run(`
    create role owner login password '${canary}';
    create role guest login password '${canary}';
    create role only_ssl login password '${canary}'`)
  await server.run('create database record owner owner')
})
after(() => server[Symbol.asyncDispose]())

const urlOf = (user: string, database = 'record', password = canary) =>
  `postgres://${user}:${password}@127.0.0.1:${server.port}/${database}`

test('a wrong password, and none', async () => {
  assert.match(
    await refusalOf(urlOf('owner', 'record', 'wrong')),
    /\(password authentication failed for user "owner"\): check user and password in --database-url\.$/,
  )
  assert.match(await refusalOf(`postgres://owner@127.0.0.1:${server.port}/record`), /the server wants a password/)
})

test('no such user', async () => {
  assert.match(await refusalOf(urlOf('stranger')), /role "stranger" does not exist\): make it with createuser/)
})

test('no such database', async () => {
  assert.match(await refusalOf(urlOf('owner', 'nowhere')), /"nowhere" does not exist\): make it with createdb/)
})

test('a user that may not make tables, as everybody but the owner since PostgreSQL 15', async () => {
  assert.match(
    await refusalOf(urlOf('guest')),
    /permission denied for schema public\): let "guest" make tables: .*GRANT CREATE ON SCHEMA public TO "guest"\.$/,
  )
})

test('the owner of the database may, though not a superuser; and a user without that right may use what is there', async () => {
  using folder = temporaryFolder()
  await server.run('create database another owner owner')
  await (await openDatabase({ folder: folder.path, url: urlOf('owner', 'another') }))[Symbol.asyncDispose]()
  await server.run(
    'grant select, insert, update, delete on all tables in schema public to guest',
    `postgres://postgres@localhost:${server.port}/another?host=${encodeURIComponent(server.folder)}`,
  )
  await using database = await openDatabase({ folder: folder.path, url: urlOf('guest', 'another') })
  await database.write((tx) => tx.sql.insertInto('setting').values({ name: 'a', value: '1' }).execute())
})

test('a user that may not come in, may not use the tables, or may not change them', async () => {
  using folder = temporaryFolder()
  const asOwner = (database: string) =>
    `postgres://postgres@localhost:${server.port}/${database}?host=${encodeURIComponent(server.folder)}`
  await server.run('create database closed owner owner')
  await (await openDatabase({ folder: folder.path, url: urlOf('owner', 'closed') }))[Symbol.asyncDispose]()
  assert.match(
    await refusalOf(urlOf('guest', 'closed')),
    /permission denied for table \w+\): let "guest" use the tables: .*GRANT ALL ON ALL TABLES IN SCHEMA public TO "guest"\.$/,
  )
  await server.run('grant all on all tables in schema public to guest', asOwner('closed'))
  const adding = {
    take: async ({ schema }: Database['read']) => schema.alterTable('setting').addColumn('a', 'text').execute(),
  }
  await assert.rejects(
    openDatabase({ folder: folder.path, url: urlOf('guest', 'closed'), migrations: [...allMigrations, adding] }),
    (error) =>
      error instanceof Failure &&
      /must be owner of table setting\): let the user who made the tables run fairlead migrate, or make "guest"/.test(
        error.message,
      ),
  )
  await server.run('revoke connect on database closed from public')
  assert.match(
    await refusalOf(urlOf('guest', 'closed')),
    /permission denied for database "closed"\): let "guest" in: .*GRANT CONNECT ON DATABASE "closed" TO "guest"\.$/,
  )
})

test('a server that is too old', async () => {
  await server.run('create database old owner owner')
  // A server of today that says so: its own answers stand behind these.
  await server.run(
    `create function public.current_setting(name text) returns text language sql as $$
      select case name when 'server_version' then '12.22' when 'server_version_num' then '120022'
        else pg_catalog.current_setting(name) end $$;
    alter database old set search_path = public, pg_catalog`,
    `postgres://postgres@localhost:${server.port}/old?host=${encodeURIComponent(server.folder)}`,
  )
  assert.match(
    await refusalOf(urlOf('owner', 'old')),
    /is on PostgreSQL 12\.22, which is too old: it must be 13 or newer\.$/,
  )
})

test('a server that is about to stop, and one that is not there yet', async () => {
  await using stopping = await startPostgres()
  const url = await stopping.newDatabase()
  const holding = await connectPostgres(readPostgresUrl(url))
  const stopped = stopping.stop('SIGTERM')
  const refusal = await until('it takes nobody any more', () => refusalOf(url).catch(() => undefined))
  assert.match(refusal, /the database system is shutting down\): try again when it has started\.$/)
  await holding.close()
  await stopped
  // As it does for as long as it needs to come to itself after a crash.
  writeFileSync(join(stopping.folder, 'data', 'standby.signal'), '')
  appendFileSync(join(stopping.folder, 'data', 'postgresql.auto.conf'), 'hot_standby = off\n')
  const starting = stopping.start()
  starting.catch(() => {})
  assert.match(
    await until('it says so', async () => {
      const said = await refusalOf(url)
      return /ECONNREFUSED/.test(said) ? undefined : said
    }),
    /the database system is (starting up|not accepting connections|not yet accepting connections)\): try again when it has started\.$/,
  )
})

test('a server without encryption where it is wanted, and a user that only comes in encrypted', async () => {
  assert.match(await refusalOf(`${urlOf('owner')}?sslmode=require`), /take sslmode out of --database-url/)
  assert.match(
    await refusalOf(urlOf('only_ssl')),
    /no encryption.*: the server wants an encrypted connection: add \?sslmode/,
  )
})

test('an encrypted connection, with and without a look at who answers', async () => {
  using folder = temporaryFolder()
  const { certPath, keyPath } = await makeCertificate(folder.path)
  const [cert, key] = ['server.pem', 'server.key'].map((name) => join(server.folder, name)) as [string, string]
  copyFileSync(certPath, cert)
  copyFileSync(keyPath, key)
  // As the server wants it: its own, and nobody else's.
  chmodSync(key, 0o600)
  const { uid, gid } = statSync(server.folder)
  for (const file of [cert, key]) chownSync(file, uid, gid)
  for (const [name, value] of Object.entries({ ssl_cert_file: cert, ssl_key_file: key, ssl: 'on' }))
    await server.run(`alter system set ${name} = '${value}'`)
  await server.run('select pg_reload_conf()')
  await server.run('create database secret owner only_ssl')

  const url = urlOf('only_ssl', 'secret').replace('127.0.0.1', 'localhost')
  await until('it offers encryption', () =>
    openDatabase({ folder: folder.path, url: `${url}?sslmode=require` }).then(
      (database) => database[Symbol.asyncDispose]().then(() => true),
      () => false,
    ),
  )
  const trusting = `${url}?sslmode=verify-full&sslrootcert=${encodeURIComponent(certPath)}`
  await (await openDatabase({ folder: folder.path, url: trusting }))[Symbol.asyncDispose]()
  assert.match(await refusalOf(`${url}?sslmode=verify-full`), /self-signed certificate.*: name the CA with sslrootcert/)
  using other = temporaryFolder()
  const named = await makeCertificate(other.path, { names: ['DNS:elsewhere.example'] })
  for (const [from, to] of [
    [named.certPath, cert],
    [named.keyPath, key],
  ] as const)
    writeFileSync(to, readFileSync(from))
  await server.run('select pg_reload_conf()')
  const wrongName = `${url}?sslrootcert=${encodeURIComponent(named.certPath)}`
  await until('it shows the other certificate', async () => /does not match|altnames/.test(await refusalOf(wrongName)))
  const noName = wrongName.replace('?', '?sslmode=verify-ca&')
  await (await openDatabase({ folder: folder.path, url: noName }))[Symbol.asyncDispose]()
})

test('a database that cannot hold every text', async () => {
  await server.run("create database latin owner owner template template0 encoding 'LATIN1' locale 'C'")
  assert.match(await refusalOf(urlOf('owner', 'latin')), /encoding LATIN1, .* make one with ENCODING 'UTF8'\.$/)
})

test('too many connections', async () => {
  await using holding = new AsyncDisposableStack()
  for (let place = 0; place < 4; place++)
    holding.adopt(await connectPostgres(readPostgresUrl(urlOf('owner'))), (connection) => connection.close())
  assert.match(await refusalOf(urlOf('owner')), /too many|remaining connection slots.*: raise max_connections/)
})

test('where the server gives few connections, reads wait for each other', async () => {
  using folder = temporaryFolder()
  await using holding = new AsyncDisposableStack()
  // A connection that was closed has its place for a moment longer.
  const ofOwner = "select 1 from pg_stat_activity where usename = 'owner'"
  await until('those of before are gone', async () => (await server.run(ofOwner)).length === 0)
  await using database = await openDatabase({ folder: folder.path, url: urlOf('owner') })
  const connect = async () =>
    holding.adopt(await connectPostgres(readPostgresUrl(urlOf('owner'))), (connection) => connection.close())
  const [held] = [await connect(), await connect()]
  // Ours that look take a place as well, and have it a moment longer: so one looks that is there anyway.
  const clients = "select 1 from pg_stat_activity where backend_type = 'client backend'"
  await until('one place is free', async () => (await held.query(clients, [])).rows.length === 3)
  const asleep = () => database.read.selectNoFrom(({ fn, val }) => fn('pg_sleep', [val(0.05)]).as('slept')).execute()
  await Promise.all(Array.from({ length: 10 }, asleep))
})
