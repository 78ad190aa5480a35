/** A real nginx in front of a relay: as we tell operators to set it up, or as it comes out of the box. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeCertificate } from './certificate.ts'
import { openFolder } from './folder.ts'
import { startProcess } from './process.ts'
import { fillIn, findFreePort, untilItListens } from './proxy-program.ts'

export interface NginxOptions {
  /** `deploy/nginx.conf`, with TLS; or the least that works at all, with all of nginx's defaults: buffering, HTTP/1.0, 60 s. */
  setUp: 'as-deployed' | 'out-of-the-box'
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
const deployed = fileURLToPath(new URL('../deploy/nginx.conf', import.meta.url))

/** @param relayUrl plain HTTP */
export async function openNginx(relayUrl: string, options: NginxOptions): Promise<Nginx> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const relay = new URL(relayUrl).host
  const [port, plainPort] = [await findFreePort(), await findFreePort()]
  const tls = options.setUp === 'as-deployed' ? await makeCertificate(folder.path) : undefined
  const site =
    tls === undefined
      ? `server { listen 127.0.0.1:${port}; keepalive_timeout ${options.keepAliveSeconds ?? 75}s; location / { proxy_pass http://${relay}; } }`
      : fillIn('deploy/nginx.conf', await readFile(deployed, 'utf8'), {
          'server 127.0.0.1:8080;': `server ${relay};`,
          'listen 80;': `listen 127.0.0.1:${plainPort};`,
          'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;`,
          'server_name relay.example;': 'server_name localhost 127.0.0.1;',
          '/etc/ssl/relay.example.pem': tls.certPath,
          '/etc/ssl/relay.example.key': tls.keyPath,
          'https://$host$request_uri': `https://$host:${port}$request_uri`,
        })
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
    events { worker_connections 4096; }
    http {
      log_format served '$request_method $request_uri $status';
      access_log ${folder}/access.log served;
      ${bodies.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n      ')}
      ${site}
    }`
}
