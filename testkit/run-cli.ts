/** Runs `fairlead …` to its end, as a person or a script does, with a home of its own. */
import { type StartOptions, startHouseFile } from './process.ts'

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

export async function runCli(args: readonly string[], options: StartOptions = {}): Promise<Ran> {
  // Nobody's own configuration counts, unless the test gives a home.
  const environment = { HOME: '/nowhere', XDG_CONFIG_HOME: undefined, ...options.environment }
  await using started = await startHouseFile('cli/main.ts', args, { ...options, environment })
  const { code } = await started.exited
  return { code, ...started.output() }
}
