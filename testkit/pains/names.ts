/** A world of names for one process: its own hosts file, changed while it runs, and no name server beside it. Needs root. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder } from '../folder.ts'
import { type Start, startProcess } from '../process.ts'

export interface Names extends AsyncDisposable {
  /** Starts a process that knows only these names. */
  start: Start
  /** Says where the names lead from now on: `{ 'relay.test': ['127.0.0.1', '::1'] }`; what is not there has no address. */
  set(addresses: Readonly<Record<string, string | readonly string[]>>): Promise<void>
}

export async function openNames(): Promise<Names> {
  const folder = await openFolder()
  const [hosts, resolver] = [join(folder.path, 'hosts'), join(folder.path, 'resolv.conf')]
  // Nothing listens there: whoever asks is refused at once, and waits for nobody.
  await writeFile(resolver, 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n')
  await writeFile(hosts, '')
  const mount = `mount --bind ${hosts} /etc/hosts && mount --bind ${resolver} /etc/resolv.conf && exec "$@"`
  return {
    start: (command, args, options) =>
      startProcess('unshare', ['--mount', 'sh', '-c', mount, 'sh', command, ...args], options),
    // Written in place: the file that is mounted stays the same one.
    set: (addresses) =>
      writeFile(
        hosts,
        Object.entries(addresses)
          .flatMap(([name, some]) => [some].flat().map((address) => `${address} ${name}\n`))
          .join(''),
      ),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}
