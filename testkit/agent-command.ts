/** Starts `fairlead agent …` with any arguments, for scenes that are about those. */
import { type Start, type StartedProcess, startHouseFile } from './process.ts'

const program = 'cli/main.ts'

/** Starts an agent that stays up. */
export function startAgent(
  args: readonly string[],
  environment: Record<string, string> = {},
  start?: Start,
): Promise<StartedProcess> {
  return startHouseFile(program, ['agent', ...args], { environment }, start)
}

/** Runs it to its end. @returns what it printed @throws {Error} with its words, when it does not exit with 0 */
export async function runAgentCommand(args: readonly string[], start?: Start): Promise<string> {
  await using command = await startHouseFile(program, ['agent', ...args], {}, start)
  const { code } = await command.exited
  const { stdout, stderr } = command.output()
  if (code !== 0) throw new Error(`fairlead agent ${args.join(' ')} exits with ${code}: ${stderr}`)
  return stdout
}
