/** The driver for printers that speak IPP and SNMP: jobs over IPP, OIDs over SNMP, and objects from whichever knows more. */
import { Failure } from '@fairlead/base'
import type { Json, ObjectAnswer } from '@fairlead/protocol/contract'
import { isOid } from './cell.ts'
import type { Capabilities, Driver, DriverNeeds } from './driver.ts'
import { openIppDriver } from './ipp.ts'
import type { IppAndSnmpTarget } from './ipp-and-snmp-target.ts'
import { type BothTold, createJudge } from './ipp-and-snmp-told.ts'
import { unknownObject } from './refusals.ts'
import { openSnmpDriver } from './snmp.ts'

export function openIppAndSnmpDriver(target: IppAndSnmpTarget, needs: DriverNeeds): Driver {
  const ipp = openIppDriver(target.ipp, needs)
  const snmp = openSnmpDriver({ ...target.snmp, print: undefined }, needs)
  const { decide } = createJudge()
  let silentOver: string | undefined

  /** Once: it is looked at every minute. */
  function tellOfSilence(over: string | undefined): void {
    if (over !== undefined && over !== silentOver)
      needs.log.warn(
        'driver.half-silent',
        `The printer does not answer over ${over}; what it says over the other is used.`,
      )
    silentOver = over
  }

  /** @throws {Failure} IPP's when both are silent */
  async function askBoth<T>(ask: (driver: Driver) => Promise<T>): Promise<{ ipp: T | undefined; snmp: T | undefined }> {
    const [overIpp, overSnmp] = await Promise.allSettled([ask(ipp), ask(snmp)])
    for (const each of [overIpp, overSnmp])
      if (each.status === 'rejected' && !(each.reason instanceof Failure)) throw each.reason
    if (overIpp.status === 'rejected' && overSnmp.status === 'rejected') throw overIpp.reason
    tellOfSilence(overIpp.status === 'rejected' ? 'IPP' : overSnmp.status === 'rejected' ? 'SNMP' : undefined)
    return {
      ipp: overIpp.status === 'fulfilled' ? overIpp.value : undefined,
      snmp: overSnmp.status === 'fulfilled' ? overSnmp.value : undefined,
    }
  }

  async function getNamed(names: readonly string[], answer: ObjectAnswer): Promise<void> {
    // A supply is decided upon with all of them.
    const wanted = [...new Set([...names, ...(names.some((name) => name.includes('.')) ? ['supplies'] : [])])]
    const [overIpp, overSnmp] = await Promise.all([ipp.get(wanted), snmp.get(wanted)])
    const objects = decide({ ipp: overIpp.values, snmp: overSnmp.values })
    for (const name of names) {
      const value = objects[name]
      const silent = [overSnmp.errors[name], overIpp.errors[name]].find((error) => error?.code === 'no-answer')
      if (value !== undefined) answer.values[name] = value
      else answer.errors[name] = silent ?? unknownObject(name)
    }
  }

  async function setOne(object: string, value: Json): Promise<ObjectAnswer> {
    const overSnmp = await snmp.set({ [object]: value })
    // Where SNMP has it, it is read from there: what IPP would set would not be seen.
    return overSnmp.errors[object]?.code === 'unknown-object' ? await ipp.set({ [object]: value }) : overSnmp
  }

  return {
    async capabilities() {
      const told = await askBoth((driver) => driver.capabilities())
      return capabilitiesTogether(told, decide(objectsIn(told)))
    },

    all: async () => decide(await askBoth((driver) => driver.all())),
    look: async () => decide(await askBoth((driver) => driver.look())),
    paper: ipp.paper,
    printing: ipp.printing,
    refusedKey: ipp.refusedKey,

    async get(objects) {
      const [oids, names] = [objects.filter(isOid), objects.filter((object) => !isOid(object))]
      const answer: ObjectAnswer = { values: {}, errors: {} }
      const [byOid] = await Promise.all([snmp.get(oids), names.length > 0 && getNamed(names, answer)])
      return { values: { ...answer.values, ...byOid.values }, errors: { ...answer.errors, ...byOid.errors } }
    },

    async set(values) {
      const answer: ObjectAnswer = { values: {}, errors: {} }
      for (const [object, value] of Object.entries(values)) {
        const one = await setOne(object, value)
        Object.assign(answer.values, one.values)
        Object.assign(answer.errors, one.errors)
      }
      return answer
    },

    async command(name, args) {
      if (name === 'identify') return await ipp.command(name, args)
      if (name === 'restart') return await snmp.command(name, args)
      throw new Failure('device-refused', `This printer has no command ${name}; it has: identify, restart.`)
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([ipp[Symbol.asyncDispose](), snmp[Symbol.asyncDispose]()])
    },
  }
}

type BothCapabilities = { ipp: Capabilities | undefined; snmp: Capabilities | undefined }

/** What is told of oneself and is an object too is decided upon as an object. */
const objectsIn = ({ ipp, snmp }: BothCapabilities): BothTold => ({ ipp: namesIn(ipp), snmp: namesIn(snmp) })

function namesIn(told: Capabilities | undefined): Record<string, Json> | undefined {
  const { serial, model, firmware } = told ?? {}
  return (
    told && {
      ...(serial !== undefined && { serial }),
      ...(model !== undefined && { model }),
      ...(firmware !== undefined && { firmware }),
    }
  )
}

function capabilitiesTogether({ ipp, snmp }: BothCapabilities, objects: Record<string, Json>): Capabilities {
  const { serial: _serial, model: _model, firmware: _firmware, ...others } = { ...ipp, ...snmp }
  // Media in IPP's words: they are what a ticket asks for.
  const media = ipp?.media ?? snmp?.media
  return {
    ...others,
    ...objects,
    ...(media && { media }),
    features: [...new Set([...(ipp?.features ?? []), ...(snmp?.features ?? [])])],
  }
}
