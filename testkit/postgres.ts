/** A real PostgreSQL server of a test's own: in a temporary folder, on a free port, killed and started again as one likes. */
import { execFile } from 'node:child_process'
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { openFolder } from './folder.ts'
import { findFreePort } from './ports.ts'
import { type Start, type StartedProcess, startProcess } from './process.ts'
import { until } from './until.ts'

const execute = promisify(execFile)

export interface PostgresServer extends AsyncDisposable {
  readonly port: number
  readonly folder: string
  /** An empty database: its URL, for the superuser. @param options of `create database`, such as `encoding 'LATIN1'` */
  newDatabase(options?: string): Promise<string>
  /** The same in less time: a schema of its own, and the user whose it is. */
  newSchema(): Promise<string>
  /** Runs SQL as the superuser, and gives the rows of its last statement. */
  run(sql: string, url?: string): Promise<Record<string, unknown>[]>
  start(): Promise<void>
  /** With SIGTERM new ones are refused while who is there goes on; SIGINT sends everybody away. Resolves when it has ended. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<void>
  /** `kill -9` of all its processes. */
  kill(): Promise<void>
  /** The test may end while it runs. */
  unref(): void
  /** To all its processes: SIGSTOP makes it hang, SIGCONT go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>
}

export interface PostgresOptions {
  /** Lines of `postgresql.conf`. */
  settings?: Readonly<Record<string, string>>
  /** Lines of `pg_hba.conf`; default: everybody is trusted. */
  access?: readonly string[]
  /** Instead of a temporary folder: an empty one that stays. */
  folder?: string
  /** Where it runs, if not here: `space.start` of a mount space, which has small disks. */
  start?: Start
}

const programs = '/usr/lib/postgresql/15/bin'
/** PostgreSQL refuses root: `nobody`, on Debian. */
const nobody = 65_534

/** @throws {Error} with the server's own words when it does not start */
export async function startPostgres({
  settings = {},
  access,
  folder: given,
  start: starting = startProcess,
}: PostgresOptions = {}): Promise<PostgresServer> {
  await using building = new AsyncDisposableStack()
  const folder = given ?? building.use(await openFolder()).path
  if (isRoot) await chown(folder, nobody, nobody)
  const data = join(folder, 'data')
  await execute(
    ...asNobody(`${programs}/initdb`, '-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale', 'C.UTF-8'),
  )
  if (access) await writeFile(join(data, 'pg_hba.conf'), `${access.join('\n')}\n`)
  const port = await findFreePort()
  const all = { listen_addresses: "'127.0.0.1'", unix_socket_directories: `'${folder}'`, port: `${port}`, ...settings }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
  await writeFile(join(data, 'postgresql.auto.conf'), `${lines.join('\n')}\n`)

  let running: StartedProcess | undefined
  let databases = 0
  // Over the socket, where everybody is let in whatever `access` says of the network.
  const own = `postgres://postgres@localhost:${port}/postgres?host=${encodeURIComponent(folder)}`

  async function start(): Promise<void> {
    const started = await starting(...asNobody(`${programs}/postgres`, '-D', data))
    running = started
    let hasEnded = false
    void started.exited.then(() => {
      hasEnded = true
    })
    await until('PostgreSQL takes connections', async () => {
      if (hasEnded) throw new Error(`PostgreSQL did not start: ${started.output().stderr}`)
      return run('select 1').then(
        () => true,
        () => false,
      )
    })
  }

  async function run(sql: string, url = own): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    try {
      const answer = await client.query(sql)
      const last = Array.isArray(answer) ? answer.at(-1) : answer
      return last.rows
    } finally {
      await client.end().catch(() => {})
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    running?.signal(signal)
    await running?.exited
    running = undefined
  }

  await start()
  building.defer(async () => {
    await running?.kill()
  })
  const built = building.move()
  return {
    port,
    folder,
    async newDatabase(options = '') {
      const name = `test_${++databases}`
      await run(`create database ${name} template template0 ${options}`)
      return `postgres://postgres@127.0.0.1:${port}/${name}`
    },
    async newSchema() {
      const name = `test_${++databases}`
      // Where a user has a schema of the same name, its tables are there.
      await run(`create role ${name} login superuser; create schema ${name} authorization ${name}`)
      return `postgres://${name}@127.0.0.1:${port}/postgres`
    },
    run,
    start,
    stop: (signal = 'SIGINT') => end(signal),
    async kill() {
      await running?.kill()
      running = undefined
    },
    unref: () => running?.unref(),
    async signal(signal) {
      if (!running) throw new Error('The server does not run.')
      // Its children have process groups of their own.
      const { stdout } = await execute('ps', ['-o', 'pid=', '--ppid', `${running.pid}`])
      for (const pid of [running.pid, ...stdout.trim().split(/\s+/).map(Number)]) process.kill(pid, signal)
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

const isRoot = process.getuid?.() === 0

type Words = [command: string, args: string[]]

/** As a user that PostgreSQL does not refuse; it dies with this process. */
function asNobody(program: string, ...args: string[]): Words {
  const user = isRoot ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []
  return ['setpriv', [...user, '--pdeathsig', 'KILL', '--', program, ...args]]
}
