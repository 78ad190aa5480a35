/** `fairlead login`: keeps relay and key for this user, after trying them. */
import { text } from 'node:stream/consumers'
import { UsageError } from '@fairlead/base'
import { createClient } from '@fairlead/sdk'
import type { Command } from 'commander'
import { findRelayUrl, keepAccess, readKey } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'

export function addLoginCommand(program: Command, terminal: Terminal): void {
  program
    .command('login')
    .description('keeps the relay and the key in ~/.config/fairlead/config.yaml, readable by you alone')
    .option('--relay <url>', 'the relay; else FAIRLEAD_RELAY, else the one kept before')
    .option('--key <key>', 'left out: read from standard input, so that it stays out of the shell history')
    .action(async (flags: CommonFlags) => {
      const url = findRelayUrl(flags, terminal)
      const relay = { url, key: readKey(flags.key ?? (await takeKey(terminal))) }
      await createClient(relay).devices.list({ limit: 1 })
      terminal.print(`Logged in to ${relay.url}; kept in ${keepAccess(relay, terminal)}.`)
    })
}

async function takeKey({ ask }: Terminal): Promise<string> {
  const key = ask ? await ask('Paste the key: ') : (await text(process.stdin)).trim()
  if (key === '') throw new UsageError('No key came on standard input. Give --key KEY, or pipe the key in.')
  return key
}
