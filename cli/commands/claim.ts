/** `fairlead claim`: a device by the code on its label; then it follows along until somebody has confirmed it there. */
import { Failure } from '@fairlead/base'
import { type Claim, readFactoryCode } from '@fairlead/protocol/contract'
import type { Command } from 'commander'
import { openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { harmless } from '../words.ts'
import { confirmByPage, untilConfirmed, untilItCanPrint } from './confirm.ts'
import { withAccess } from './with-access.ts'

type ClaimFlags = CommonFlags & { account?: string; wait?: boolean; page?: boolean }

export function addClaimCommand(program: Command, terminal: Terminal): void {
  withAccess(program.command('claim').argument('<CODE>').description('makes a device yours by the code on its label'))
    .option('--account <id>', "whose it is to be (with the admin key); else the key's own")
    .option('--page', 'have the device print a page, and ask for the word on it: where nobody can reach its panel')
    .option('--wait', 'stay until it has been confirmed at the device; on a terminal it does so by itself')
    .action(async (typed: string, flags: ClaimFlags) => {
      const code = readFactoryCode(typed)
      // A typo costs no try: what is wrong with it is seen here.
      if (code === undefined)
        throw new Failure(
          'invalid-request',
          'That is no factory code: it has 16 letters and digits and a check symbol. Compare it with the label.',
        )
      const client = openClient(flags, terminal)
      const claim = await client.claims.add({ code, ...(flags.account !== undefined && { account: flags.account }) })
      if (flags.json) return terminal.print(JSON.stringify(claim))
      tell(claim, terminal)
      const { claimId, device } = claim
      if (flags.page) {
        terminal.print('Waiting until the device is connected, to have it print a page.')
        await untilItCanPrint(client, claimId, device)
        return await confirmByPage(client.claims, claimId, terminal)
      }
      if (!flags.wait && terminal.columns === undefined) return
      terminal.print('Waiting for the press at the device. Ctrl-C ends the waiting; the device stays yours.')
      const offer = () =>
        terminal.print(`Nobody can reach its panel? It can print a page instead: fairlead confirm ${claimId}`)
      await untilConfirmed(client.claims, claimId, terminal, offer)
    })
}

function tell({ claimId, screen }: Claim, terminal: Terminal): void {
  terminal.print(harmless(screen.title))
  for (const [at, step] of screen.steps.entries()) terminal.print(`  ${at + 1}. ${harmless(step)}`)
  terminal.print(`The claim is ${claimId}.`)
}
