/** What a virtual printer has printed, as somebody who stands before it reads it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** @param agentData the agent's data folder @returns the pages that lie in its tray, the oldest first */
export async function readTray(agentData: string, device: string): Promise<string[]> {
  const folder = join(agentData, 'drivers', device, 'printed')
  const sheets = await readdir(folder).catch(() => [])
  return await Promise.all(sheets.sort().map((sheet) => readFile(join(folder, sheet), 'utf8')))
}

/** The word on the newest confirmation page. @throws {Error} when there is none */
export async function readWord(agentData: string, device: string): Promise<string> {
  const page = (await readTray(agentData, device)).at(-1) ?? ''
  const word = /^ +([A-Z]+ \d{4})$/m.exec(page)?.[1]
  if (word === undefined) throw new Error(`No word stands on "${page}"`)
  return word
}
