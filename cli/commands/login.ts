/** `fairlead login`: keeps relay and key for this user, after trying them. */
import { text } from 'node:stream/consumers'
import { UsageError } from '@fairlead/base'
import { createClient } from '@fairlead/sdk'
import type { Command } from 'commander'
import { keepAccess, readRelayUrl } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'

export function addLoginCommand(program: Command, terminal: Terminal): void {
  program
    .command('login')
    .description('keeps the relay and the key in ~/.config/fairlead/config.yaml, readable by you alone')
    .requiredOption('--relay <url>')
    .option('--key <key>', 'left out: read from standard input, so that it stays out of the shell history')
    .action(async (flags: CommonFlags & { relay: string }) => {
      const key = flags.key ?? (await readKey(terminal))
      const relay = { url: readRelayUrl(flags.relay), key }
      await createClient(relay).devices.list({ limit: 1 })
      terminal.print(`Logged in to ${relay.url}; kept in ${keepAccess(relay, terminal)}.`)
    })
}

async function readKey(terminal: Terminal): Promise<string> {
  if (process.stdin.isTTY) terminal.complain('Paste the key, then press Enter and Ctrl-D:')
  const key = (await text(process.stdin)).trim()
  if (key === '') throw new UsageError('No key came on standard input. Give --key KEY, or pipe the key in.')
  return key
}
