/** What a process and its children have used so far, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  cpuSeconds: number
  /** Resident memory; what the kernel keeps for sockets is not in it. */
  residentKb: number
}

/** USER_HZ is 100 on every Linux that Node runs on. */
export const secondsPerTick = 1 / 100

export function readUsage(pid: number): Usage {
  const usage = { cpuSeconds: 0, residentKb: 0 }
  for (const member of familyOf(pid)) {
    const [, ...fields] = statOf(member)
    // The fields of proc(5) from the third on: utime is the 14th; the 16th and 17th are of children that have ended.
    for (const field of fields.slice(11, 15)) usage.cpuSeconds += Number(field) * secondsPerTick
    usage.residentKb += Number(/^VmRSS:\s*(\d+)/m.exec(read(`/proc/${member}/status`))?.[1] ?? 0)
  }
  return usage
}

function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statOf(Number(name))[2])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const family = [pid]
  for (const member of family) family.push(...(children.get(member) ?? []))
  return family
}

/** The name, and the fields behind it: the name may hold anything. Empty for a process that is gone. */
function statOf(pid: number): string[] {
  const [, name = '', rest = ''] = /\((.*)\) (.*)/s.exec(read(`/proc/${pid}/stat`)) ?? []
  return rest === '' ? [] : [name, ...rest.split(' ')]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended between two looks.
    return ''
  }
}
