/** Asks the devices that were found whether they speak SNMP: one GET each, and never a stranger. */
import { type Clock, Failure, silentLog } from '@fairlead/base'
import type { Cell } from '../drivers/cell.ts'
import { printer, system } from '../drivers/printer-mib.ts'
import { openSnmpClient, type SnmpClient } from '../drivers/snmp-client.ts'
import { readSnmpUrl } from '../drivers/snmp-target.ts'
import { textOf } from '../drivers/text.ts'
import { createTurns } from '../drivers/turns.ts'
import { snmpWord } from './driver-word.ts'

/** Whether a device answers, and what it says is its serial number. */
export type SnmpAnswer = { answers: true; serial: string | undefined } | { answers: false }

export interface SnmpAsker extends AsyncDisposable {
  /** Asks each of them once, in the background. */
  ask(addresses: Iterable<string>): void
  answerOf(address: string): SnmpAnswer | undefined
  /** When all that were asked by now have answered, or were given up. */
  settled(): Promise<unknown>
}

const atOnce = 16
/** A /24 full of printers; more is not asked. */
const mostAddresses = 256
const serialOid = `${printer.generalSerialNumber}.1`

export function createSnmpAsker(clock: Clock): SnmpAsker {
  const turns = createTurns(atOnce)
  const asked = new Map<string, Promise<void>>()
  const answers = new Map<string, SnmpAnswer>()
  const open = new Set<SnmpClient>()
  let isClosed = false

  async function ask(address: string): Promise<void> {
    if (isClosed) return
    // What a broken answer looks like is of no use to somebody who wants a list.
    const target = readSnmpUrl(`${snmpWord(address)}?timeout=0.7&retries=1`)
    await using client = openSnmpClient(target, { clock, log: silentLog })
    open.add(client)
    try {
      const cells = await client.get([system.objectId, serialOid])
      answers.set(address, { answers: true, serial: serialIn(cells.get(serialOid)) })
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      answers.set(address, { answers: false })
    } finally {
      open.delete(client)
    }
  }

  return {
    ask(addresses) {
      for (const address of addresses)
        if (!asked.has(address) && asked.size < mostAddresses)
          asked.set(
            address,
            turns(() => ask(address)),
          )
    },
    answerOf: (address) => answers.get(address),
    settled: () => Promise.all(asked.values()),
    async [Symbol.asyncDispose]() {
      isClosed = true
      for (const client of open) await client[Symbol.asyncDispose]()
    },
  }
}

const serialIn = (cell: Cell | number | undefined) => textOf(typeof cell === 'object' ? cell : undefined)
