/** `fairlead pair`: a device in this network by the PIN that it shows; then it follows along until the device is connected. */
import { networkInterfaces } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '@fairlead/base'
import type { Pairing } from '@fairlead/protocol/contract'
import { type Client, type Seen, seenOver } from '@fairlead/sdk'
import type { Command } from 'commander'
import { fetchOver } from '../over-family.ts'
import { findRelayUrl, openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { harmless } from '../words.ts'
import { withAccess } from './with-access.ts'

type PairFlags = CommonFlags & { account?: string; wait?: boolean }

/** Somebody walks to the device, or clicks a link. */
const lookEveryMs = 1_000

export function addPairCommand(program: Command, terminal: Terminal): void {
  withAccess(
    program.command('pair').argument('<PIN>').description('makes a device in this network yours by the PIN it shows'),
  )
    .option('--account <id>', "whose it is to be (with the admin key); else the key's own")
    .option('--wait', 'stay until the device is connected; on a terminal it does so by itself')
    .action(async (typed: string, flags: PairFlags) => {
      const pin = typed.replaceAll(/[\s-]/g, '')
      // A typo costs no try: what is wrong with it is seen here.
      if (!/^\d{8}$/.test(pin))
        throw new Failure('invalid-request', 'That is no PIN: the panel of the device shows 8 digits.')
      const client = openClient(flags, terminal)
      const { account } = flags
      const pairing = await client.pairings.add({
        pin,
        addresses: ownNetworks(),
        ...(await seenOverBoth(findRelayUrl(flags, terminal))),
        ...(account !== undefined && { account }),
      })
      if (flags.json) return terminal.print(JSON.stringify(pairing))
      tell(pairing, terminal)
      if (flags.wait || terminal.columns !== undefined) await follow(pairing, client, terminal)
      else terminal.print(`The pairing is ${pairing.pairingId}.`)
    })
}

/** By these the relay sees that this machine is in the device's network. */
function ownNetworks(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .flatMap(({ internal, cidr }) => (internal || cidr === null ? [] : cidr))
    .slice(0, 64)
}

/** The device may be known by the other family than the one that the call itself comes over. */
function seenOverBoth(url: string): Promise<Seen> {
  return seenOver(([4, 6] as const).map((family) => ({ url, fetch: fetchOver(family) })))
}

function tell({ state, sendingRequest, why = [], device }: Pairing, terminal: Terminal): void {
  if (state === 'press-needed') {
    for (const sentence of why) terminal.print(harmless(sentence))
    terminal.print('So press "Yes, pair" on the panel of the device.')
  }
  if (sendingRequest) {
    terminal.print(`${harmless(device ?? 'The device')} is in this network. Open this link here, and press "Connect":`)
    terminal.print(harmless(sendingRequest.url))
  }
}

async function follow(first: Pairing, client: Client, terminal: Terminal): Promise<void> {
  for (let last = first; ; ) {
    const now = await client.pairings.find(first.pairingId)
    if (now.state !== last.state) tell(now, terminal)
    if (now.state === 'connected')
      return terminal.print(`Connected. \`fairlead devices ${harmless(now.device ?? '')}\` shows it.`)
    if (now.state === 'expired')
      throw new Failure('no-match', 'Nobody followed it in time: type the PIN that the device shows now.')
    last = now
    await pause(lookEveryMs)
  }
}
