/** By which key the printer of a device is known over TLS: told, and another one accepted by somebody's word, `fairlead agent trust`. */
import { Failure } from '@fairlead/base'
import { keyAddressOf } from './drivers/ipp-and-snmp-target.ts'
import { type RefusedKey, readFingerprint } from './drivers/printer-key.ts'
import type { DeviceRecord } from './memory/device-record.ts'
import type { Memory } from './memory/memory.ts'

export interface TrustedKey {
  id: string
  /** HOST:PORT of the printer. */
  at: string
  /** Null: it has shown none yet. */
  key: string | null
  /** The driver names it: it is changed there. */
  isNamed: boolean
  /** What the printer shows now instead; null: nothing else, as far as is known. */
  shown: string | null
}

/**
 * @param order with `key`: this one is its printer's from now on, on disk when it returns
 * @param refusedBy what a running device refuses now
 * @returns those that were meant, as they are now; of those without a printer over TLS none
 * @throws {Failure} in one sentence: why not
 */
export function trustKey(
  memory: Pick<Memory, 'devices' | 'change'>,
  order: { id?: string | undefined; key?: string | undefined },
  refusedBy: (id: string) => RefusedKey | undefined = () => undefined,
): TrustedKey[] {
  const named = memory.devices().filter(({ id }) => order.id === undefined || id === order.id)
  if (order.id !== undefined && named.length === 0)
    throw new Failure('unknown-device', `There is no device ${order.id} here.`)
  const all = named.flatMap((record) => keyOf(record, refusedBy(record.id)) ?? [])
  if (order.key === undefined) return all
  const key = readFingerprint(order.key)
  if (key === undefined)
    throw new Failure('invalid-request', `${order.key} is no fingerprint: it is SHA256: and 64 hexadecimal digits.`)
  // Where none is named it is of the one that shows it.
  const [only, ...others] = all.length > 1 ? all.filter(({ shown }) => shown === key) : all
  if (only === undefined || others.length > 0) throw new Failure('ambiguous-device', whichOf(all))
  if (only.isNamed)
    throw new Failure(
      'forbidden',
      `The driver of ${only.id} names the key of its printer: change the fingerprint there, and start the agent anew.`,
    )
  memory.change(only.id, { printerKey: { at: only.at, fingerprint: key } })
  return [{ ...only, key, shown: only.shown === key ? null : only.shown }]
}

function keyOf({ id, driver, printerKey }: DeviceRecord, refused: RefusedKey | undefined): TrustedKey | undefined {
  const found = keyAddressOf(driver)
  if (found === undefined) return undefined
  const { at, named } = found
  const kept = printerKey?.at === at ? printerKey.fingerprint : undefined
  return { id, at, key: named ?? kept ?? null, isNamed: named !== undefined, shown: refused?.shown ?? null }
}

function whichOf(all: readonly TrustedKey[]): string {
  if (all.length === 0) return 'No printer over TLS (ipps://) is meant: only those are known by a key.'
  return `Say with --id which printer has this key: that of ${all.map(({ id }) => id).join(', ')}.`
}
