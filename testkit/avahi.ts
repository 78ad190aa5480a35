/** Avahi, as on most printers with Linux in them: announces what a test wants announced, in a network of its own. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder } from './folder.ts'
import type { Namespace } from './namespace.ts'
import { until } from './until.ts'

export interface AnnouncedGroup {
  /** As people see it. */
  name: string
  /** `twin.local`; without one it is this machine's own. */
  host?: string
  services: { type: string; port: number; texts?: readonly string[] }[]
}

export interface Announcing {
  /** The name of the machine, without `.local`. */
  hostName: string
  /** On which interface. */
  port: string
  /** Other hosts, each with its address. */
  hosts: Readonly<Record<string, string>>
  groups: readonly AnnouncedGroup[]
}

/** @returns when all of it has been announced */
export async function startAvahi(at: Namespace, announcing: Announcing): Promise<AsyncDisposable> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await openFolder())
  const home = join(folder.path, 'avahi')
  await mkdir(join(home, 'services'), { recursive: true })
  await writeFile(join(home, 'avahi-daemon.conf'), configurationOf(announcing))
  await writeFile(
    join(home, 'hosts'),
    Object.entries(announcing.hosts)
      .map(([host, address]) => `${address} ${host}\n`)
      .join(''),
  )
  for (const [i, group] of announcing.groups.entries())
    await writeFile(join(home, 'services', `${i}.service`), serviceFileOf(group))

  // Its folders are fixed: here they are others, for this process alone.
  const mounts = `mkdir -p /run/avahi-daemon && mount --bind ${home} /etc/avahi && mount -t tmpfs none /run/avahi-daemon`
  const daemon = 'exec /usr/sbin/avahi-daemon --no-drop-root --no-chroot --no-rlimits'
  const avahi = starting.use(await at.start('sh', ['-c', `${mounts} && ${daemon}`]))
  await until('everything is announced', () => {
    const said = avahi.output().stderr.match(/successfully established/g) ?? []
    return said.length === announcing.groups.length + Object.keys(announcing.hosts).length
  })
  return starting.move()
}

function configurationOf({ hostName, port }: Announcing): string {
  return `[server]
host-name=${hostName}
allow-interfaces=${port}
enable-dbus=no
[publish]
publish-hinfo=no
publish-workstation=no
`
}

function serviceFileOf({ name, host, services }: AnnouncedGroup): string {
  const of = ({ type, port, texts = [] }: AnnouncedGroup['services'][number]) =>
    `<service><type>${type}</type>${host === undefined ? '' : `<host-name>${host}</host-name>`}<port>${port}</port>
    ${texts.map((text) => `<txt-record>${text}</txt-record>`).join('')}</service>`
  return `<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>${name}</name>${services.map(of).join('\n')}</service-group>
`
}
