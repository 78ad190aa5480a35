/** Runs `fairlead …` to its end, as a person or a script does, with a home of its own. */
import { type Ran, runHouseFile, type StartOptions } from './process.ts'

export function runCli(args: readonly string[], options: StartOptions = {}): Promise<Ran> {
  // Nobody's own configuration counts, unless the test gives a home.
  const environment = { HOME: '/nowhere', XDG_CONFIG_HOME: undefined, ...options.environment }
  return runHouseFile('cli/main.ts', args, { ...options, environment })
}
