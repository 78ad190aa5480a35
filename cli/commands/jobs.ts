/** `fairlead jobs`: what has become of documents, and `fairlead outbox`: those that no relay has yet. */
import { randomInt, randomUUID } from 'node:crypto'
import { Failure } from '@fairlead/base'
import { type Job, JobState } from '@fairlead/protocol/contract'
import type { JobsFilter } from '@fairlead/sdk'
import { type Command, Option } from 'commander'
import { sendingCommand, sendOnce, sendUntilEmpty, startSender } from '../outbox/background.ts'
import { openKnownPrinting } from '../outbox/known-printing.ts'
import { type KeptJob, openOutbox } from '../outbox/outbox.ts'
import { sendKept } from '../outbox/sending.ts'
import { installUnits } from '../outbox/unit-files.ts'
import { openClient } from '../relay-access.ts'
import { tableOf } from '../table.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { ageOf } from '../times.ts'
import { harmless } from '../words.ts'
import { goneInWords, jobInWords, jobLine, stateInWords } from './job-words.ts'
import { type PageFlags, readPages, tellOfMore, withPages } from './pages.ts'
import { withAccess } from './with-access.ts'

type ListFlags = CommonFlags & PageFlags & Pick<JobsFilter, 'device' | 'state'>

export function addJobCommands(program: Command, terminal: Terminal): void {
  const jobs = program.command('jobs').argument('[JOB-ID]').description('lists jobs, or tells all of one')
  withPages(withAccess(jobs))
    .option('--device <id>', 'only those of this device')
    .addOption(
      new Option('--state <state>', 'only those in this state').choices([...JobState.options, 'open', 'ended']),
    )
    .action(async (jobId: string | undefined, flags: ListFlags) => {
      const client = openClient(flags, terminal)
      if (jobId !== undefined) {
        const job = await client.jobs.find(jobId)
        return terminal.print(flags.json ? JSON.stringify(job) : jobInWords(job, terminal.now()))
      }
      const { device, state } = flags
      const filter = { ...(device !== undefined && { device }), ...(state !== undefined && { state }) }
      const page = await readPages(flags, (query) => client.jobs.list({ ...filter, ...query })).catch(async (error) => {
        await tellOfOutbox()
        throw error
      })
      if (flags.json) return terminal.print(JSON.stringify(page))
      if (page.items.length > 0) terminal.print(jobsInTable(page.items, terminal))
      else terminal.print('No jobs. `fairlead print FILE --to ID` sends one.')
      tellOfMore(page, terminal)
      await tellOfOutbox()
    })

  withAccess(jobs.command('cancel').argument('<JOB-ID>'))
    .description('cancels a job: at once while it is at the relay, else its device is asked to')
    .action(async (jobId: string, flags: CommonFlags) =>
      tell(await openClient(flags, terminal).jobs.cancel(jobId), flags),
    )
  withAccess(jobs.command('again').argument('<JOB-ID>'))
    .description('prints a job once more that has ended, while the relay keeps its document')
    .option('--rest', 'only what is behind the pages that came out for sure')
    .action(async (jobId: string, flags: CommonFlags & { rest?: boolean }) => {
      const pages = flags.rest ? 'rest' : 'all'
      tell(await openClient(flags, terminal).jobs.again(jobId, { pages, idempotencyKey: randomUUID() }), flags)
    })
  withAccess(jobs.command('hold').argument('<JOB-ID>'))
    .description('lets a job wait until it is released')
    .action(async (jobId: string, flags: CommonFlags) =>
      tell(await openClient(flags, terminal).jobs.change(jobId, { hold: true }), flags),
    )
  withAccess(jobs.command('release').argument('<JOB-ID>'))
    .description('lets a job go that is held, or that its changed device would print otherwise')
    .action(async (jobId: string, flags: CommonFlags) =>
      tell(await openClient(flags, terminal).jobs.change(jobId, { hold: false }), flags),
    )

  function tell(job: Job, { json }: CommonFlags): void {
    terminal.print(json ? JSON.stringify(job) : jobLine(job))
  }

  /** Whoever looks here wonders where the others are; and what waits may go now. */
  async function tellOfOutbox(): Promise<void> {
    const kept = await openOutbox(terminal.environment).list()
    if (kept.length === 0) return
    startSender()
    const what = kept.length === 1 ? '1 job is' : `${kept.length} jobs are`
    terminal.complain(`${what} still on this machine: \`fairlead outbox\` shows them.`)
  }

  addOutboxCommands(program, terminal)
}

