/** Before harm: what will be lost and how to get it back is said, and the person types the verb. */
import { Failure } from '@fairlead/base'
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'

export interface HarmFlags {
  yes?: boolean
}

export function withYes(command: Command): Command {
  return command.option('--yes', 'do it without asking; nothing is asked in a pipe or a script either')
}

/**
 * @param warning what will be lost and how to get it back
 * @throws {Failure} when the person at the keyboard thinks better of it
 */
export async function beforeHarm(
  verb: string,
  warning: string,
  { yes }: HarmFlags,
  { ask, complain }: Terminal,
): Promise<void> {
  if (yes || !ask) return
  complain(warning)
  if ((await ask(`Type "${verb}" to go on: `)) !== verb) throw new Failure('invalid-request', 'Nothing was changed.')
}
