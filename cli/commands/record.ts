/** `fairlead migrate`, `fairlead export` and `fairlead import`: what is done to a relay's record without the relay. */
import { flagsOf } from '@fairlead/base'
import {
  type Carriage,
  configOption,
  type Progress,
  recordCommands,
  relayOptions,
  type SchemaChange,
} from '@fairlead/relay'
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'

interface RecordFlags {
  config?: string
  data?: string
  databaseUrl?: string
  check?: boolean
  json?: boolean
}

export function addRecordCommands(program: Command, terminal: Terminal): void {
  const migrate = program
    .command('migrate')
    .description('brings the record to the schema of this version, after a backup')
  withPlace(migrate)
    .option('--check', 'only tells what it would do')
    .action(async ({ check = false, json, ...flags }: RecordFlags) => {
      const { migrateCommand } = await recordCommands()
      const change = await migrateCommand({ flags: { ...flags }, environment: terminal.environment, check })
      terminal.print(json ? JSON.stringify({ ...change, check }) : migrationInWords(change, check))
    })

  const file = ['<FILE>', 'its path; - is standard output; packed with gzip if it ends in .gz'] as const
  const exporting = program.command('export').argument(...file)
  withPlace(exporting.description('writes the record to a file, also while the relay runs')).action(
    async (path: string, { json, ...flags }: RecordFlags) => {
      const { exportCommand } = await recordCommands()
      const options = { flags: { ...flags }, environment: terminal.environment, file: path }
      const carried = await exportCommand({ ...options, progress: progressOn(terminal, 'exported') })
      // Standard output is the file's.
      const tell = path === '-' ? terminal.complain : terminal.print
      tell(json ? JSON.stringify(carried) : `Exported ${carriageInWords(carried)}`)
    },
  )

  const importing = program.command('import').argument('<FILE>', 'its path; - is standard input; packed or not')
  withPlace(importing.description('reads a record from a file into an empty one: all of it or nothing')).action(
    async (path: string, { json, ...flags }: RecordFlags) => {
      const { importCommand } = await recordCommands()
      const options = { flags: { ...flags }, environment: terminal.environment, file: path }
      const carried = await importCommand({ ...options, progress: progressOn(terminal, 'imported') })
      terminal.print(json ? JSON.stringify(carried) : `Imported ${carriageInWords(carried)}`)
    },
  )
}

/** The relay's own options that say where its record is. */
function withPlace(command: Command): Command {
  const { data, databaseUrl } = relayOptions
  for (const { flags, describe } of flagsOf({ ...configOption, data, databaseUrl })) command.option(flags, describe)
  return command.option('--json', 'print schema versions, or counts and checksums, as one JSON object')
}

function migrationInWords(change: SchemaChange, check: boolean): string {
  return [changeInWords(change, check), ...(change.waits === undefined ? [] : [change.waits])].join(' ')
}

function changeInWords({ from, to, waits }: SchemaChange, check: boolean): string {
  const nothing = waits === undefined ? ': there is nothing to do.' : '.'
  if (from === to) return `The record has schema version ${to}${nothing}`
  if (from === 0)
    return check
      ? `There is no record: it would be made, with schema version ${to}.`
      : `The record was made, with schema version ${to}.`
  return check
    ? `The record has schema version ${from}: after a backup it would be brought to ${to}.`
    : `The record was brought from schema version ${from} to ${to}. The backup from before is in the data folder.`
}

const number = new Intl.NumberFormat('en')

function carriageInWords({ schema, tables }: Carriage): string {
  const sums = Object.entries(tables)
  const rows = sums.reduce((all, [, sum]) => all + sum.rows, 0)
  const devices = tables['device']?.rows ?? 0
  return `${number.format(rows)} rows of ${sums.length} tables (schema version ${schema}), ${number.format(devices)} devices among them.`
}

/** Between two lines, in milliseconds. */
const tellEveryMs = 1000

/** On a terminal only. */
function progressOn(terminal: Terminal, done: string): Progress | undefined {
  if (!process.stderr.isTTY) return undefined
  let lastMs = terminal.now()
  return ({ table, rows }) => {
    if (terminal.now() - lastMs < tellEveryMs) return
    lastMs = terminal.now()
    terminal.complain(`${table}: ${number.format(rows)} rows ${done} …`)
  }
}
