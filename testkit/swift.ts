/** A real OpenStack Swift on a free port, which speaks S3 and checks signatures, that tests can stop and start again where it was. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AwsClient } from 'aws4fetch'
import { openFolder } from './folder.ts'
import { findFreePort } from './ports.ts'
import { type StartedProcess, startProcess } from './process.ts'
import { untilItListens } from './proxy-program.ts'

export interface Swift extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
  /** The names of what is in the bucket. */
  objects(): Promise<string[]>
  /** As somebody else might. */
  remove(name: string): Promise<void>
  kill(): Promise<void>
  restart(): Promise<void>
}

const bucket = 'documents'
const keys = { accessKeyId: 'test:tester', secretAccessKey: 'the-storage-secret' }

/**
 * The four servers of Swift, as their packages have them, in one process: each one alone takes as long to start.
 * Rings of one device and one copy. Source: Swift's "SAIO" guide
 */
const program = `
import sys, eventlet
eventlet.monkey_patch()
from swift.common import utils
folder, ports = sys.argv[1], [int(port) for port in sys.argv[2:]]
utils.SWIFT_CONF_FILE = folder + '/swift.conf'
from swift.common import wsgi
from swift.common.ring import RingBuilder
servers = list(zip(('account', 'container', 'object', 'proxy'), ports))
for name, port in servers[:3]:
    builder = RingBuilder(1, 1, 0)
    builder.add_dev({'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'disk', 'weight': 1})
    builder.rebalance()
    builder.get_ring().save(folder + '/' + name + '.ring.gz')
utils.validate_configuration()
def serve(name, port):
    app = wsgi.loadapp(folder + '/' + name + '.conf')
    listening = eventlet.listen(('127.0.0.1', port))
    return eventlet.spawn(eventlet.wsgi.server, listening, app, log_output=False, protocol=wsgi.SwiftHttpProtocol)
for running in [serve(name, port) for name, port in servers]: running.wait()
`

/** What each of them is told. tempauth wants a cache for tokens, which nobody has here: there is none at that port. */
function filesOf(folder: string): Record<string, string> {
  const storage = (name: string) =>
    `[DEFAULT]\nswift_dir = ${folder}\ndevices = ${folder}/devices\nmount_check = false\n[pipeline:main]\npipeline = ${name}-server\n[app:${name}-server]\nuse = egg:swift#${name}\n`
  const filter = (name: string, words = '') => `[filter:${name}]\nuse = egg:swift#${name}\n${words}`
  return {
    'swift.conf': '[swift-hash]\nswift_hash_path_suffix = tests\n',
    'account.conf': storage('account'),
    'container.conf': storage('container'),
    'object.conf': storage('object'),
    'proxy.conf': [
      `[DEFAULT]\nswift_dir = ${folder}\n`,
      '[pipeline:main]\npipeline = catch_errors cache s3api tempauth proxy-server\n',
      '[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n',
      filter('catch_errors'),
      '[filter:cache]\nuse = egg:swift#memcache\nmemcache_servers = 127.0.0.1:9\n',
      filter('s3api', 'location = us-east-1\nallow_multipart_uploads = false\n'),
      filter('tempauth', `user_${keys.accessKeyId.replace(':', '_')} = ${keys.secretAccessKey} .admin\n`),
    ].join(''),
  }
}

export async function openSwift(): Promise<Swift> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder()).path
  await mkdir(join(folder, 'devices', 'disk'), { recursive: true })
  for (const [name, text] of Object.entries(filesOf(folder))) await writeFile(join(folder, name), text)
  const ports: number[] = []
  for (let at = 0; at < 4; at++) ports.push(await findFreePort())
  const port = ports.at(-1) ?? 0

  const start = async () => {
    // Debian's own Python, which has Swift, whichever else is installed.
    const words = ['-c', program, folder, ...ports.map(String)]
    const started = await startProcess('/usr/bin/python3', words, { environment: { SWIFT_DIR: folder } })
    await untilItListens('Swift', started, port)
    return started
  }
  let server: StartedProcess = await start()
  building.defer(() => server[Symbol.asyncDispose]())

  const endpoint = `http://127.0.0.1:${port}`
  const client = new AwsClient({ ...keys, service: 's3', region: 'us-east-1' })
  const made = await client.fetch(`${endpoint}/${bucket}`, { method: 'PUT' })
  if (!made.ok)
    // It keeps what it knows of an object in extended attributes of its file (xattr(7)).
    throw new Error(
      `Swift makes no bucket in ${folder} (does that file system have extended attributes?): ${await made.text()} ${server.output().stderr}`,
    )
  const built = building.move()
  return {
    endpoint,
    bucket,
    accessKey: keys.accessKeyId,
    secretKey: keys.secretAccessKey,
    async objects() {
      const listed = await (await client.fetch(`${endpoint}/${bucket}?list-type=2`)).text()
      return Array.from(listed.matchAll(/<Key>([^<]+)<\/Key>/g), ([, key = '']) => key)
    },
    remove: async (name) => void (await client.fetch(`${endpoint}/${bucket}/${name}`, { method: 'DELETE' })),
    kill: async () => void (await server.kill()),
    async restart() {
      server = await start()
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
