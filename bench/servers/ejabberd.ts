/** ejabberd from Debian's package on one scheduler, with what its configuration has for devices of ours. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFreePort } from '../../testkit/ports.ts'
import { nameOf } from '../generator/fleet.ts'
import {
  componentDomain,
  componentSecret,
  credentialsOf,
  domain,
  type Ports,
  versionOf,
  whenItListens,
} from './component.ts'
import { runOnCore } from './run-on-core.ts'
import type { Place, ServerKind } from './server.ts'

/** Those of Debian's example that serve a client's session; not rooms, MQTT, STUN and administration. */
const modules = [
  ...['adhoc', 'avatar', 'blocking', 'bosh', 'caps', 'carboncopy', 'client_state', 'disco', 'last', 'offline', 'ping'],
  ...['privacy', 'private', 'pubsub', 'push', 'push_keepalive', 'roster', 'shared_roster', 'stream_mgmt', 'vcard'],
  ...['vcard_xupdate', 'version'],
]

export function ejabberd(): ServerKind {
  let ports: Ports | undefined

  const settings = ({ http, component }: Ports) => `
loglevel: warning
hosts: ["${domain}"]
auth_password_format: scram
s2s_access: none
listen:
  - port: ${http}
    ip: "127.0.0.1"
    module: ejabberd_http
    backlog: 16384
    request_handlers: { /http-bind: mod_bosh }
  - port: ${component}
    ip: "127.0.0.1"
    module: ejabberd_service
    access: all
    hosts: { "${componentDomain}": { password: "${componentSecret}" } }
modules:
${modules.map((name) => `  mod_${name}: {}`).join('\n')}
`

  /** Erlang itself, not ejabberdctl: that one takes another user and a name in the network. */
  async function run({ folder, core }: Place, last: readonly string[]) {
    const [, libraries = ''] = /^ERL_LIBS='(.+)'/m.exec(await readFile('/usr/sbin/ejabberdctl', 'utf8')) ?? []
    const environment = {
      EJABBERD_CONFIG_PATH: join(folder, 'ejabberd.yml'),
      EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
      ERL_CRASH_DUMP: '/dev/null',
      ERL_LIBS: libraries,
      ERL_MAX_ETS_TABLES: '1400',
      HOME: folder,
    }
    const machine = ['+K', 'true', '+P', '250000', '+Q', '65536', '+S', '1:1', '-noinput']
    const database = ['-mnesia', 'dir', `"${join(folder, 'mnesia')}"`]
    return runOnCore(core, 'erl', [...machine, ...database, '-s', 'ejabberd', ...last], { folder, environment })
  }

  return {
    name: 'ejabberd',
    title: 'ejabberd, 1 core',
    answers: 'session',
    hasOwnSalts: false,
    package: 'ejabberd',
    version: () => versionOf('ejabberd'),

    async prepare(place, secret) {
      ports ??= { http: await findFreePort(), component: await findFreePort() }
      await writeFile(join(place.folder, 'ejabberd.yml'), settings(ports))
      const { salt, iterations, sha1 } = await credentialsOf(secret)
      const binary = (bytes: Uint8Array) => `<<"${Buffer.from(bytes).toString('base64')}">>`
      const keys = `{scram, ${binary(sha1.storedKey)}, ${binary(sha1.serverKey)}, ${binary(salt)}, sha, ${iterations}}`
      const record = `{passwd, {Name, <<"${domain}">>}, ${keys}}`
      const names = join(place.folder, 'names')
      await writeFile(names, Array.from({ length: place.devices }, (_, index) => nameOf(index)).join('\n'))
      const fill = [
        `{ok, Names} = file:read_file("${names}")`,
        `[ok = mnesia:dirty_write(${record}) || Name <- binary:split(Names, <<"\\n">>, [global])]`,
        'stopped = mnesia:stop()',
        'halt(0)',
      ]
      const filling = await run(place, ['-eval', `${fill.join(', ')}.`])
      const { code } = await filling.exited
      if (code !== 0) throw new Error(`ejabberd cannot be filled: ${JSON.stringify(filling.output())}`)
    },

    async start(place) {
      if (ports === undefined) throw new Error('ejabberd is prepared first.')
      return whenItListens(await run(place, []), ports)
    },
  }
}
