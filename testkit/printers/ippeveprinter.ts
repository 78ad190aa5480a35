/** An IPP Everywhere printer that nobody here wrote: CUPS' own, as a process that can be switched off and on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Certificate } from '../certificate.ts'
import { openFolder } from '../folder.ts'
import type { Namespace } from '../namespace.ts'
import { findFreePort } from '../ports.ts'
import { type StartedProcess, startProcess } from '../process.ts'
import { until } from '../until.ts'

/** What the command of `-c` writes. */
const ofCommand = '.prn'

export interface IppEvePrinter extends AsyncDisposable {
  readonly port: number
  /** `ipp://…`, where it prints. */
  readonly uri: string
  /** Whole paths of the documents that it has taken, the oldest first. */
  spool(): Promise<string[]>
  /** As by its switch: it forgets its jobs. */
  switchOff(): Promise<void>
  switchOn(): Promise<void>
  /** While it is off. One that has none makes itself some, another one for each of several first connections at once. */
  giveKey(certificate: Certificate): Promise<void>
}

/**
 * @param words more options of ippeveprinter(1): `-f application/pdf`, `-c COMMAND`
 * @param where in which network it is, if not in this machine's
 */
export async function openIppEvePrinter(
  words: readonly string[] = [],
  where?: Pick<Namespace, 'start' | 'tryToConnect'>,
): Promise<IppEvePrinter> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(await openFolder())
  const bus = `unix:path=${join(folder.path, 'bus')}`
  // The printer ends without a bus, even when it is told to announce itself nowhere.
  const dbus = opening.use(
    await startProcess('dbus-daemon', ['--session', '--nofork', '--nopidfile', `--address=${bus}`, '--print-address']),
  )
  await until('the bus is there', () => dbus.output().stdout.includes('unix:path='))
  const port = await findFreePort()
  const spool = join(folder.path, 'spool')
  await mkdir(spool)
  const keys = join(folder.path, 'keys')
  await mkdir(keys)
  // Debian has it in sbin. Its certificate is one that it makes itself, as printers do.
  const environment = { DBUS_SYSTEM_BUS_ADDRESS: bus, HOME: folder.path, PATH: `${process.env['PATH']}:/usr/sbin` }
  const args = ['-r', 'off', '-n', 'localhost', '-p', String(port), '-K', keys, '-k', '-d', spool, ...words, 'Fairlead']
  let printer: StartedProcess
  const isListening = async () =>
    where ? (await where.tryToConnect('127.0.0.1', port)) === 'connected' : await isListeningHere(port)

  async function switchOn(): Promise<void> {
    printer = await (where?.start ?? startProcess)('ippeveprinter', args, { environment })
    const ended = printer.exited.then(() => assert.fail(`It has ended: ${JSON.stringify(printer.output())}`))
    ended.catch(() => {}) // Later it may.
    await Promise.race([until('the printer listens', isListening), ended])
  }

  await switchOn()
  opening.defer(async () => void (await printer.kill()))
  const stack = opening.move()
  return {
    port,
    uri: `ipp://localhost:${port}/ipp/print`,
    async spool() {
      const files = await readdir(spool)
      return files
        .filter((name) => /^\d+-/.test(name) && !name.endsWith(ofCommand))
        .sort((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
        .map((name) => join(spool, name))
    },
    switchOff: async () => void (await printer.kill()),
    switchOn,
    async giveKey({ certPath, keyPath }) {
      await copyFile(certPath, join(keys, 'localhost.crt'))
      await copyFile(keyPath, join(keys, 'localhost.key'))
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  }
}

async function isListeningHere(port: number): Promise<boolean> {
  const socket = connect(port, 'localhost')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    // Nobody is there yet; what else is wrong shows when the printer is asked.
    return false
  } finally {
    socket.destroy()
  }
}
