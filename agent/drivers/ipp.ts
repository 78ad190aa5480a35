/** The driver for printers that speak IPP: the contract's objects from their attributes, and documents as jobs. */
import { Failure } from '@fairlead/base'
import type { Json, ObjectAnswer, ObjectError } from '@fairlead/protocol/contract'
import { attributesFrom, attributesOf, type IppAttributes, ipp, ippOperations } from '@fairlead/protocol/ipp'
import { isOid } from './cell.ts'
import { createConverter } from './convert.ts'
import { capabilitiesOf, changing, knowsNames } from './describe.ts'
import type { Driver, DriverNeeds } from './driver.ts'
import { createIppClient } from './ipp-client.ts'
import { ippObjects, objectAttributes } from './ipp-objects.ts'
import { createIppPaper } from './ipp-paper.ts'
import { createPrepare } from './ipp-prepare.ts'
import { createIppPrinting } from './ipp-printing.ts'
import { refusalOf } from './ipp-refusals.ts'
import { addressOf, type IppTarget } from './ipp-target.ts'
import { flag, numbers, texts } from './ipp-told.ts'
import { createKeyStore, createPrinterKey } from './printer-key.ts'
import type { Alert } from './printer-words.ts'
import { badValue, longestName, tooBig, unknownObject } from './refusals.ts'

/** What can be set, and where it stands. printer-name is a queue's address at many printers; printer-info is for people. */
const settable: Readonly<Record<string, string>> = { name: 'printer-info', location: 'printer-location' }

export function openIppDriver(target: IppTarget, { clock, log, keys = createKeyStore() }: DriverNeeds): Driver {
  const key = createPrinterKey({ at: addressOf(target), named: target.fingerprint, store: keys, log })
  const client = createIppClient({ target, key, clock })

  async function readAll(names: readonly string[], stop?: AbortSignal): Promise<IppAttributes> {
    const answer = await client.ask('Get-Printer-Attributes', {
      operation: { 'requested-attributes': ipp.keyword(...names) },
      ...(stop && { stop }),
    })
    const refused = refusalOf(answer)
    if (refused) throw new Failure('device-refused', `The printer does not say how it is: ${refused}`)
    return attributesOf(answer.groups, 'printer')
  }

  const read = (...names: readonly string[]) => readAll(names)
  const all = async () => ippObjects(await read(...objectAttributes))

  async function canDo(operation: keyof typeof ippOperations): Promise<boolean> {
    return numbers(await read('operations-supported'), 'operations-supported').includes(ippOperations[operation])
  }

  async function setNamed(object: string, value: Json): Promise<{ value: Json } | { error: ObjectError }> {
    const attribute = Object.hasOwn(settable, object) ? settable[object] : undefined
    if (attribute === undefined) {
      const isThere = !isOid(object) && Object.hasOwn(await all(), object)
      return { error: isThere ? readOnly(object) : missing(object) }
    }
    if (typeof value !== 'string') return { error: badValue(object, { type: 'octets', value: new Uint8Array() }) }
    if (Buffer.byteLength(value) > longestName) return { error: tooBig(object) }
    if (!(await canDo('Set-Printer-Attributes'))) return { error: readOnly(object) }
    const answer = await client.ask('Set-Printer-Attributes', {
      printer: attributesFrom({ [attribute]: ipp.text(value) }),
    })
    const refused = refusalOf(answer)
    if (refused)
      return { error: { code: 'read-only', message: `The printer does not let ${object} be set: ${refused}` } }
    // What holds is what it says afterwards: some cut it short.
    return { value: texts(await read(attribute), attribute)[0] ?? '' }
  }

  const printing = createIppPrinting({
    client,
    clock,
    log,
    read: readAll,
    prepare: createPrepare(createConverter(clock)),
  })

  return {
    async capabilities() {
      const [objects, more] = [await all(), await read('media-ready', 'color-supported', 'operations-supported')]
      const media = [...new Set(texts(more, 'media-ready'))].slice(0, 256)
      const canIdentify = numbers(more, 'operations-supported').includes(ippOperations['Identify-Printer'])
      return {
        ...capabilitiesOf(objects, new Map(), [
          ...(flag(more, 'color-supported') ? ['color'] : []),
          ...(canIdentify ? ['identify'] : []),
          knowsNames,
        ]),
        ...(media.length > 0 && { media }),
      }
    },

    all,
    printing,
    paper: createIppPaper(printing, clock),
    refusedKey: client.refusedKey,

    async look() {
      try {
        return changing(await all())
      } catch (error) {
        // That somebody must see to it is all that can be said: what else it tells may be made up.
        if (error instanceof Failure && client.refusedKey()) return { alerts: ['service-requested' satisfies Alert] }
        throw error
      }
    },

    async get(objects) {
      const answer: ObjectAnswer = { values: {}, errors: {} }
      try {
        const has = await all()
        for (const object of objects) {
          const value = !isOid(object) && Object.hasOwn(has, object) ? has[object] : undefined
          if (value === undefined) answer.errors[object] = missing(object)
          else answer.values[object] = value
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        for (const object of objects) answer.errors[object] = { code: 'no-answer', message: error.message }
      }
      return answer
    },

    async set(values) {
      const answer: ObjectAnswer = { values: {}, errors: {} }
      for (const [object, value] of Object.entries(values)) {
        try {
          const outcome = await setNamed(object, value)
          if ('error' in outcome) answer.errors[object] = outcome.error
          else answer.values[object] = outcome.value
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          // Many let only their administrator set anything.
          const code = error.code === 'device-refused' ? 'read-only' : 'no-answer'
          answer.errors[object] = { code, message: error.message }
        }
      }
      return answer
    },

    async command(name, args) {
      if (name !== 'identify')
        throw new Failure('device-refused', `This printer has no command ${name}; it has: identify.`)
      const [unknown] = Object.keys(args)
      if (unknown !== undefined) throw new Failure('device-refused', `identify has no argument ${unknown}.`)
      if (!(await canDo('Identify-Printer')))
        throw new Failure('device-refused', 'This printer cannot show which one it is over IPP.')
      const refused = refusalOf(await client.ask('Identify-Printer'))
      if (refused) throw new Failure('device-refused', `The printer does not show itself: ${refused}`)
      return { identified: true }
    },

    async [Symbol.asyncDispose]() {},
  }
}

const missing = (object: string): ObjectError =>
  isOid(object)
    ? {
        code: 'not-supported',
        message: `The printer is asked over IPP, which knows no OIDs: ask for ${object} by its name.`,
      }
    : unknownObject(object)

const readOnly = (object: string): ObjectError => ({
  code: 'read-only',
  message: `${object} cannot be set over IPP at this printer.`,
})
