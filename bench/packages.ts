/** Installs the servers that stand beside us, and starts none of them on its standard ports. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@fairlead/base'

const installer = fileURLToPath(new URL('../tools/install-packages.sh', import.meta.url))

/** Asks the network for nothing when they are there. @throws {UsageError} with the command to run */
export function installPackages(names: readonly string[], say: (line: string) => void): void {
  const missing = names.filter((name) => !isInstalled(name))
  if (missing.length === 0) return
  say(`installing ${missing.join(', ')}`)
  // The same lock as the tests': apt bears only one at a time.
  spawnSync('flock', ['/tmp/fairlead-apt.lock', installer, ...missing], { stdio: ['ignore', 2, 2] })
  const still = missing.filter((name) => !isInstalled(name))
  if (still.length === 0) return
  throw new UsageError(
    `Installing failed. On Debian, as root: apt-get install -y --no-install-recommends ${still.join(' ')}; or leave them out with --only.`,
  )
}

function isInstalled(name: string): boolean {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own way to name a field.
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat=${Status}', name], { encoding: 'utf8' })
  return stdout?.includes('install ok installed') ?? false
}
