/** Sets one object of a device over SNMP and tells what it holds afterwards. */
import { Failure } from '@fairlead/base'
import type { Json, ObjectError } from '@fairlead/protocol/contract'
import { type Cell, isOid, readCell, renderCell } from './cell.ts'
import { badValue, isSettable, longestName, readOnly, settable, tooBig, unknownObject } from './refusals.ts'
import { noSuchName, type SnmpClient } from './snmp-client.ts'
import { readError, writeError } from './snmp-errors.ts'

export type Outcome = { value: Json } | { error: ObjectError }

/** @throws {Failure} `device-timeout` when the device is silent */
export async function setObject(client: SnmpClient, object: string, value: Json): Promise<Outcome> {
  const oid = isSettable(object) ? settable[object] : isOid(object) ? object : undefined
  if (!oid) return { error: readOnly(object) }
  const now = (await client.get([oid])).get(oid) ?? noSuchName
  if (typeof now !== 'object') return { error: now === noSuchName ? unknownObject(object) : readError(now) }
  const wanted = object === oid ? readCell(value, now) : readName(value)
  if (!wanted) return { error: badValue(object, now) }
  if (object !== oid && octetsOf(wanted) > longestName) return { error: tooBig(object) }
  return await writeAndReadBack(client, object, oid, wanted)
}

/** A SET whose answer was lost may have been done: reading back tells. */
async function writeAndReadBack(client: SnmpClient, object: string, oid: string, wanted: Cell): Promise<Outcome> {
  let lost = false
  try {
    const status = await client.set(oid, wanted)
    if (status !== 0) return { error: writeError(status, object) }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    lost = true
  }
  const holds = (await client.get([oid])).get(oid) ?? noSuchName
  if (typeof holds !== 'object') return { error: readError(holds) }
  const value = renderCell(holds)
  if (!lost || JSON.stringify(value) === JSON.stringify(renderCell(wanted))) return { value }
  const message = `The device did not answer and does not hold the new ${object}: it may not accept a SET from here.`
  return { error: { code: 'no-answer', message } }
}

const readName = (value: Json): Cell | undefined =>
  typeof value === 'string' ? { type: 'octets', value: new TextEncoder().encode(value) } : undefined

const octetsOf = (cell: Cell) => (cell.value instanceof Uint8Array ? cell.value.length : 0)
