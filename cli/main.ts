/** The `fairlead` command. Exit status: 0 done, 1 refused, 2 wrong usage or configuration. */
import { Failure, UsageError } from '@fairlead/base'
import { version } from '@fairlead/relay'
import { NoRelayError, RelayError } from '@fairlead/sdk'
import { Command, CommanderError } from 'commander'
import { addAccountCommands, addKeyCommands } from './commands/accounts.ts'
import { addAuditCommands } from './commands/audit.ts'
import { addBulkCommands } from './commands/bulk.ts'
import { addClaimCommand } from './commands/claim.ts'
import { addCodesCommands } from './commands/codes.ts'
import { addConfirmCommand } from './commands/confirm.ts'
import { addDeviceCommands } from './commands/devices.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addJobCommands } from './commands/jobs.ts'
import { addLoginCommand } from './commands/login.ts'
import { addOrderCommand } from './commands/orders.ts'
import { addPairCommand } from './commands/pair.ts'
import { addPrintCommand } from './commands/print.ts'
import { addProcessCommands } from './commands/processes.ts'
import { addProgramsCommand } from './commands/programs.ts'
import { addRecordCommands } from './commands/record.ts'
import { addRequestCommands } from './commands/requests.ts'
import { addServiceCommands } from './commands/services.ts'
import { addUserCommands } from './commands/users.ts'
import { refusalInWords } from './reasons.ts'
import { openTerminal, whenNobodyReads } from './terminal.ts'
import { harmless } from './words.ts'

const terminal = openTerminal()

function createProgram(): Command {
  const program = new Command('fairlead')
    .description('One plain HTTP call reaches any printer behind NAT and firewall.')
    .version(version)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({ outputError: (text, write) => write(sentenceOf(text)) })
    .showHelpAfterError('(--help tells more)')
    .hook('preAction', (_program, command) => {
      whenNobodyReads(staysUp.has(command.name()) ? 'go on' : 'end')
      inherit(command)
    })
  addProcessCommands(program, terminal)
  addDeviceCommands(program, terminal)
  const exit = (status: 0 | 1) => {
    process.exitCode = status
  }
  addRequestCommands(program, terminal, exit)
  addBulkCommands(program, terminal, exit)
  addPrintCommand(program, terminal, exit)
  addJobCommands(program, terminal)
  addProgramsCommand(program, terminal)
  addClaimCommand(program, terminal)
  addConfirmCommand(program, terminal)
  addPairCommand(program, terminal)
  addCodesCommands(program, terminal, exit)
  addServiceCommands(program, terminal)
  addOrderCommand(program, terminal)
  addAccountCommands(program, terminal)
  addKeyCommands(program, terminal)
  addAuditCommands(program, terminal)
  addUserCommands(program, terminal)
  addRecordCommands(program, terminal)
  addLoginCommand(program, terminal)
  addDoctorCommand(program, terminal, exit)
  settle(program)
  return program
}

const staysUp = new Set(['relay', 'agent', 'programs'])

/** Commander's `error: unknown command 'x'` as a sentence; a suggestion stands on a line of its own. */
function sentenceOf(text: string): string {
  const [first = '', ...more] = text
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n')
  const sentence = first.charAt(0).toUpperCase() + first.slice(1)
  return [/[.?]$/.test(sentence) ? sentence : `${sentence}.`, ...more, ''].join('\n')
}

/** `devices --relay URL add ID`: what stands before the inner word holds for it too, or is refused; never just ignored. */
function inherit(command: Command): void {
  const outer = command.parent
  for (const option of outer?.options ?? []) {
    const name = option.attributeName()
    if (outer?.getOptionValueSource(name) !== 'cli') continue
    if (!command.options.some((own) => own.long === option.long))
      throw new UsageError(
        `${option.long} belongs to \`${outer.name()}\` and not to \`${outer.name()} ${command.name()}\`.`,
      )
    if (command.getOptionValueSource(name) !== 'cli')
      command.setOptionValueWithSource(name, outer.getOptionValue(name), 'cli')
  }
}

/** A word's options stand behind it: those of `devices add` are not those of `devices`. */
function settle(command: Command): void {
  command.exitOverride().enablePositionalOptions()
  for (const inner of command.commands) settle(inner)
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
    else terminal.complain(harmless(refusalInWords(error, terminal.now())))
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
