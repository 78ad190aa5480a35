/** `fairlead bulk`: the same for many devices, eight at a time, with a line for each. */
import { UsageError } from '@fairlead/base'
import { type BulkResult, type Client, inBulk, RelayError } from '@fairlead/sdk'
import type { Command } from 'commander'
import { readAssignments } from '../assignments.ts'
import { several, wholeNumber } from '../read-option.ts'
import { refusalInWords } from '../reasons.ts'
import { openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { harmless, requestAnswerInWords } from '../words.ts'
import { beforeHarm, type HarmFlags, withYes } from './before-harm.ts'
import { type FilterFlags, filterOf, withFilter } from './device-filter.ts'
import type { Exit } from './requests.ts'
import { withAccess } from './with-access.ts'

interface BulkFlags extends CommonFlags, FilterFlags {
  all?: boolean
  timeout?: number
}

/** At one device. */
type Act = (client: Client, device: string) => Promise<Done>

interface Done {
  /** As the API told it, for `--json`. */
  told: object
  words: string
  hasErrors?: boolean
}

export function addBulkCommands(program: Command, terminal: Terminal, exit: Exit): void {
  const forMany = (command: Command) =>
    withFilter(withAccess(command, 'print a line of JSON for each device')).option(
      '--all',
      'all devices that the key reaches, where no filter is given',
    )
  // A filter may stand before the word as well: which devices, and then what.
  const bulk = forMany(program.command('bulk').description('does the same at many devices, with a line for each'))
  const of = (word: string, does: string) => forMany(bulk.command(word).description(does))
  const asks = (word: string, does: string) =>
    of(word, does).option('--timeout <seconds>', 'how long to wait for each', wholeNumber(1, 300, 'seconds'))

  asks('get', 'reads objects')
    .argument('<OBJECT...>')
    .action((objects: string[], flags: BulkFlags) => run(flags, asked({ get: objects }, flags)))
  asks('set', 'sets objects')
    .argument('<OBJECT=TEXT...>', 'what is not text goes as OBJECT:=JSON')
    .action((words: string[], flags: BulkFlags) => run(flags, asked({ set: readAssignments(words) }, flags)))
  asks('command', 'has them do something that they offer')
    .argument('<NAME>')
    .argument('[ARGUMENT=TEXT...]', 'what is not text goes as ARGUMENT:=JSON')
    .action((command: string, words: string[], flags: BulkFlags) =>
      run(flags, asked({ command, arguments: readAssignments(words) }, flags)),
    )
  of('tag', 'adds and removes tags')
    .option('--add <tag>', 'repeatable', several)
    .option('--remove <tag>', 'repeatable', several)
    .action((flags: BulkFlags & { add?: string[]; remove?: string[] }) => {
      const { add, remove } = flags
      if (!add && !remove) throw new UsageError('Which tags? Give --add TAG or --remove TAG.')
      const change = { ...(add && { addTags: add }), ...(remove && { removeTags: remove }) }
      return run(flags, async (client, device) => {
        const { tags } = await client.devices.change(device, change)
        return { told: { tags }, words: tags.length === 0 ? 'no tags' : tags.join(', ') }
      })
    })
  withYes(of('release', 'gives devices away; their history stays here')).action((flags: BulkFlags & HarmFlags) =>
    run(flags, async (client, device) => ({ told: await client.devices.release(device), words: 'released' }), {
      verb: 'release',
      warning:
        'are cut off at once, and are for whoever claims or pairs them next. Claim them again to have them back.',
    }),
  )
  withYes(of('remove', 'removes devices; their history stays')).action((flags: BulkFlags & HarmFlags) =>
    run(
      flags,
      async (client, device) => {
        await client.devices.remove(device)
        return { told: {}, words: 'removed' }
      },
      {
        verb: 'remove',
        warning:
          'are cut off at once, their secrets are void, and what waits for them is dropped. Each has to be enrolled or claimed anew.',
      },
    ),
  )

  async function run(flags: BulkFlags & HarmFlags, act: Act, harm?: { verb: string; warning: string }): Promise<void> {
    const filter = filterOf(flags)
    if (Object.keys(filter).length === 0 && !flags.all)
      throw new UsageError("Which devices? Give a filter such as --tag hall or --where 'toner.black<20', or --all.")
    const client = openClient(flags, terminal)
    const devices = await Array.fromAsync(client.devices.all(filter), ({ id }) => id)
    if (devices.length === 0) return terminal.complain('No device is like that: nothing was done.')
    if (harm) await beforeHarm(harm.verb, `${devices.length} devices ${harm.warning}`, flags, terminal)
    let failed = 0
    await inBulk(devices, (device) => act(client, device), {
      told(result) {
        if (result.is === 'failed' || result.done.hasErrors) failed++
        terminal.print(flags.json ? JSON.stringify(jsonOf(result)) : harmless(lineOf(result, terminal.now())))
      },
    })
    const good = devices.length - failed
    terminal.complain(
      failed === 0 ? `All ${good} are done.` : `${good} of ${devices.length} are done, ${failed} are not.`,
    )
    exit(failed === 0 ? 0 : 1)
  }
}

function asked(request: Parameters<Client['request']>[1], { timeout }: BulkFlags): Act {
  return async (client, device) => {
    // With a key the relay does it once, even if the call is repeated on the way.
    const once = 'get' in request ? {} : { idempotencyKey: crypto.randomUUID() }
    const times = timeout === undefined ? {} : { timeoutSeconds: timeout }
    const answer = await client.request(device, request, { ...once, ...times })
    const hasErrors = 'errors' in answer && Object.keys(answer.errors).length > 0
    const words = requestAnswerInWords(answer)
      .split('\n')
      .map((line) => line.trim())
    return { told: answer, words: words.filter(Boolean).join('; ') || 'done', hasErrors }
  }
}

function lineOf(result: BulkResult<Done>, now: number): string {
  if (result.is === 'done') return `${result.device}: ${result.done.words}`
  const { device, error } = result
  if (!(error instanceof RelayError)) return `${device}: ${error instanceof Error ? error.message : String(error)}`
  const { outcome } = error
  const fate = outcome === 'unknown' ? 'sent, no answer: it may or may not have been done' : 'not done'
  return `${device}: ${fate}. ${refusalInWords(error, now)}`
}

function jsonOf(result: BulkResult<Done>): object {
  const { device } = result
  if (result.is === 'done') return { device, done: !result.done.hasErrors, ...result.done.told }
  const { error } = result
  if (error instanceof RelayError) return { device, done: false, outcome: error.outcome, ...error.problem }
  return { device, done: false, outcome: 'unknown', detail: error instanceof Error ? error.message : String(error) }
}
