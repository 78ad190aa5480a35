/** `fairlead relay` and `fairlead agent`: the two programs that stay up. */
import { flagsOf } from '@fairlead/base'
import { configOption, relayOptions, runRelay } from '@fairlead/relay'
import type { Command } from 'commander'
import { several } from '../read-option.ts'
import { tableOf } from '../table.ts'
import type { Terminal } from '../terminal.ts'

export function addProcessCommands(program: Command, terminal: Terminal): void {
  const relay = program.command('relay').description('runs a relay')
  for (const { flags, describe, repeatable } of flagsOf({ ...configOption, ...relayOptions }))
    if (repeatable) relay.option(flags, describe, several)
    else relay.option(flags, describe)
  relay.action(async (flags: Record<string, unknown>) => {
    await runRelay({ flags, environment: terminal.environment, print: terminal.print })
  })

  program
    .command('agent')
    .description('runs an agent for one or more devices; `fairlead agent mode on|off --data DIR` switches one')
    .argument('[options...]')
    .allowUnknownOption()
    .helpOption(false)
    // The agent reads its own options: they are the same from a flag, a file and its data folder.
    .action(async () => {
      // Only now: all other commands start without it.
      const { processIo, runAgent } = await import('@fairlead/agent')
      const io = processIo((head, rows) => tableOf(head, rows, terminal.columns))
      process.exitCode = await runAgent(process.argv.slice(3), io)
    })
}
