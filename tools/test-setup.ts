/** Installs the servers and programs that the tests need and this machine lacks. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { home } from './house.ts'

/** A Debian package, and the file by which one sees that it is there: a program's name or an absolute path. */
const neededPackages: Readonly<Record<string, string>> = {
  'nginx-light': 'nginx',
  haproxy: 'haproxy',
  'nats-server': 'nats-server',
  snmpd: 'snmpd',
  snmpsim: 'snmpsimd',
  'chromium-headless-shell': 'chromium-headless-shell',
  iproute2: 'ip',
  nftables: 'nft',
  python3: 'python3',
  'ca-certificates': '/etc/ssl/certs/ca-certificates.crt',
  openssl: 'openssl',
  curl: 'curl',
  procps: 'sysctl',
  e2fsprogs: 'mkfs.ext4',
  faketime: 'faketime',
  prometheus: 'promtool',
  systemd: 'systemd-analyze',
  'poppler-utils': 'pdftoppm',
  'sane-utils': 'scanimage',
  mosquitto: 'mosquitto',
  'mosquitto-clients': 'mosquitto_pub',
  ghostscript: 'gs',
  'cups-client': 'lpadmin',
  'cups-daemon': 'cupsd',
  'cups-ipp-utils': 'ippeveprinter',
  'avahi-daemon': 'avahi-daemon',
  'dbus-daemon': 'dbus-daemon',
  'swift-proxy': 'swift-proxy-server',
  'swift-account': 'swift-account-server',
  'swift-container': 'swift-container-server',
  'swift-object': 'swift-object-server',
  'postgresql-15': '/usr/lib/postgresql/15/bin/postgres',
}

/** Servers live in `sbin`, which is not on everybody's PATH. */
const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** The packages that are not there. */
export function findMissingPackages(needed = neededPackages, exists: (path: string) => boolean = existsSync): string[] {
  return Object.entries(needed)
    .filter(([, file]) => !(file.startsWith('/') ? exists(file) : folders.some((folder) => exists(join(folder, file)))))
    .map(([name]) => name)
}

interface Machine {
  isRoot: boolean
  hasApt: boolean
}

/** What a person has to do when the packages cannot be installed from here: one line. */
export function sentenceFor(missing: readonly string[], machine: Machine): string | undefined {
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (!machine.hasApt)
    return `The tests need ${missing.join(', ')}, and there is no apt-get here: run them on Debian, where this installs them: ${command}`
  if (!machine.isRoot) return `The tests need ${missing.join(', ')}; only root may install them. Run: sudo ${command}`
  return undefined
}

/** Makes sure that everything is there. Asks the network for nothing when it is. @returns what to tell the person if not */
export function setUpForTests(): string | undefined {
  const missing = findMissingPackages()
  if (missing.length === 0) return undefined
  const sentence = sentenceFor(missing, { isRoot: process.getuid?.() === 0, hasApt: existsSync('/usr/bin/apt-get') })
  if (sentence !== undefined) return sentence

  console.log(`Installing what the tests need: ${missing.join(', ')} …`)
  // Two test runs side by side take turns; the lock goes with the process that holds it.
  const { status } = spawnSync(
    'flock',
    ['/tmp/fairlead-apt.lock', join(home, 'tools/install-packages.sh'), ...missing],
    {
      stdio: ['ignore', 2, 2],
    },
  )
  const still = findMissingPackages()
  if (status === 0 && still.length === 0) return undefined
  return `Installing failed (see above). Run: apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`
}
