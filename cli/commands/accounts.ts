/** `fairlead accounts` and `fairlead keys`: tenants, and the keys of their services. */
import { type Key, Scope } from '@fairlead/protocol/contract'
import { type Command, InvalidArgumentError } from 'commander'
import { readTime } from '../read-option.ts'
import { openClient } from '../relay-access.ts'
import { tableOf } from '../table.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { ageOf, shortTime } from '../times.ts'
import { harmless } from '../words.ts'
import { beforeHarm, type HarmFlags, withYes } from './before-harm.ts'
import { type PageFlags, readPages, tellOfMore, withPages } from './pages.ts'
import { withAccess } from './with-access.ts'

export function addAccountCommands(program: Command, terminal: Terminal): void {
  const list = program.command('accounts').description('lists accounts (with the admin key)')
  const accounts = withPages(withAccess(list)).action(async (flags: CommonFlags & PageFlags) => {
    const page = await readPages(flags, openClient(flags, terminal).accounts.list)
    if (flags.json) return terminal.print(JSON.stringify(page))
    const rows = page.items.map(({ id, name, createdAt }) => [id, harmless(name ?? ''), shortTime(createdAt)])
    terminal.print(tableOf(['ID', 'NAME', 'SINCE'], rows, terminal.columns))
    tellOfMore(page, terminal)
  })
  withAccess(accounts.command('add').argument('<ID>').description('adds an account'))
    .option('--name <text>', 'for people')
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
  const list = program.command('keys').description('lists keys')
  const keys = withPages(withAccess(list)).action(async (flags: CommonFlags & PageFlags) => {
    const page = await readPages(flags, openClient(flags, terminal).keys.list)
    if (flags.json) return terminal.print(JSON.stringify(page))
    if (page.items.length === 0) terminal.print('No keys. Make one with `fairlead keys add ACCOUNT`.')
    else terminal.print(keysInWords(page.items, terminal))
    tellOfMore(page, terminal)
  })
  withAccess(keys.command('add').argument('<ACCOUNT>').description('makes a key and shows it once'))
    .option('--name <text>', 'what it is for')
    .option('--scope <scope>', `repeatable; all if none is named: ${Scope.options.join(' ')}`, readScope)
    .option('--expires <time>', 'as 2030-01-31T12:00:00Z or 2030-01-31; never, if left out', readTime)
    .action(async (account: string, flags: CommonFlags & { name?: string; scope?: Scope[]; expires?: string }) => {
      const made = await openClient(flags, terminal).keys.add({
        account,
        ...(flags.name !== undefined && { name: flags.name }),
        ...(flags.scope && { scopes: flags.scope }),
        ...(flags.expires !== undefined && { expiresAt: flags.expires }),
      })
      terminal.print(flags.json ? JSON.stringify(made) : `The key, shown this once: ${made.key}`)
    })
  withYes(withAccess(keys.command('remove').argument('<KEY-ID>').description('ends a key at once'))).action(
    async (keyId: string, flags: CommonFlags & HarmFlags) => {
      const warning = `Whatever uses the key ${keyId} is refused from now on. It cannot be had back: \`fairlead keys add ACCOUNT\` makes another.`
      await beforeHarm('remove', warning, flags, terminal)
      await openClient(flags, terminal).keys.remove(keyId)
      if (!flags.json) terminal.print(`The key ${keyId} opens nothing any more.`)
    },
  )
}

function keysInWords(keys: readonly Key[], { columns, now }: Terminal): string {
  const rows = keys.map((key) => [
    key.keyId,
    key.account,
    harmless(key.name ?? ''),
    key.lastUsedAt ? ageOf(key.lastUsedAt, now()) : 'never',
    key.expiresAt ? shortTime(key.expiresAt) : 'never',
    key.scopes.length === Scope.options.length ? 'all' : key.scopes.join(' '),
  ])
  return tableOf(['ID', 'ACCOUNT', 'NAME', 'LAST USED', 'EXPIRES', 'SCOPES'], rows, columns)
}

function readScope(word: string, before: Scope[] = []): Scope[] {
  const scope = Scope.safeParse(word)
  if (!scope.success) throw new InvalidArgumentError(`It must be one of ${Scope.options.join(', ')}.`)
  return [...before, scope.data]
}
