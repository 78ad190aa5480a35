/** A real nginx in front of a relay or of its nodes: as we tell operators to set it up, or as it comes out of the box. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificate } from './certificate.ts'
import { openFolder } from './folder.ts'
import { findFreePort } from './ports.ts'
import { startProcess } from './process.ts'
import { fillIn, fillInNodes, untilItListens } from './proxy-program.ts'

export interface NginxOptions {
  /**
   * `deploy/nginx.conf`, with TLS, or `deploy/nginx-nodes.conf` for several nodes; or the least that works at all, with
   * all of nginx's defaults: buffering, HTTP/1.0, 60 s.
   */
  setUp: 'as-deployed' | 'out-of-the-box'
  /** Several nodes only: where it listens, over plain HTTP, if that must be known before. */
  plainPort?: number
  /** As deployed only: more words of the file that are replaced, so that a test can show what they are good for. */
  change?: Readonly<Record<string, string>>
  /** Shortens nginx's patience with a relay that holds an answer; its default is 60. */
  readTimeoutSeconds?: number
  /** Out of the box only: shortens how long nginx keeps a connection on which a client is silent; its default is 75. */
  keepAliveSeconds?: number
}

export interface Nginx extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Plain HTTP beside the HTTPS of `url`, where there is one. */
  readonly plainUrl: string | undefined
  /** PEM, to be trusted by clients of `url`; undefined for plain HTTP. */
  readonly authority: string | undefined
  /** The same, as a file. */
  readonly authorityPath: string | undefined
  errors(): Promise<string>
  /** The requests that it has served, each as `METHOD TARGET STATUS`. */
  served(): Promise<string[]>
}

const program = '/usr/sbin/nginx'
const deployed = (name: string) => readFile(new URL(`../deploy/${name}`, import.meta.url), 'utf8')

/** @param relayUrls plain HTTP: one relay, or a list of its nodes */
export async function openNginx(relayUrls: string | readonly string[], options: NginxOptions): Promise<Nginx> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const [port, plainPort] = [options.plainPort ?? (await findFreePort()), await findFreePort()]
  const isPlain = options.setUp === 'out-of-the-box' || options.plainPort !== undefined
  const tls = isPlain ? undefined : await makeCertificate(folder.path)
  const places = { port, redirectPort: plainPort, tls }
  const site =
    typeof relayUrls === 'string'
      ? await siteOfOne(relayUrls, options, places)
      : await siteOfNodes(relayUrls, options, places)
  const impatience = options.readTimeoutSeconds
  const errorLog = join(folder.path, 'error.log')
  await writeFile(
    join(folder.path, 'nginx.conf'),
    mainFile(
      folder.path,
      impatience === undefined ? site : site.replace(/(location \/ \{)([\s\S]*?\})/, withReadTimeout(impatience)),
    ),
  )
  const server = building.use(
    await startProcess(program, ['-p', folder.path, '-c', join(folder.path, 'nginx.conf'), '-e', errorLog]),
  )
  await untilItListens('nginx', server, port)

  const built = building.move()
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    plainUrl: tls && `http://127.0.0.1:${plainPort}`,
    authority: tls?.cert,
    authorityPath: tls?.certPath,
    errors: () => readFile(errorLog, 'utf8'),
    served: async () => (await readFile(join(folder.path, 'access.log'), 'utf8')).split('\n').slice(0, -1),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

interface Places {
  port: number
  /** Where plain HTTP is sent on to HTTPS. */
  redirectPort: number
  /** Undefined: plain HTTP. */
  tls: { certPath: string; keyPath: string } | undefined
}

async function siteOfOne(
  relayUrl: string,
  { keepAliveSeconds = 75, change }: NginxOptions,
  places: Places,
): Promise<string> {
  const relay = new URL(relayUrl).host
  if (places.tls === undefined)
    return `server { listen 127.0.0.1:${places.port}; keepalive_timeout ${keepAliveSeconds}s; location / { proxy_pass http://${relay}; } }`
  return fillIn('deploy/nginx.conf', await deployed('nginx.conf'), {
    ...change,
    'server 127.0.0.1:8080;': `server ${relay};`,
    ...placed(places, 'listen 443 ssl;'),
  })
}

async function siteOfNodes(relayUrls: readonly string[], { change }: NginxOptions, places: Places): Promise<string> {
  const name = 'deploy/nginx-nodes.conf'
  const changed = fillIn(name, await deployed('nginx-nodes.conf'), {
    ...change,
    ...placed(places, 'listen 443 ssl '),
  })
  return fillInNodes(
    name,
    changed,
    relayUrls.map((url) => new URL(url).host),
  )
}

/** @param listen the words of the file by which it listens for HTTPS */
function placed({ port, redirectPort, tls }: Places, listen: string): Record<string, string> {
  const withoutTls = {
    'ssl_certificate     /etc/ssl/relay.example.pem;': '',
    'ssl_certificate_key /etc/ssl/relay.example.key;': '',
  }
  return {
    'listen 80;': `listen 127.0.0.1:${redirectPort};`,
    'server_name relay.example;': 'server_name localhost 127.0.0.1;',
    'https://$host$request_uri': `https://$host:${port}$request_uri`,
    [listen]: listen.replace('443', `127.0.0.1:${port}`).replace(' ssl', tls ? ' ssl' : ''),
    ...(tls ? { '/etc/ssl/relay.example.pem': tls.certPath, '/etc/ssl/relay.example.key': tls.keyPath } : withoutTls),
  }
}

function withReadTimeout(seconds: number) {
  return (_: string, open: string, rest: string) =>
    `${open} proxy_read_timeout ${seconds}s;${rest.replace(/proxy_read_timeout [^;]+;/, '')}`
}

/** What surrounds a site's file: everything that nginx writes stays in the folder. */
function mainFile(folder: string, site: string): string {
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
    daemon off;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    worker_processes 1;
    pid ${folder}/nginx.pid;
    worker_rlimit_nofile 100000;
    events { worker_connections 50000; }
    http {
      log_format served '$request_method $request_uri $status';
      access_log ${folder}/access.log served;
      ${bodies.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n      ')}
      ${site}
    }`
}
