/** `fairlead accounts` and `fairlead keys`: tenants, and the keys of their services. */
import { Scope } from '@fairlead/protocol/contract'
import { type Command, InvalidArgumentError } from 'commander'
import { openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { tableOf } from '../words.ts'
import { withAccess } from './with-access.ts'

export function addAccountCommands(program: Command, terminal: Terminal): void {
  const accounts = withAccess(program.command('accounts').description('lists accounts (with the admin key)')).action(
    async (flags: CommonFlags) => {
      const page = await openClient(flags, terminal).accounts.list({ limit: 500 })
      if (flags.json) return terminal.print(JSON.stringify(page))
      terminal.print(
        tableOf(
          ['ID', 'NAME', 'SINCE'],
          page.items.map(({ id, name, createdAt }) => [id, name ?? '', createdAt]),
        ),
      )
    },
  )
  withAccess(accounts.command('add').argument('<ID>').description('adds an account'))
    .option('--name <text>')
    .action(async (id: string, flags: CommonFlags & { name?: string }) => {
      const added = await openClient(flags, terminal).accounts.add({
        id,
        ...(flags.name !== undefined && { name: flags.name }),
      })
      terminal.print(
        flags.json
          ? JSON.stringify(added)
          : `The account ${added.id} is there. \`fairlead keys add ${added.id}\` makes a key for it.`,
      )
    })
}

export function addKeyCommands(program: Command, terminal: Terminal): void {
  const keys = withAccess(program.command('keys').description('lists keys')).action(async (flags: CommonFlags) => {
    const page = await openClient(flags, terminal).keys.list({ limit: 500 })
    if (flags.json) return terminal.print(JSON.stringify(page))
    const rows = page.items.map((key) => [
      key.keyId,
      key.account,
      key.name ?? '',
      key.scopes.length === Scope.options.length ? 'all' : key.scopes.join(' '),
      key.lastUsedAt ?? 'never used',
      key.expiresAt ?? 'never expires',
    ])
    terminal.print(
      rows.length === 0
        ? 'No keys. Make one with `fairlead keys add ACCOUNT`.'
        : tableOf(['ID', 'ACCOUNT', 'NAME', 'SCOPES', 'LAST USED', 'EXPIRES'], rows),
    )
  })
  withAccess(keys.command('add').argument('<ACCOUNT>').description('makes a key and shows it once'))
    .option('--name <text>')
    .option('--scope <scope>', `repeatable; all if none is named: ${Scope.options.join(' ')}`, readScope)
    .option('--expires <time>', 'ISO 8601, as 2030-01-01T00:00:00Z')
    .action(async (account: string, flags: CommonFlags & { name?: string; scope?: Scope[]; expires?: string }) => {
      const made = await openClient(flags, terminal).keys.add({
        account,
        ...(flags.name !== undefined && { name: flags.name }),
        ...(flags.scope && { scopes: flags.scope }),
        ...(flags.expires !== undefined && { expiresAt: flags.expires }),
      })
      terminal.print(flags.json ? JSON.stringify(made) : `The key, shown this once: ${made.key}`)
    })
  withAccess(keys.command('remove').argument('<KEY-ID>').description('ends a key at once')).action(
    async (keyId: string, flags: CommonFlags) => {
      await openClient(flags, terminal).keys.remove(keyId)
      if (!flags.json) terminal.print(`The key ${keyId} opens nothing any more.`)
    },
  )
}

function readScope(word: string, before: Scope[] = []): Scope[] {
  const scope = Scope.safeParse(word)
  if (!scope.success) throw new InvalidArgumentError(`It must be one of ${Scope.options.join(', ')}.`)
  return [...before, scope.data]
}
