/** `fairlead print`: a document to a device, from wherever one is; kept here and sent later while no relay answers (E1). */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { setTimeout as passing } from 'node:timers/promises'
import { Failure, UsageError } from '@fairlead/base'
import {
  ColorMode,
  type Job,
  PrintQuality,
  rangesOf,
  Sides,
  usualWaitSeconds,
  whyNotFormat,
  whyNotTicket,
} from '@fairlead/protocol/contract'
import type { Client } from '@fairlead/sdk'
import { type Command, Option } from 'commander'
import type { z } from 'zod'
import { startSender } from '../outbox/background.ts'
import { openKnownPrinting } from '../outbox/known-printing.ts'
import { type KeptJob, type Outbox, openOutbox } from '../outbox/outbox.ts'
import { type Sent, sendKept } from '../outbox/sending.ts'
import { areUnitsInstalled } from '../outbox/unit-files.ts'
import { wholeNumber } from '../read-option.ts'
import { findRelay, openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { goneInWords, hasJobEnded, jobLine } from './job-words.ts'
import type { Exit } from './requests.ts'
import { withAccess } from './with-access.ts'

interface PrintFlags extends CommonFlags {
  to: string
  name?: string
  copies?: number
  media?: string
  sides?: z.infer<typeof Sides>
  color?: z.infer<typeof ColorMode>
  quality?: z.infer<typeof PrintQuality>
  pages?: string
  priority?: number
  hold?: boolean
  release?: boolean
  for?: string
  deliverWithin?: number
  wait?: boolean
}

const types: Readonly<Record<string, string>> = {
  '.pdf': 'application/pdf',
  '.ps': 'application/postscript',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.txt': 'text/plain',
  '.pwg': 'image/pwg-raster',
  '.urf': 'image/urf',
}

export function addPrintCommand(program: Command, terminal: Terminal, exit: Exit): void {
  withAccess(program.command('print').argument('<FILE>').description('prints a document on a device'))
    .requiredOption('--to <ID>', 'the device')
    .option('--name <name>', 'what the job is called; else as the file')
    .option('--copies <number>', 'how often (1 to 999)', wholeNumber(1, 999))
    .option('--media <name>', 'paper, as iso_a4_210x297mm')
    .addOption(new Option('--sides <sides>', 'on one side or on both').choices(Sides.options))
    .addOption(new Option('--color <mode>', 'in color or not').choices(ColorMode.options))
    .addOption(new Option('--quality <quality>', 'how carefully').choices(PrintQuality.options))
    .option('--pages <ranges>', 'only these, as 1-3,7,9-')
    .option('--priority <number>', '1 to 100, the highest goes first (50 if not given)', wholeNumber(1, 100))
    .option('--hold', 'let it wait until it is released: `fairlead jobs release JOB-ID`')
    .option('--release', 'let it wait until its person is at the device')
    .option('--for <email>', 'whose it is: a user of the account; with --release')
    .option(
      '--deliver-within <seconds>',
      'how long it may wait for its device (up to 604800; a day if not given); 0: now or not at all',
      wholeNumber(0, 604_800, 'seconds'),
    )
    .option('--wait', 'stay until it is printed; exit 1 if it is not')
    .action(async (file: string, flags: PrintFlags) => {
      const tried = await keepAndTry(await jobFor(file, flags, terminal), file, terminal)
      const { job, sent } = await settle(tried, flags.deliverWithin === 0, openOutbox(terminal.environment))
      if (sent.is === 'gone') return terminal.print(flags.json ? JSON.stringify(viewOf(job)) : goneInWords(job))
      if (sent.is === 'kept') {
        startSender()
        terminal.print(flags.json ? JSON.stringify(viewOf(job)) : keptInWords(job))
        return terminal.complain(`${job.why} \`fairlead outbox\` shows what waits here.${afterRestart(terminal)}`)
      }
      if (flags.wait) {
        const seen = await follow(openClient(flags, terminal), sent.job.jobId, terminal)
        terminal.print(flags.json ? JSON.stringify(seen) : jobLine(seen))
        return exit(seen.state === 'done' ? 0 : 1)
      }
      const words = `${sent.job.jobId}: ${job.name} is at the relay for ${job.device}. \`fairlead jobs ${sent.job.jobId}\` tells more.`
      terminal.print(flags.json ? JSON.stringify(sent.job) : words)
    })
}

interface Tried {
  job: KeptJob
  sent: Sent
  /** Why the device could not do it, as far as it was known here. */
  why: string | undefined
}

/** On disk before it is tried: whatever happens to this machine from then on, it is not lost. */
async function keepAndTry(kept: KeptJob, file: string, terminal: Terminal): Promise<Tried> {
  const outbox = openOutbox(terminal.environment)
  const known = openKnownPrinting(terminal.environment)
  const before = await known.find(kept.relay.url, kept.device)
  const told = before?.abilities ?? undefined
  const why = whyNotFormat(told, kept.contentType) ?? whyNotTicket(told, kept.ticket)
  const checked = before && why === undefined && { abilities: before.version }
  let job: KeptJob = { ...kept, ...checked, inHandOf: process.pid }
  await outbox.add(job, file)
  const needs = { outbox, known, now: terminal.now, onProgress: progressOn() }
  let sent = await sendKept(job, needs)
  if (sent.is === 'asks' && (await agreesTo(sent.question, terminal))) {
    job = await outbox.change(job, { agreed: true })
    sent = await sendKept(job, needs)
  }
  return { job, sent, why }
}

/** @throws why it is neither sent nor kept to be sent by itself */
async function settle(
  { job, sent, why }: Tried,
  isNowOrNever: boolean,
  outbox: Outbox,
): Promise<{ job: KeptJob; sent: Extract<Sent, { is: 'sent' | 'kept' | 'gone' }> }> {
  if (sent.is === 'sent' || sent.is === 'gone') return { job, sent }
  if (sent.is === 'asks')
    throw changed(await outbox.change(job, { waitsFor: 'answer', why: sent.question, inHandOf: undefined }))
  // What the device could not do when it was last heard is not kept, either.
  if (sent.is === 'kept' && why === undefined && !isNowOrNever)
    return { job: await outbox.change(job, { why: sent.why, inHandOf: undefined }), sent }
  await outbox.remove(job)
  throw sent.is === 'refused' ? sent.error : new Failure('unavailable', why ?? `${sent.why} Nothing is kept.`)
}

const viewOf = ({ id, device }: KeptJob) => ({ outboxId: id, state: 'kept', device })

function keptInWords({ id, device, abilities }: KeptJob): string {
  const later = abilities === undefined ? ' What the device can do is not known here: it is checked then.' : ''
  return `Kept as ${id}: it goes to ${device} as soon as the relay answers.${later}`
}

/** The process that sends it ends with this machine. */
function afterRestart({ environment }: Terminal): string {
  if (areUnitsInstalled(environment)) return ''
  return ' After a restart of this machine it goes with the next `fairlead print` or `fairlead jobs`, or by itself if `fairlead outbox install` was run once.'
}

function changed({ id, device, why }: KeptJob): Failure {
  return new Failure(
    'device-refused',
    `${device} has changed since this machine heard of it: ${why} The job waits in the outbox: \`fairlead outbox send ${id}\` prints it as the device can, \`fairlead outbox remove ${id}\` gives it up.`,
  )
}

const lookEveryMs = 500

/** @returns the job when it has ended; each step is shown on a terminal */
async function follow({ jobs }: Client, jobId: string, terminal: Terminal): Promise<Job> {
  for (let shown = ''; ; await passing(lookEveryMs)) {
    const job = await jobs.find(jobId)
    if (hasJobEnded(job)) return job
    const line = jobLine(job)
    if (line !== shown && process.stderr.isTTY) terminal.complain(line)
    shown = line
  }
}

const whyUnread = ({ code, message }: NodeJS.ErrnoException) => (code === 'ENOENT' ? 'there is no such file' : message)

/** @throws {UsageError} when the file is none that can be printed */
async function jobFor(file: string, flags: PrintFlags, terminal: Terminal): Promise<KeptJob> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) throw new UsageError(`The file ${file} cannot be read: ${whyUnread(found)}.`)
  if (!found.isFile()) throw new UsageError(`${file} is no file that can be printed.`)
  if (found.size === 0) throw new UsageError(`The file ${file} is empty.`)
  const { to, copies, media, sides, color, quality, pages, priority, deliverWithin = usualWaitSeconds } = flags
  if (pages !== undefined && !/^[\d,-]+$/.test(pages)) throw new UsageError('--pages takes ranges, as 1-3,7,9-.')
  if (pages !== undefined && rangesOf(pages) === undefined)
    throw new UsageError('--pages takes ranges that rise and do not overlap, as 1-3,7,9-.')
  const asked = { copies, media, sides, color, quality, pages }
  const now = terminal.now()
  return {
    id: randomBytes(12).toString('hex'),
    relay: findRelay(flags, terminal),
    device: to,
    name: (flags.name ?? basename(file)).slice(0, 255),
    contentType: types[extname(file).toLowerCase()] ?? 'application/octet-stream',
    bytes: found.size,
    ticket: Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)),
    ...(priority !== undefined && { priority }),
    ...waitOf(flags),
    createdAt: now,
    expiresAt: now + deliverWithin * 1000,
  }
}

