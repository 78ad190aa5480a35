/** `fairlead users`: who may sign in, who is invited, and the link for the first one. */
import { Failure } from '@fairlead/base'
import { Role, type User } from '@fairlead/protocol/contract'
import { type Client, RelayError } from '@fairlead/sdk'
import { type Command, Option } from 'commander'
import { openClient } from '../relay-access.ts'
import { tableOf } from '../table.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { ageOf, shortTime } from '../times.ts'
import { harmless } from '../words.ts'
import { beforeHarm, type HarmFlags, withYes } from './before-harm.ts'
import { type PageFlags, readPages, tellOfMore, withPages } from './pages.ts'
import { withAccess } from './with-access.ts'

type AccountFlag = { account?: string }

export function addUserCommands(program: Command, terminal: Terminal): void {
  const list = program.command('users').description('lists who may sign in (with the admin key)')
  const users = withPages(withAccess(list))
    .option('--account <id>', 'of this account only')
    .action(async (flags: CommonFlags & PageFlags & AccountFlag) => {
      const client = openClient(flags, terminal)
      const page = await readPages(flags, (query) => client.users.list({ ...query, ...accountOf(flags) }))
      if (flags.json) return terminal.print(JSON.stringify(page))
      if (page.items.length > 0) terminal.print(usersInWords(page.items, terminal))
      else terminal.print('No users. `fairlead users set-up` tells where the first one is made.')
      tellOfMore(page, terminal)
    })

  withAccess(users.command('invite').argument('<EMAIL>').description('makes a link by which somebody becomes a user'))
    .addOption(new Option('--role <role>', 'what they may').choices(Role.options).makeOptionMandatory())
    .option('--account <id>', 'whose user they become; `default` if left out')
    .action(async (email: string, flags: CommonFlags & AccountFlag & { role: Role }) => {
      const { role } = flags
      const made = await openClient(flags, terminal).invitations.add({ email, role, ...accountOf(flags) })
      if (flags.json) return terminal.print(JSON.stringify(made))
      terminal.print(`Send ${harmless(email)} this link, shown this once: ${made.url}`)
      terminal.print(`Whoever opens it becomes ${role} in ${made.account}, until ${shortTime(made.expiresAt)}.`)
    })

  withAccess(users.command('reset').argument('<USER>').description('makes a link by which a user sets a new password'))
    .option('--end-second-factor', 'they have lost it as well: codes and passkeys are gone when the link is used')
    .action(async (word: string, flags: CommonFlags & { endSecondFactor?: boolean }) => {
      const client = openClient(flags, terminal)
      const { userId, email } = await mustFind(client, word)
      const made = await client.users.reset(userId, flags.endSecondFactor)
      if (flags.json) return terminal.print(JSON.stringify(made))
      terminal.print(`Send ${harmless(email)} this link, shown this once: ${made.url}`)
      const factor = flags.endSecondFactor
        ? 'Codes of the app and passkeys are gone then.'
        : 'A second factor is asked for as ever.'
      terminal.print(`Whoever opens it sets a new password, once, until ${shortTime(made.expiresAt)}. ${factor}`)
    })

  withYes(
    withAccess(users.command('remove').argument('<USER>').description('removes a user, by ID or e-mail address')),
  ).action(async (word: string, flags: CommonFlags & HarmFlags) => {
    const client = openClient(flags, terminal)
    const { userId, email, account } = await mustFind(client, word)
    const warning = `${harmless(email)} is signed out everywhere at once and cannot sign in to ${account} any more. Devices and keys stay. \`fairlead users invite\` invites them again.`
    await beforeHarm('remove', warning, flags, terminal)
    await client.users.remove(userId)
    if (!flags.json) terminal.print(`${harmless(email)} is no user any more.`)
  })

  withAccess(users.command('set-up').description('makes a new link for the first user; the one before is dead')).action(
    async (flags: CommonFlags) => {
      const made = await openClient(flags, terminal).setUp.newLink().catch(explain)
      terminal.print(flags.json ? JSON.stringify(made) : `Make the first user, an owner, at ${made.url}`)
    },
  )
}

const accountOf = ({ account }: AccountFlag) => (account === undefined ? {} : { account })

/** There is no such path once there is a user: that alone would leave somebody guessing. */
function explain(error: unknown): never {
  if (!(error instanceof RelayError) || error.code !== 'not-found') throw error
  throw new Failure('not-found', 'This relay is set up: it has users. `fairlead users invite EMAIL` invites more.')
}

async function mustFind(client: Client, word: string): Promise<User> {
  const { items } = await readPages({ all: true }, client.users.list)
  const found = items.find(({ userId, email }) => userId === word || email.toLowerCase() === word.toLowerCase())
  if (!found) throw new Failure('not-found', `There is no user ${harmless(word)}. \`fairlead users\` lists them.`)
  return found
}

function usersInWords(users: readonly User[], { columns, now }: Terminal): string {
  const rows = users.map((user) => [
    user.userId,
    harmless(user.email),
    harmless(user.name),
    user.account,
    user.isRelayAdmin ? `${user.role}, relay admin` : user.role,
    user.lastSignedInAt ? ageOf(user.lastSignedInAt, now()) : 'never',
    [user.hasTotp ? 'app' : '', user.passkeys > 0 ? 'passkey' : ''].filter(Boolean).join(', ') || 'none',
  ])
  return tableOf(['ID', 'E-MAIL', 'NAME', 'ACCOUNT', 'ROLE', 'SIGNED IN', 'SECOND FACTOR'], rows, columns)
}
