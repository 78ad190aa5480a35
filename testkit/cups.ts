/** A CUPS of its own: the stock server and its clients, in a folder and on a socket where nothing of the machine's is touched. */
import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder } from './folder.ts'
import { startProcess } from './process.ts'
import { until } from './until.ts'

export interface Cups extends AsyncDisposable {
  /** Runs one of its clients: `lpadmin`, `lp`, `lpstat`. @returns what it says; it must go well */
  run(command: string, ...words: readonly string[]): Promise<string>
  /** All that the server has written down. */
  log(): string
}

export async function openCups(): Promise<Cups> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(await openFolder())
  const at = (name: string) => join(folder.path, name)
  // Its backends run as somebody else, who must get there.
  await chmod(folder.path, 0o755)
  for (const name of ['root', 'root/ppd', 'root/ssl', 'cache', 'state', 'spool', 'spool/tmp']) await mkdir(at(name))
  const socket = at('cups.sock')
  await writeFile(
    at('cups-files.conf'),
    [
      ...[
        `ServerRoot ${at('root')}`,
        `CacheDir ${at('cache')}`,
        `StateDir ${at('state')}`,
        `RequestRoot ${at('spool')}`,
      ],
      ...[`TempDir ${at('spool/tmp')}`, 'AccessLog stderr', 'ErrorLog stderr', 'PageLog stderr'],
      ...['ServerBin /usr/lib/cups', 'DataDir /usr/share/cups', 'User lp', 'Group lp', 'SystemGroup root'],
      '',
    ].join('\n'),
  )
  await writeFile(
    at('cupsd.conf'),
    [
      ...[`Listen ${socket}`, 'Browsing Off', 'DefaultAuthType None', 'LogLevel debug', 'WebInterface No'],
      ...['<Location />', 'Order allow,deny', 'Allow all', '</Location>'],
      ...['<Policy default>', '<Limit All>', 'Order allow,deny', 'Allow all', '</Limit>', '</Policy>', ''],
    ].join('\n'),
  )
  // What the filters of another package would do, which has many more: a PDF is left as it is.
  await writeFile(at('root/mime.convs'), 'application/pdf application/vnd.cups-pdf 0 -\n')
  const words = ['-f', '-c', at('cupsd.conf'), '-s', at('cups-files.conf')]
  const server = opening.use(await startProcess('/usr/sbin/cupsd', words))
  const environment = { CUPS_SERVER: socket, HOME: folder.path, PATH: `${process.env['PATH']}:/usr/sbin` }
  const run: Cups['run'] = async (command, ...args) => {
    await using client = await startProcess(command, args, { environment })
    const { code } = await client.exited
    const { stdout, stderr } = client.output()
    assert.equal(code, 0, `${command} ${args.join(' ')}: ${stderr}${stdout}\n${server.output().stderr.slice(-4000)}`)
    return stdout
  }
  await until('CUPS is there', async () => {
    await using asking = await startProcess('lpstat', ['-r'], { environment })
    await asking.exited
    return asking.output().stdout.includes('is running')
  })
  const opened = opening.move()
  return { run, log: () => server.output().stderr, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
