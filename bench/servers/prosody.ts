/** Prosody from Debian's package, with the modules that Debian enables and BOSH; as a second server with a lazier garbage collector. */
import { mkdir, writeFile } from 'node:fs/promises'
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
import type { ServerKind } from './server.ts'

/** Debian's /etc/prosody/prosody.cfg.lua. */
const modules = [
  ...[
    'disco',
    'roster',
    'saslauth',
    'tls',
    'blocklist',
    'bookmarks',
    'carbons',
    'dialback',
    'limits',
    'pep',
    'private',
  ],
  ...['smacks', 'vcard4', 'vcard_legacy', 'csi_simple', 'invites', 'invites_adhoc', 'invites_register', 'ping'],
  ...['register', 'time', 'uptime', 'version', 'admin_adhoc', 'admin_shell', 'posix'],
]

/** As shipped, it collects as soon as there is 5 % more; so it waits until there is twice as much. */
const relaxedGc = 'gc = { mode = "incremental", threshold = 200, speed = 500 }'

export function prosody(gc: 'shipped' | 'relaxed'): ServerKind {
  let ports: Ports | undefined

  const settings = (folder: string, { http, component }: Ports) => `
daemonize = false
run_as_root = true
data_path = ${quote(join(folder, 'data'))}
certificates = ${quote(folder)}
pidfile = ${quote(join(folder, 'prosody.pid'))}
log = { { levels = { min = "warn" }, to = "file", filename = ${quote(join(folder, 'prosody.log'))} } }
modules_enabled = { ${[...modules, 'bosh'].map(quote).join(', ')} }
modules_disabled = { "s2s", "c2s" }
authentication = "internal_hashed"
network_settings = { tcp_backlog = 16384 }
http_interfaces = { "127.0.0.1" }
http_ports = { ${http} }
https_ports = { }
http_default_host = ${quote(domain)}
consider_bosh_secure = true
component_interfaces = { "127.0.0.1" }
component_ports = { ${component} }
${gc === 'relaxed' ? relaxedGc : ''}
VirtualHost ${quote(domain)}
Component ${quote(componentDomain)}
  component_secret = ${quote(componentSecret)}
`

  return {
    name: gc === 'shipped' ? 'prosody' : 'prosody-relaxed',
    title: gc === 'shipped' ? 'Prosody' : 'Prosody, GC relaxed',
    answers: 'session',
    hasOwnSalts: false,
    package: 'prosody',
    version: () => versionOf('prosody'),

    async prepare({ folder, devices }, secret) {
      ports ??= { http: await findFreePort(), component: await findFreePort() }
      const accounts = join(folder, 'data', domain, 'accounts')
      await mkdir(accounts, { recursive: true })
      await writeFile(join(folder, 'prosody.cfg.lua'), settings(folder, ports))
      const { salt, iterations, sha1 } = await credentialsOf(secret)
      const hex = (bytes: Uint8Array) => quote(Buffer.from(bytes).toString('hex'))
      const fields = [
        `["iteration_count"] = ${iterations}`,
        `["salt"] = ${quote(Buffer.from(salt).toString())}`,
        `["stored_key"] = ${hex(sha1.storedKey)}`,
        `["server_key"] = ${hex(sha1.serverKey)}`,
      ]
      const account = `return { ${fields.join('; ')}; };\n`
      for (let index = 0; index < devices; index++)
        await writeFile(join(accounts, `${nameOf(index).replace('-', '%2d')}.dat`), account)
    },

    async start({ folder, core }) {
      if (ports === undefined) throw new Error('Prosody is prepared first.')
      const config = join(folder, 'prosody.cfg.lua')
      return whenItListens(await runOnCore(core, 'prosody', ['-F', '--config', config], { folder }), ports)
    },
  }
}

const quote = (text: string) => `"${text}"`
