/** A real HAProxy in front of a relay, as we tell operators to set it up. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeCertificate } from './certificate.ts'
import { openFolder } from './folder.ts'
import { startProcess } from './process.ts'
import { fillIn, findFreePort, untilItListens } from './proxy-program.ts'

export interface Haproxy extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Plain HTTP beside the HTTPS of `url`. */
  readonly plainUrl: string
  /** PEM, to be trusted by clients of `url`. */
  readonly authority: string
  /** The requests that it has served, each as `METHOD TARGET STATUS`. */
  served(): string[]
}

const program = '/usr/sbin/haproxy'
const deployed = fileURLToPath(new URL('../deploy/haproxy.cfg', import.meta.url))

/** @param relayUrl plain HTTP */
export async function openHaproxy(relayUrl: string): Promise<Haproxy> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const [port, plainPort] = [await findFreePort(), await findFreePort()]
  const tls = await makeCertificate(folder.path)
  const together = join(folder.path, 'together.pem')
  await writeFile(together, tls.cert + (await readFile(tls.keyPath, 'utf8')))
  const file = join(folder.path, 'haproxy.cfg')
  await writeFile(
    file,
    fillIn('deploy/haproxy.cfg', await readFile(deployed, 'utf8'), {
      'server relay 127.0.0.1:8080': `server relay ${new URL(relayUrl).host}`,
      'bind :80': `bind 127.0.0.1:${plainPort}`,
      'bind :443': `bind 127.0.0.1:${port}`,
      '/etc/ssl/relay.example.pem': together,
      'maxconn 40000': 'maxconn 4000',
    }),
  )
  const server = building.use(await startProcess(program, ['-db', '-f', file]))
  await untilItListens('HAProxy', server, port)

  const built = building.move()
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    plainUrl: `http://127.0.0.1:${plainPort}`,
    authority: tls.cert,
    // `… 200 512 - - ---- 1/1/0/0/0 0/0 "GET /healthz HTTP/1.1"`
    served: () =>
      [...server.output().stdout.matchAll(/ (\d{3}|-1) \d+ - - [^"]*"(\S+) (\S+)[^"]*"$/gm)].map(
        ([, status, method, target]) => `${method} ${target} ${status}`,
      ),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
