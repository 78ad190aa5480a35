/** The `fairlead` command. Exit status: 0 done, 1 refused, 2 wrong usage or configuration. */
import { Failure, UsageError } from '@fairlead/base'
import { version } from '@fairlead/relay'
import { NoRelayError, RelayError } from '@fairlead/sdk'
import { Command, CommanderError } from 'commander'
import { addAccountCommands, addKeyCommands } from './commands/accounts.ts'
import { addDeviceCommands } from './commands/devices.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addLoginCommand } from './commands/login.ts'
import { addProcessCommands } from './commands/processes.ts'
import { addRequestCommands } from './commands/requests.ts'
import type { Terminal } from './terminal.ts'

const terminal: Terminal = {
  environment: process.env,
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
}

function createProgram(): Command {
  const program = new Command('fairlead')
    .description('One plain HTTP call reaches any printer behind NAT and firewall.')
    .version(version)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help tells more)')
  addProcessCommands(program, terminal)
  addDeviceCommands(program, terminal)
  const exit = (status: 0 | 1) => {
    process.exitCode = status
  }
  addRequestCommands(program, terminal, exit)
  addAccountCommands(program, terminal)
  addKeyCommands(program, terminal)
  addLoginCommand(program, terminal)
  addDoctorCommand(program, terminal, exit)
  settle(program)
  return program
}

/** A word's options stand behind it: those of `devices add` are not those of `devices`. */
function settle(command: Command): void {
  command.exitOverride().enablePositionalOptions()
  for (const inner of command.commands) settle(inner)
}

/** The relay speaks to programs; here a person reads, who has flags and not headers. */
function forTerminal({ code, message }: RelayError): string {
  if (code === 'unauthorized')
    return 'The relay does not know this key: give another with --key or FAIRLEAD_KEY, or run `fairlead login`.'
  return message.replace('deliverWithinSeconds', '--deliver-within SECONDS')
}

/** @returns the exit status of what was thrown, after saying it in one sentence */
function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof UsageError) {
    terminal.complain(error.message)
    return 2
  }
  if (error instanceof RelayError) {
    if (process.argv.includes('--json')) terminal.print(JSON.stringify(error.problem))
    else terminal.complain(forTerminal(error))
    return 1
  }
  if (error instanceof NoRelayError || error instanceof Failure) {
    terminal.complain(error.message)
    return 1
  }
  throw error
}

try {
  await createProgram().parseAsync(process.argv)
} catch (error) {
  process.exitCode = exitStatusOf(error)
}
