/** Lets systemd send the outbox, also after this machine was started anew: one unit that looks, and one that sends. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '@fairlead/base'

const name = 'fairlead-outbox'

/** @param command the words that send until nothing is left @returns each file's name and text. Source: systemd.path(5), systemd.service(5) */
export function unitFiles(outbox: string, command: readonly string[]): Record<string, string> {
  return {
    [`${name}.path`]: `[Unit]
Description=Jobs for printers that wait in the outbox of Fairlead

[Path]
PathExistsGlob=${escaped(outbox)}/*.json

[Install]
WantedBy=default.target
`,
    [`${name}.service`]: `[Unit]
Description=Sends the outbox of Fairlead to its relay

[Service]
Type=exec
ExecStart=${command.map((word) => `"${escaped(word).replaceAll('"', '\\"')}"`).join(' ')}
# What waits for its sender's word keeps the files there: looked at again, but not at once.
ExecStopPost=sleep 30
`,
  }
}

/** `%` and `\` mean something to systemd (systemd.unit(5), specifiers). */
const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('%', '%%')

const unitFolder = (environment: Readonly<Record<string, string | undefined>>) => {
  const home = environment['HOME'] || homedir()
  return join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'systemd', 'user')
}

/** Somebody has let systemd send the outbox. */
export function areUnitsInstalled(environment: Readonly<Record<string, string | undefined>>): boolean {
  return existsSync(join(unitFolder(environment), `${name}.path`))
}

/** @returns where the files are @throws {Failure} `unavailable`, with what to do instead: there is no systemd of this user */
export async function installUnits(
  environment: Readonly<Record<string, string | undefined>>,
  outbox: string,
  command: readonly string[],
): Promise<string> {
  const folder = unitFolder(environment)
  await mkdir(folder, { recursive: true })
  for (const [file, text] of Object.entries(unitFiles(outbox, command))) await writeFile(join(folder, file), text)
  try {
    await promisify(execFile)('systemctl', ['--user', 'enable', '--now', `${name}.path`])
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n').join(' ') : String(error)
    throw new Failure(
      'unavailable',
      `The units are in ${folder}, but systemd did not take them (${why}). Where there is none, have \`fairlead outbox send\` run at each start and every few minutes, with cron for example.`,
      { cause: error },
    )
  }
  return folder
}
