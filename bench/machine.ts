/** The machine that the figures come from. */
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

export function describeMachine(): Record<string, string | number> {
  const [processor] = cpus()
  return {
    processor: processor?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${debianVersion()}, Linux ${release()}`,
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
  }
}

function debianVersion(): string {
  const name = /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8'))
  return name?.[1] ?? 'unknown'
}

/** What the system lets one process open: devices, and a reserve for everything else. */
export function mostDevices(): number {
  const [, hard = '1024'] = /^Max open files\s+\d+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return hard === 'unlimited' ? 60_000 : Number(hard) - 1000
}
