/** A real HAProxy in front of a relay or of its nodes, as we tell operators to set it up. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import { openFolder } from './folder.ts'
import { findFreePort } from './ports.ts'
import { startProcess } from './process.ts'
import { fillIn, fillInNodes, untilItListens } from './proxy-program.ts'

export interface Haproxy extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Plain HTTP beside the HTTPS of `url`. */
  readonly plainUrl: string
  /** PEM, to be trusted by clients of `url`. */
  readonly authority: string
  /** What it has logged of nodes that were gone, and of requests that it answered with 5xx. */
  complaints(): string
  /** The requests that it has served, each as `METHOD TARGET STATUS`. */
  served(): string[]
}

const program = '/usr/sbin/haproxy'
const deployed = (name: string) => readFile(new URL(`../deploy/${name}`, import.meta.url), 'utf8')

export interface HaproxyOptions {
  /** Several nodes only: where it listens, over plain HTTP, if that must be known before. */
  plainPort?: number
  /** More words of the file that are replaced, so that a test can show what they are good for. */
  change?: Readonly<Record<string, string>>
}

/** @param relayUrls plain HTTP: one relay, or a list of its nodes */
export async function openHaproxy(
  relayUrls: string | readonly string[],
  options: HaproxyOptions = {},
): Promise<Haproxy> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const [port, plainPort] = [options.plainPort ?? (await findFreePort()), await findFreePort()]
  const tls = await makeCertificate(folder.path)
  const together = join(folder.path, 'together.pem')
  await writeFile(together, tls.cert + (await readFile(tls.keyPath, 'utf8')))
  const file = join(folder.path, 'haproxy.cfg')
  const name = typeof relayUrls === 'string' ? 'haproxy.cfg' : 'haproxy-nodes.cfg'
  const placed = fillIn(`deploy/${name}`, await deployed(name), {
    ...options.change,
    ...(options.plainPort === undefined ? {} : withoutTls),
    'maxconn 40000': 'maxconn 4000',
    'bind :80': `bind 127.0.0.1:${plainPort}`,
    'bind :443': `bind 127.0.0.1:${port}`,
    ...(options.plainPort === undefined ? { '/etc/ssl/relay.example.pem': together } : {}),
  })
  const hosts = [relayUrls].flat().map((url) => new URL(url).host)
  const filled =
    typeof relayUrls === 'string'
      ? fillIn(`deploy/${name}`, placed, { 'server relay 127.0.0.1:8080': `server relay ${hosts[0]}` })
      : fillInNodes(`deploy/${name}`, placed, hosts)
  await writeFile(file, filled)
  const server = building.use(await startProcess(program, ['-db', '-f', file]))
  await untilItListens('HAProxy', server, port)

  const built = building.move()
  return {
    url: `${options.plainPort === undefined ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    plainUrl: `http://127.0.0.1:${plainPort}`,
    authority: tls.cert,
    complaints: () =>
      server
        .output()
        .stdout.split('\n')
        .filter((line) => /^Server | (5\d\d|-1) \d+ - - /.test(line))
        .join('\n'),
    // `… 200 512 - - ---- 1/1/0/0/0 0/0 "GET /healthz HTTP/1.1"`
    served: () =>
      [...server.output().stdout.matchAll(/ (\d{3}|-1) \d+ - - [^"]*"(\S+) (\S+)[^"]*"$/gm)].map(
        ([, status, method, target]) => `${method} ${target} ${status}`,
      ),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

const withoutTls = {
  ' ssl crt /etc/ssl/relay.example.pem alpn http/1.1': '',
  'http-request redirect scheme https code 308 unless { ssl_fc }': '',
  'X-Forwarded-Proto https': 'X-Forwarded-Proto http',
}
