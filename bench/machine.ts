/** The machine that the figures come from. */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'

/** @param folder where the servers keep their data */
export function describeMachine(folder: string): Record<string, string | number> {
  const [processor] = cpus()
  return {
    processor: processor?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${debianVersion()}, Linux ${release()}`,
    node: process.version,
    diskSyncMs: timeOfSync(join(folder, 'sync')),
    loadBefore: loadavg()[0] ?? 0,
  }
}

/** What it takes until a page is on the disk: a server that promises durability waits for it. */
function timeOfSync(path: string): number {
  const times = 50
  const page = Buffer.alloc(4096)
  const file = openSync(path, 'w')
  const startedMs = performance.now()
  for (let time = 0; time < times; time++) {
    writeSync(file, page)
    fdatasyncSync(file)
  }
  closeSync(file)
  return Number(((performance.now() - startedMs) / times).toFixed(2))
}

function debianVersion(): string {
  const name = /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8'))
  return name?.[1] ?? 'unknown'
}

/** So many the system lets one process have. @param filesEach what a device takes there; a reserve is for everything else */
export function mostDevices(filesEach = 1): number {
  const [, hard = '1024'] = /^Max open files\s+\d+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return Math.floor((hard === 'unlimited' ? 60_000 : Number(hard) - 1000) / filesEach)
}
