/** A real mosquitto on a free port, that tests can stop and start again where it was, with a client of its own that says things. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openFolder } from './folder.ts'
import { findFreePort } from './ports.ts'
import { type StartedProcess, startProcess } from './process.ts'
import { untilItListens } from './proxy-program.ts'

export interface Mosquitto extends AsyncDisposable {
  /** `mqtt://127.0.0.1:PORT`, without user and password. */
  readonly url: string
  say(topic: string, message: string, how?: { isRetained?: boolean }): Promise<void>
  /** What it has logged since it was last started. */
  log(): string
  kill(): Promise<void>
  restart(): Promise<void>
}

const program = '/usr/sbin/mosquitto'
const login = { user: 'hall', password: 'the-broker-password' }

/** @param isOpen false: it wants to know who connects (`hall`, `the-broker-password`) */
export async function openMosquitto({ isOpen = true }: { isOpen?: boolean } = {}): Promise<Mosquitto> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const port = await findFreePort()
  const [file, passwords] = [join(folder.path, 'mosquitto.conf'), join(folder.path, 'passwords')]
  const guard = isOpen ? 'allow_anonymous true' : `allow_anonymous false\npassword_file ${passwords}`
  await writeFile(
    file,
    `listener ${port} 127.0.0.1\n${guard}\npersistence false\nlog_dest stderr\nlog_type all\nuser root\n`,
  )
  if (!isOpen) await promisify(execFile)('mosquitto_passwd', ['-b', '-c', passwords, login.user, login.password])

  const start = async () => {
    const started = await startProcess(program, ['-c', file])
    await untilItListens('mosquitto', started, port)
    return started
  }
  let broker: StartedProcess = await start()
  building.defer(() => broker[Symbol.asyncDispose]())
  const built = building.move()
  return {
    url: `mqtt://127.0.0.1:${port}`,
    async say(topic, message, { isRetained = false } = {}) {
      const words = ['-h', '127.0.0.1', '-p', String(port), '-t', topic, '-m', message, '-q', '1']
      const who = isOpen ? [] : ['-u', login.user, '-P', login.password]
      await promisify(execFile)('mosquitto_pub', [...words, ...who, ...(isRetained ? ['-r'] : [])])
    },
    log: () => broker.output().stderr,
    kill: async () => void (await broker.kill()),
    async restart() {
      broker = await start()
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
