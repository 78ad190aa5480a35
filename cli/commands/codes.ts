/** `fairlead codes`: makes factory codes, puts them on the relay's list, and prints the labels for them. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { Failure, UsageError } from '@fairlead/base'
import { DeviceId, FactoryList, inGroups, makeFactoryCode } from '@fairlead/protocol/contract'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { consoleClaimUrl, readClaimUrl } from '../codes/claim-url.ts'
import { type ReadList, type RefusedLine, readList } from '../codes/read-list.ts'
import { type LineResult, sendList } from '../codes/send-list.ts'
import { type SheetName, sheetNames, sheets } from '../codes/sheets.ts'
import { findRelayUrl, openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { harmless } from '../words.ts'
import { withAccess } from './with-access.ts'

const number = new Intl.NumberFormat('en')
const counted = (count: number, thing: string) => `${number.format(count)} ${thing}${count === 1 ? '' : 's'}`

export function addCodesCommands(program: Command, terminal: Terminal, exit: (status: 0 | 1) => void): void {
  const codes = program
    .command('codes')
    .description('factory codes: makes them, lists them at the relay, prints labels')
  addMake(codes, terminal)
  addImport(codes, terminal, exit)
  addLabels(codes, terminal)
}

function addMake(codes: Command, terminal: Terminal): void {
  codes
    .command('make')
    .argument('<COUNT>', 'how many', readCount)
    .description('makes codes for new devices, as CSV: id,code,model')
    .option('--prefix <text>', 'what each ID begins with; the rest is made up', 'device-')
    .option('--model <text>', 'written into each line')
    .option('--out <file>', 'for you alone, and never over another; standard output if left out')
    .action((count: number, { prefix, model = '', out }: { prefix: string; model?: string; out?: string }) => {
      if (!DeviceId.safeParse(newId(prefix)).success)
        throw new UsageError(`--prefix is ${prefix}: it must be at most 54 characters of a-z 0-9 . _ -`)
      if (model !== '' && !FactoryList.shape.items.element.shape.model.safeParse(model).success)
        throw new UsageError('--model must be one line of at most 128 characters.')
      const lines = Array.from({ length: count }, () => [newId(prefix), inGroups(newCode()), model].map(cell).join(','))
      const text = ['id,code,model', ...lines].join('\n')
      if (out === undefined) return terminal.print(text)
      writeNew(out, `${text}\n`)
      terminal.print(
        `${counted(count, 'code')} in ${out}. Keep it like a key: whoever reads it can claim the devices.\n` +
          `\`fairlead codes import ${out}\` tells the relay of them, \`fairlead codes labels ${out}\` prints them.`,
      )
    })
}

function readCount(text: string): number {
  const count = Number(text)
  if (/^\d{1,6}$/.test(text) && count >= 1 && count <= 100_000) return count
  throw new InvalidArgumentError('It must be a whole number, 1 to 100000.')
}

/** S-R1: of chance alone, 80 bits. */
const newCode = () => makeFactoryCode(randomBytes(10))

/** 50 bits of chance, so that two lists do not name one device twice. */
const newId = (prefix: string) => prefix + newCode().slice(0, 10).toLowerCase()

/** RFC 4180 §2.6. */
const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

function addImport(codes: Command, terminal: Terminal, exit: (status: 0 | 1) => void): void {
  const command = codes
    .command('import')
    .argument('<FILE>', 'CSV with the columns id, code, model; - is standard input')
    .description('puts devices and their codes on the list of the relay; sent again it does no harm')
  withAccess(command, 'print what became of each line, as one JSON object').action(
    async (path: string, flags: CommonFlags) => {
      const client = openClient(flags, terminal)
      const list = await readFile(path)
      const progress = progressOn(terminal, list.lines.length)
      const results: LineResult[] = list.refused.map((refused) => ({ ...refused, result: 'refused' }))
      try {
        for await (const page of sendList(list.lines, client.addToFactoryList)) {
          results.push(...page)
          progress(results.length - list.refused.length)
        }
      } catch (error) {
        const stored = results.length - list.refused.length
        if (stored > 0 && !flags.json)
          terminal.complain(`${counted(stored, 'line')} went before this, and stay. Send the file again.`)
        throw error
      }
      results.sort((one, other) => one.line - other.line)
      tellResults(results, flags, terminal)
      if (results.some(({ result }) => result === 'refused')) exit(1)
    },
  )
}

