/** What processes leave behind: their last words, how they ended, and whether their databases are whole. */
import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openFolder } from '../folder.ts'
import type { StartedProcess } from '../process.ts'
import type { Lie } from './history.ts'
import type { SoakAgent } from './street.ts'

/** An error in the log is a mistake of the program's own, with its stack. */
export function readMistakes(who: string, log: string, expected: RegExp): Lie[] {
  const lies: Lie[] = []
  for (const line of log.split('\n')) {
    const { level, event, msg, stack } = readLine(line)
    if (level !== 'error' || expected.test(String(event))) continue
    lies.push({ rule: 'mistake', words: `${who} logged ${event}: ${msg}\n${String(stack).slice(0, 600)}` })
  }
  return lies
}

function readLine(line: string): Record<string, unknown> {
  if (line.trim() === '') return {}
  try {
    return JSON.parse(line)
  } catch {
    // A log is JSON; anything else on standard error is Node's own complaint, or cut off by a kill.
    return /(unhandled|uncaught|FATAL|Error:)/i.test(line) ? { level: 'error', event: 'standard error', msg: line } : {}
  }
}

export async function checkRelayEnd(relay: StartedProcess, folder: string): Promise<Lie[]> {
  const { code, signal } = await relay.stop('SIGTERM', 20_000)
  const lastWords = relay.output().stderr.slice(-600)
  const end: Lie[] =
    code === 0
      ? []
      : [{ rule: 'ended', words: `The relay ended with ${signal ?? code} when it was asked to.\n${lastWords}` }]
  return [...end, ...(await checkDatabase(folder, 'fairlead.db'))]
}

export async function checkAgents(agents: readonly SoakAgent[]): Promise<Lie[]> {
  const lies: Lie[] = []
  for (const agent of agents) {
    const name = agent.ids.join(', ')
    lies.push(...readMistakes(`the agent of ${name}`, agent.process().output().stderr, /^$/))
    const { code, signal } = await agent.process().stop('SIGTERM', 20_000)
    if (code !== 0) lies.push({ rule: 'ended', words: `The agent of ${name} ended with ${signal ?? code}.` })
    lies.push(...(await checkDatabase(agent.folder, 'agent.db')))
  }
  return lies
}

/** Looked at in a copy: where a disk of its own is seen through `/proc`, SQLite itself would follow the link out again. */
async function checkDatabase(folder: string, name: string): Promise<Lie[]> {
  await using copy = await openFolder()
  for (const suffix of ['', '-wal'])
    if (existsSync(join(folder, name + suffix)))
      await copyFile(join(folder, name + suffix), join(copy.path, name + suffix))
  const file = new DatabaseSync(join(copy.path, name))
  try {
    const rows = file.prepare('PRAGMA integrity_check').all()
    const words = rows.map((row) => String(row['integrity_check'])).join('; ')
    return words === 'ok' ? [] : [{ rule: 'damaged', words: `${folder}/${name}: ${words}` }]
  } finally {
    file.close()
  }
}