function jobsInTable(jobs: readonly Job[], { columns, now }: Terminal): string {
  const rows = jobs.map((job) => [
    job.jobId,
    job.device,
    harmless(job.name),
    stateInWords(job),
    ageOf(job.createdAt, now()),
  ])
  return tableOf(['ID', 'DEVICE', 'NAME', 'STATE', 'SENT'], rows, columns)
}

function addOutboxCommands(program: Command, terminal: Terminal): void {
  const list = program.command('outbox').description('shows jobs that are kept on this machine until a relay answers')
  const open = () => ({
    outbox: openOutbox(terminal.environment),
    known: openKnownPrinting(terminal.environment),
    now: terminal.now,
  })

  async function mustFind(id: string): Promise<KeptJob> {
    const job = (await open().outbox.list()).find((each) => each.id === id)
    if (!job) throw new Failure('not-found', `There is no ${id} in the outbox.`)
    return job
  }

  list.option('--json', 'print them as JSON').action(async ({ json }: { json?: boolean }) => {
    const kept = await open().outbox.list()
    // The key that it is sent with is nobody's to read here.
    if (json) return terminal.print(JSON.stringify(kept.map(({ relay, ...job }) => ({ ...job, relay: relay.url }))))
    if (kept.length === 0) return terminal.print('Nothing waits here: all jobs are at their relay.')
    const rows = kept.map((job) => [
      job.id,
      job.device,
      harmless(job.name),
      whyKept(job),
      ageOf(timeOf(job), terminal.now()),
    ])
    terminal.print(tableOf(['ID', 'DEVICE', 'NAME', 'WAITS', 'SINCE'], rows, terminal.columns))
  })
  list
    .command('send')
    .argument('[ID]', 'one, whatever it waits for; else all that wait for nobody')
    .description('sends what is kept here, now')
    .option('--until-empty', 'stay until nothing is left that can be sent')
    .action(async (id: string | undefined, { untilEmpty }: { untilEmpty?: boolean }) => {
      if (untilEmpty) return await sendUntilEmpty(open(), () => randomInt(2 ** 32) / 2 ** 32)
      if (id === undefined) {
        const { sent, left } = await sendOnce(open())
        return terminal.print(`${sent} sent, ${left} to be tried again.`)
      }
      const job = await open().outbox.change(await mustFind(id), { agreed: true })
      const sent = await sendKept(job, open())
      if (sent.is === 'sent') return terminal.print(`${sent.job.jobId}: ${job.name} is at the relay for ${job.device}.`)
      if (sent.is === 'gone') return terminal.print(goneInWords(job))
      if (sent.is === 'refused') throw sent.error
      throw new Failure('unavailable', sent.is === 'kept' ? sent.why : sent.question)
    })
  list
    .command('install')
    .description('has systemd send what is kept here, also after a restart of this machine')
    .action(async () => {
      const folder = await installUnits(terminal.environment, open().outbox.folder, sendingCommand())
      terminal.print(`From now on systemd sends what is kept here (units in ${folder}).`)
    })
  list
    .command('remove')
    .argument('<ID>')
    .description('gives up a job that is kept here')
    .action(async (id: string) => {
      const job = await mustFind(id)
      await open().outbox.remove(job)
      terminal.print(`${job.name} is not sent to ${job.device}.`)
    })
}

const timeOf = ({ createdAt }: KeptJob) => new Date(createdAt).toISOString()

function whyKept({ waitsFor, why = '' }: KeptJob): string {
  if (waitsFor === 'answer') return harmless(`for your word: ${why}`)
  if (waitsFor === 'refused') return harmless(`refused: ${why}`)
  return 'for the relay'
}
