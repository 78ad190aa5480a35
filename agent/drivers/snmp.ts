/** The driver for printers that speak SNMP: the contract's objects from the standard MIBs. */
import { Failure } from '@fairlead/base'
import type { Json, ObjectAnswer } from '@fairlead/protocol/contract'
import { printJob, type RawPort } from './app-socket.ts'
import { type Cell, type Cells, isOid, renderCell } from './cell.ts'
import {
  capabilitiesOf,
  changing,
  changingParts,
  identity,
  knowsNames,
  memoryScalar,
  type Part,
  parts,
} from './describe.ts'
import type { Driver, Paper } from './driver.ts'
import { column } from './oid.ts'
import { languageColumns, renderJob } from './page-form.ts'
import { printer, system } from './printer-mib.ts'
import { quirkOids } from './quirks.ts'
import { unknownObject } from './refusals.ts'
import { noSuchName, openSnmpClient } from './snmp-client.ts'
import { readError, writeError } from './snmp-errors.ts'
import type { SnmpNeeds } from './snmp-session.ts'
import { setObject } from './snmp-set.ts'
import type { SnmpTarget } from './snmp-target.ts'
import { stopperOf } from './stoppers.ts'

/** prtGeneralReset (RFC 3805): powerCycleReset. */
const powerCycleReset: Cell = { type: 'integer', value: 4 }

const noAnswer = new Failure('device-timeout', 'The device does not answer SNMP.')

export function openSnmpDriver(target: SnmpTarget, needs: SnmpNeeds): Driver {
  const client = openSnmpClient(target, needs)
  let objectId: string | undefined

  /** sysObjectID says whose device it is, and so what else to ask for; it is asked for until it is known. */
  async function makersOids(): Promise<string[]> {
    if (objectId === undefined) {
      const cell = (await client.get([system.objectId])).get(system.objectId)
      if (typeof cell === 'object' && cell.type === 'oid') objectId = cell.value
    }
    return quirkOids(objectId)
  }

  async function readPart(part: Part): Promise<Record<string, Json>> {
    const scalars = part === identity ? [...part.scalars, ...(await makersOids())] : part.scalars
    const cells = new Map(await client.columns(part.columns))
    for (const [oid, cell] of await client.get(scalars)) if (typeof cell === 'object') cells.set(oid, cell)
    return part.describe(cells)
  }

  /** A silent device is found out at the first, after one time-out. */
  async function readParts([first, ...others]: readonly Part[]): Promise<Record<string, Json>> {
    const objects = first ? await readPart(first) : {}
    for (const part of others) {
      try {
        Object.assign(objects, await readPart(part))
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        // Some devices hang on one table and answer for all others.
        needs.log.warn('snmp.part-missing', 'A part of the device did not answer.', { why: error.message })
      }
    }
    return objects
  }

  const all = () => readParts([identity, ...parts.filter((part) => part !== identity)])

  async function getNamed(names: readonly string[], answer: ObjectAnswer): Promise<void> {
    let isSilent = false
    for (const part of parts) {
      const wanted = names.filter(part.names)
      if (wanted.length === 0) continue
      const found = await silence(wanted, answer, () => (isSilent ? Promise.reject(noAnswer) : readPart(part)))
      if (!found) isSilent ||= await isDeviceSilent()
      for (const name of found ? wanted : []) {
        const value = found?.[name]
        if (value === undefined) answer.errors[name] = unknownObject(name)
        else answer.values[name] = value
      }
    }
  }

  /** One table may hang; a device that is off must not cost a time-out for every table. */
  async function isDeviceSilent(): Promise<boolean> {
    try {
      await client.get([system.descr])
      return false
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return true
    }
  }

  async function getOids(oids: readonly string[], answer: ObjectAnswer): Promise<void> {
    const found = await silence(oids, answer, () => client.get(oids))
    for (const [oid, cell] of found ?? []) {
      if (typeof cell === 'object') answer.values[oid] = renderCell(cell)
      else answer.errors[oid] = cell === noSuchName ? unknownObject(oid) : readError(cell)
    }
  }

  function paperAt(port: RawPort): Paper {
    return {
      async print(text) {
        const answer: ObjectAnswer = { values: {}, errors: {} }
        await getNamed(['alerts'], answer)
        const { alerts } = answer.values
        const why = Array.isArray(alerts) ? stopperOf(alerts) : undefined
        if (why !== undefined) throw new Failure('device-refused', `The printer cannot print: ${why}.`)
        // One that has just been silent is not waited for again; whose languages are not known is sent what most take.
        const isSilent = answer.errors['alerts']?.code === 'no-answer'
        const languages = isSilent ? undefined : await silence([], answer, () => client.columns(languageColumns))
        await printJob(port, renderJob(text, languages ?? new Map()), needs.clock)
      },
    }
  }

  return {
    async capabilities() {
      const memory = await client.get([memoryScalar])
      const cells: Cells = new Map(
        [...memory].flatMap(([oid, cell]) => (typeof cell === 'object' ? [[oid, cell]] : [])),
      )
      return capabilitiesOf(await all(), cells, [knowsNames])
    },

    all,
    look: async () => changing(await readParts(changingParts)),
    paper: target.print && paperAt(target.print),

    async get(objects) {
      const answer: ObjectAnswer = { values: {}, errors: {} }
      const oids = objects.filter(isOid)
      const names = objects.filter((object) => !isOid(object))
      for (const name of names) if (!isKnownName(name)) answer.errors[name] = unknownObject(name)
      await Promise.all([getOids([...new Set(oids)], answer), getNamed(names, answer)])
      return answer
    },

    async set(values) {
      const answer: ObjectAnswer = { values: {}, errors: {} }
      // One after another: a device that refuses one of several in one request sets none of them.
      for (const [object, value] of Object.entries(values)) {
        if (!isOid(object) && !isKnownName(object)) answer.errors[object] = unknownObject(object)
        else {
          const outcome = await silence([object], answer, () => setObject(client, object, value))
          if (outcome && 'error' in outcome) answer.errors[object] = outcome.error
          else if (outcome) answer.values[object] = outcome.value
        }
      }
      return answer
    },

    async command(name) {
      if (name !== 'restart')
        throw new Failure('device-refused', `This printer has no command ${name}; it has: restart.`)
      const [row] = column(await client.columns([printer.generalReset]), printer.generalReset).keys()
      if (row === undefined) throw new Failure('device-refused', 'This printer cannot be restarted over SNMP.')
      const status = await client.set(`${printer.generalReset}.${row}`, powerCycleReset)
      if (status !== 0) throw new Failure('device-refused', writeError(status, 'restart').message)
      return { restarted: true }
    },

    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
}

/** Silence is an answer for each object, not an error of the request. */
async function silence<T>(
  objects: readonly string[],
  answer: ObjectAnswer,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    for (const object of objects) answer.errors[object] = { code: 'no-answer', message: error.message }
    return undefined
  }
}

const isKnownName = (name: string) => parts.some((part) => part.names(name))
