/** A real nats-server on a free port, that tests can stop, freeze and start again where it was. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder } from './folder.ts'
import { findFreePort } from './ports.ts'
import { type StartedProcess, startProcess } from './process.ts'
import { untilItListens } from './proxy-program.ts'
import { untilStopped } from './stopped.ts'

export interface NatsOptions {
  /** Lines of nats-server's configuration, such as `authorization { token: "t" }`. */
  configuration?: string
}

export interface Nats extends AsyncDisposable {
  /** `nats://127.0.0.1:PORT`, without user and password. */
  readonly url: string
  readonly port: number
  /** Where it tells of its connections, over HTTP. */
  readonly monitorUrl: string
  /** Ends it at once, as a crash would; its connections break. */
  kill(): Promise<void>
  /** Starts it again on the same port, after `kill`. */
  restart(): Promise<void>
  /** It stands still when this resolves, and its connections stay: as when its machine or the network is gone. */
  freeze(): Promise<void>
  thaw(): void
  /** The test may end while it runs. */
  unref(): void
  /** What it has logged since it was last started. */
  log(): string
}

const program = '/usr/sbin/nats-server'

export async function openNats(options: NatsOptions = {}): Promise<Nats> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const port = await findFreePort()
  const monitorPort = await findFreePort()
  const file = join(folder.path, 'nats.conf')
  await writeFile(
    file,
    `listen: "127.0.0.1:${port}"\nhttp: "127.0.0.1:${monitorPort}"\n${options.configuration ?? ''}\n`,
  )

  const start = async () => {
    const started = await startProcess(program, ['-c', file])
    await untilItListens('nats-server', started, port)
    return started
  }
  let server: StartedProcess = await start()
  building.defer(() => server[Symbol.asyncDispose]())

  const built = building.move()
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    monitorUrl: `http://127.0.0.1:${monitorPort}`,
    kill: async () => void (await server.kill()),
    restart: async () => {
      server = await start()
    },
    async freeze() {
      server.signal('SIGSTOP')
      await untilStopped(server.pid)
    },
    thaw: () => server.signal('SIGCONT'),
    unref: () => server.unref(),
    log: () => server.output().stderr,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
