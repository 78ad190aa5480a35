/** `fairlead confirm`: a claim is confirmed by the word on a page that its device prints, where nobody can reach its panel. */
import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '@fairlead/base'
import { type Client, RelayError } from '@fairlead/sdk'
import type { Command } from 'commander'
import { openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { harmless } from '../words.ts'
import { withAccess } from './with-access.ts'

const lookEveryMs = 1_000

export function addConfirmCommand(program: Command, terminal: Terminal): void {
  withAccess(
    program
      .command('confirm')
      .argument('<CLAIM>')
      .argument('[WORD...]')
      .description('has the device print a page, or takes the word on it'),
  ).action(async (claimId: string, words: string[], flags: CommonFlags) => {
    const { claims } = openClient(flags, terminal)
    if (words.length > 0) {
      const claim = await claims.typeWord(claimId, words.join(' '))
      if (flags.json) return terminal.print(JSON.stringify(claim))
      return await untilConfirmed(claims, claimId, terminal)
    }
    if (flags.json) return terminal.print(JSON.stringify(await claims.printPage(claimId)))
    await confirmByPage(claims, claimId, terminal)
  })
}

/** At a keyboard the word is asked for; elsewhere it is said how to give it. @throws {RelayError} why it came to nothing */
export async function confirmByPage(claims: Client['claims'], claimId: string, terminal: Terminal): Promise<void> {
  await claims.printPage(claimId)
  terminal.print('The device has printed a page with a word on it.')
  const { ask } = terminal
  if (!ask) return terminal.print(`Type it: fairlead confirm ${claimId} WORD`)
  for (;;) {
    const word = await ask('The word on the page: ')
    if (word === '') throw new Failure('invalid-request', `Not confirmed. Later: fairlead confirm ${claimId} WORD`)
    try {
      await claims.typeWord(claimId, word)
      return await untilConfirmed(claims, claimId, terminal)
    } catch (error) {
      const isAnother = error instanceof RelayError && error.code === 'no-match' && error.problem['triesLeft'] !== 0
      if (!isAnother) throw error
      terminal.complain(harmless(error.message))
    }
  }
}

/** Resolves when the device is there. @throws {Failure} it cannot print one */
export async function untilItCanPrint({ claims, devices }: Client, claimId: string, device: string): Promise<void> {
  while ((await devices.find(device)).state !== 'online') await pause(lookEveryMs)
  // It has said what it can before it came online.
  if (!(await claims.find(claimId)).canPrintPage)
    throw new Failure('device-refused', 'This device cannot print such a page: press "Confirm" on its panel.')
}

/**
 * Somebody presses, or has typed: the device says so in a moment.
 *
 * @param offer called once when it is known that a page can be printed
 */
export async function untilConfirmed(
  claims: Client['claims'],
  claimId: string,
  terminal: Terminal,
  offer?: () => void,
): Promise<void> {
  let isOffered = false
  for (;;) {
    const { state, device, canPrintPage } = await claims.find(claimId)
    if (state === 'instructed') return terminal.print(`Confirmed. \`fairlead devices ${harmless(device)}\` shows it.`)
    if (canPrintPage && !isOffered) offer?.()
    isOffered ||= canPrintPage
    await pause(lookEveryMs)
  }
}