/** @throws {UsageError} what cannot be together */
function waitOf({ hold, release, for: person, deliverWithin }: PrintFlags): Pick<KeptJob, 'hold' | 'release' | 'for'> {
  if (!release && person !== undefined)
    throw new UsageError('--for says whose job waits at the device: give --release as well.')
  if (release && hold)
    throw new UsageError('A job waits for its person, or for anybody to release it: leave out --hold or --release.')
  if (release && deliverWithin === 0)
    throw new UsageError('A job that is to go now or not at all cannot wait for its person.')
  // What is sent with a key is nobody's that could be at a device, unless it is said.
  if (release && person === undefined)
    throw new UsageError('--for says whose job it is: the e-mail address of a user of the account.')
  return {
    ...(hold !== undefined && { hold }),
    ...(release && { release: 'person' }),
    ...(person !== undefined && { for: person }),
  }
}

async function agreesTo(question: string, { ask, complain }: Terminal): Promise<boolean> {
  if (!ask) return false
  complain(`The device has changed since this machine heard of it: ${question}`)
  return /^y(es)?$/i.test(await ask('Print it as the device can? (yes or no) '))
}

/** Of what takes a while, on a terminal. */
function progressOn(): (sent: number, of: number) => void {
  const isShown = process.stderr.isTTY
  return (sent, of) => {
    if (!isShown || of < 4 * 1024 * 1024) return
    process.stderr.write(`\rSending: ${Math.floor((sent * 100) / of)} %${sent === of ? '\n' : ''}`)
  }
}