function tellResults(results: readonly LineResult[], { json }: CommonFlags, terminal: Terminal): void {
  const count = (wanted: LineResult['result']) => results.filter(({ result }) => result === wanted).length
  const counts = { added: count('added'), known: count('known'), refused: count('refused') }
  if (json) {
    terminal.print(JSON.stringify({ items: results, ...counts }))
    return
  }
  for (const { result, ...line } of results) if (result === 'refused') terminal.print(refusalOf(line))
  const parts = Object.entries(counts).map(([result, many]) => `${number.format(many)} ${result}`)
  terminal.print(`${counted(results.length, 'line')}: ${parts.join(', ')}`)
}

function refusalOf({ line, id, why = '' }: Omit<RefusedLine, 'why'> & { why?: string | undefined }): string {
  return harmless(`Line ${line}${id === '' ? '' : ` (${id})`}: ${why}`)
}

/** Between two lines, in milliseconds. */
const tellEveryMs = 1000

/** On a terminal only. */
function progressOn(terminal: Terminal, all: number): (done: number) => void {
  if (!process.stderr.isTTY) return () => {}
  let lastMs = terminal.now()
  return (done) => {
    if (terminal.now() - lastMs < tellEveryMs) return
    lastMs = terminal.now()
    terminal.complain(`${number.format(done)} of ${counted(all, 'line')} sent …`)
  }
}

interface LabelFlags {
  out: string
  sheet: SheetName
  claimUrl?: string
  relay?: string
}

function addLabels(codes: Command, terminal: Terminal): void {
  codes
    .command('labels')
    .argument('<FILE>', 'CSV with the columns id, code, model; - is standard input')
    .description('makes labels with QR codes as a PDF; it asks no relay')
    .requiredOption('--out <file>', 'for you alone, and never over another')
    .addOption(new Option('--sheet <sheet>', 'what it is printed on').choices(sheetNames).default('a4-3x8'))
    .option('--claim-url <url>', 'where the QR codes lead, with #CODE behind it; else to the console of the relay')
    .option('--relay <url>', 'the relay; else FAIRLEAD_RELAY, else what `fairlead login` kept')
    .action(async (path: string, { out, sheet, claimUrl, relay }: LabelFlags) => {
      const url = readClaimUrl(claimUrl ?? consoleClaimUrl(findRelayUrl({ ...(relay && { relay }) }, terminal)))
      const { lines, refused } = await readFile(path)
      // A label that nobody can claim with is found out at the customer's.
      if (refused.length > 0) {
        for (const line of refused) terminal.complain(refusalOf(line))
        throw new Failure('invalid-request', 'No labels were made: mend these lines, or take them out.')
      }
      if (lines.length === 0) throw new Failure('invalid-request', 'There is no device in that file.')
      const { drawLabels } = await import('../codes/draw-labels.ts')
      writeNew(out, await drawLabels(lines, { sheet: sheets[sheet], claimUrl: url }))
      terminal.print(
        `${counted(lines.length, 'label')} in ${out}, leading to ${harmless(url)}. Print at 100 %, not fitted to the page.`,
      )
      if (isHere(url))
        terminal.complain('No phone finds that address: it is this machine’s own. Give --claim-url or --relay.')
    })
}

function isHere(url: string): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(new URL(url).hostname)
}

async function readFile(path: string): Promise<ReadList> {
  if (path === '-') return readList(await buffer(process.stdin), 'Standard input')
  return readList(
    trying(path, () => readFileSync(path)),
    path,
  )
}

/** Codes are secrets; and labels may have been printed from what is there. */
function writeNew(path: string, content: string | Uint8Array): void {
  trying(path, () => writeFileSync(path, content, { flag: 'wx', mode: 0o600 }))
}

/** @throws {Failure} in words, when a file cannot be read or written */
function trying<Result>(path: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'EEXIST')
      throw new Failure('invalid-request', `${path} is there already. Give another name, or remove it.`)
    throw new Failure('invalid-request', `${path} cannot be opened (${error.code}).`)
  }
}
