/** `fairlead programs`: hosts the two programs that come with it, for the panels of devices. */
import { askedToStop, createLog, systemRandom, UsageError } from '@fairlead/base'
import { createClient } from '@fairlead/sdk'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { findRelay } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'

interface ProgramsFlags extends CommonFlags {
  listen: { host: string; port: number }
  publicUrl?: string
  smtp?: string
  from: string
  data: string
  zone?: string
  language: 'en' | 'ja'
}

export function addProgramsCommand(program: Command, terminal: Terminal): void {
  program
    .command('programs')
    .description('hosts two programs for the panels of devices: scan to e-mail, and today’s page')
    .option('--relay <url>', 'the relay; else FAIRLEAD_RELAY, else what `fairlead login` kept')
    .option('--key <key>', 'the key; else FAIRLEAD_KEY, else what `fairlead login` kept')
    .option('--listen <host:port>', 'where relay and devices reach it', readListen, readListen('127.0.0.1:8090'))
    .option('--public-url <url>', 'where they reach it, if that is elsewhere: through a proxy with TLS', readPublicUrl)
    .option(
      '--smtp <url>',
      'smtp[s]://USER:PASSWORD@HOST:PORT (or FAIRLEAD_SMTP, which nobody else on the machine reads)',
    )
    .requiredOption('--from <address>', 'whom the e-mails with scans are from')
    .option('--data <folder>', 'scans on their way, and signing secrets', './programs-data')
    .option('--zone <name>', 'the time zone of devices that do not tell theirs, as Europe/Berlin (this machine’s)')
    .addOption(
      new Option('--language <language>', 'of their tiles, and of panels that do not tell theirs')
        .choices(['en', 'ja'])
        .default('en'),
    )
    .action(async (flags: ProgramsFlags) => {
      // Only now: all other commands start without it.
      const { openPrograms, readSmtpServer, zoneOf } = await import('../programs/index.ts')
      const smtp = flags.smtp ?? terminal.environment['FAIRLEAD_SMTP']
      if (!smtp)
        throw new UsageError('Which SMTP server? Give --smtp smtp[s]://USER:PASSWORD@HOST:PORT, or set FAIRLEAD_SMTP.')
      const zone = zoneOf(flags.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone)
      if (zone === undefined) throw new UsageError(`--zone ${flags.zone} is no time zone; Europe/Berlin would be one.`)
      const stopping = new AbortController()
      const asked = askedToStop().then(() => stopping.abort())
      await using running = await openPrograms({
        ...{ client: createClient(findRelay(flags, terminal)), listen: flags.listen, publicUrl: flags.publicUrl },
        ...{ smtp: readSmtpServer(smtp), from: flags.from, folder: flags.data, zone, language: flags.language },
        ...{ random: systemRandom, log: createLog(), now: terminal.now, stopping: stopping.signal },
      })
      const { url, programs } = running
      terminal.print(JSON.stringify({ event: 'programs.ready', url, programs, pid: process.pid }))
      await asked
    })
}

function readListen(text: string): ProgramsFlags['listen'] {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[^\s:]+):(\d{1,5})$/i.exec(text) ?? []
  if (host !== undefined && Number(port) <= 65_535)
    return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
  throw new InvalidArgumentError('It must be HOST:PORT.')
}

function readPublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username
  if (isPlain) return url.href.replace(/\/$/, '')
  throw new InvalidArgumentError('It must be a URL like https://programs.example.com.')
}
