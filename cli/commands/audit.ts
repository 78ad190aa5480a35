/** `fairlead audit`: who did what; exports it, and checks that nothing of it was changed since. */
import { createReadStream, existsSync } from 'node:fs'
import { Failure } from '@fairlead/base'
import { type ChainSummary, checkChain, type Head, readHead } from '@fairlead/protocol/audit'
import { AuditAction, type AuditEntry } from '@fairlead/protocol/contract'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { readTime } from '../read-option.ts'
import { openClient } from '../relay-access.ts'
import { tableOf } from '../table.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { shortTime } from '../times.ts'
import { writeWholeFile } from '../whole-file.ts'
import { harmless } from '../words.ts'
import { type PageFlags, readPages, tellOfMore, withPages } from './pages.ts'
import { withAccess } from './with-access.ts'

interface ListFlags extends CommonFlags, PageFlags {
  account?: string
  device?: string
  actor?: string
  action?: AuditAction
  from?: string
  to?: string
}

/** Standard input or output. */
const standard = '-'
/** Between two lines of progress, in milliseconds. */
const tellEveryMs = 1000

export function addAuditCommands(program: Command, terminal: Terminal): void {
  const list = program.command('audit').description('shows who did what, newest first')
  const audit = withPages(withAccess(list))
    .option('--account <id>', 'only entries of this account')
    .option('--device <id>', 'only those about this device')
    .option('--actor <kind[:id]>', 'only what it did: admin, key:ID, user:ID, device:ID, relay')
    .addOption(new Option('--action <action>', 'only those of this action').choices(AuditAction.options))
    .option('--from <time>', 'not before that time or day', readTime)
    .option('--to <time>', 'before that time or day', readTime)
    .action(async (flags: ListFlags) => {
      const { json, relay: _relay, key: _key, limit: _limit, cursor: _cursor, all: _all, ...filter } = flags
      const client = openClient(flags, terminal)
      const page = await readPages(flags, (query) => client.audit.list({ ...filter, ...query }))
      if (json) return terminal.print(JSON.stringify(page))
      if (page.items.length > 0) terminal.print(entriesInWords(page.items, terminal))
      else terminal.print('There are no such entries.')
      tellOfMore(page, terminal)
    })

  const exporting = audit.command('export').description('writes all of it to a file, to be kept elsewhere')
  withAccess(exporting)
    .requiredOption('--out <file>', 'its path; - is standard output')
    .action(async ({ out, ...flags }: CommonFlags & { out: string }) => {
      if (out !== standard && existsSync(out))
        throw new Failure('unavailable', `There is a file ${out} already: name another.`)
      const { head, lines } = await openClient(flags, terminal).audit.export()
      const told = { entries: 0, head: head ?? null }
      const texts = withEnds(counted(lines, told, progressOn(terminal, 'exported')))
      if (out === standard) for await (const text of texts) await written(text)
      else await writeWholeFile(out, texts)
      // Standard output is the file's.
      const tell = out === standard ? terminal.complain : terminal.print
      tell(flags.json ? JSON.stringify(told) : exportInWords(told))
    })

  const verifying = audit.command('verify').argument('[FILE]', 'an export; - is standard input; else the relay’s own')
  withAccess(verifying.description('checks that no entry was changed, removed or moved; names the first that was'))
    .option('--head <seq:hash>', 'an entry that must be in it: finds what was cut off, or made anew', headOption)
    .action(async (file: string | undefined, flags: CommonFlags & { head?: Head }) => {
      const { heads, lines } = file === undefined ? await ofRelay(flags, terminal) : { heads: [], lines: ofFile(file) }
      const all = flags.head ? [...heads, flags.head] : heads
      const summary = await checkChain(lines, { heads: all, progress: progressOn(terminal, 'checked') })
      terminal.print(flags.json ? JSON.stringify(summary) : summaryInWords(summary))
    })
}

function entriesInWords(entries: readonly AuditEntry[], terminal: Terminal): string {
  const rows = entries.map(
    ({ seq, at, account = '', actor, action, device = '', subject = '', result, address = '' }) =>
      [
        ...[String(seq), shortTime(at), [actor.kind, actor.id].filter(Boolean).join(' '), action],
        ...[account, device, subject, result, address],
      ].map(harmless),
  )
  const head = ['SEQ', 'AT', 'WHO', 'ACTION', 'ACCOUNT', 'DEVICE', 'ABOUT', 'RESULT', 'FROM']
  return tableOf(head, rows, terminal.columns)
}

function headOption(text: string): Head {
  const head = readHead(text)
  if (head) return head
  throw new InvalidArgumentError('It must be a number, a colon and 64 hexadecimal digits, as `audit export` tells it.')
}

async function ofRelay(flags: CommonFlags, terminal: Terminal) {
  const { head, lines } = await openClient(flags, terminal).audit.export()
  const told = readHead(head ?? '')
  return { heads: told ? [told] : [], lines }
}

async function* ofFile(path: string): AsyncGenerator<string> {
  const input = path === standard ? process.stdin : createReadStream(path)
  let rest = ''
  try {
    for await (const chunk of input.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new Failure('unavailable', `${path} cannot be read (${error.message}).`)
  }
  if (rest !== '') yield rest
}

async function* counted(lines: AsyncIterable<string>, told: { entries: number }, progress: (count: number) => void) {
  for await (const line of lines) {
    progress(++told.entries)
    yield line
  }
}

async function* withEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}

function written(text: string): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())))
}

const number = new Intl.NumberFormat('en')

function exportInWords({ entries, head }: { entries: number; head: string | null }): string {
  const all = `Exported ${number.format(entries)} ${entries === 1 ? 'entry' : 'entries'}.`
  return head === null ? all : `${all} Keep the head elsewhere, for \`fairlead audit verify --head\`:\n${head}`
}

function summaryInWords({ entries, first, last }: ChainSummary): string {
  if (!first || !last) return 'The audit log is empty.'
  const since = first.at === undefined ? '' : ` of ${shortTime(first.at)}`
  const before = first.seq > 1 ? '; those before were trimmed' : ''
  const all = `${number.format(entries)} ${entries === 1 ? 'entry' : 'entries'}`
  return `The audit log is whole: ${all}, from entry ${first.seq}${since} on${before}. Its head:\n${last.seq}:${last.hash}`
}

/** On a terminal only. */
function progressOn(terminal: Terminal, done: string): (entries: number) => void {
  if (!process.stderr.isTTY) return () => {}
  let lastMs = terminal.now()
  return (entries) => {
    if (terminal.now() - lastMs < tellEveryMs) return
    lastMs = terminal.now()
    terminal.complain(`${number.format(entries)} entries ${done} …`)
  }
}
