/** The driver of simulated devices, a multi-function printer before all: it answers by name and by OID from one MIB. */
import { type Clock, Failure } from '@fairlead/base'
import type { Json, ObjectAnswer } from '@fairlead/protocol/contract'
import { createVirtualScanner } from '../scanning/virtual-scanner.ts'
import { type Cells, renderCell } from './cell.ts'
import { capabilitiesOf, changing, describe, knowsNames, knowsOidsOnly } from './describe.ts'
import type { Driver } from './driver.ts'
import { unknownObject } from './refusals.ts'
import { createTurns } from './turns.ts'
import { commandsOf, createVirtualDevice, onlyTakes, wholeNumber, workMachine } from './virtual-machines.ts'
import { createVirtualMemory } from './virtual-memory.ts'
import { cellsOf } from './virtual-mib.ts'
import { layFirstValues, readVirtualSpec } from './virtual-options.ts'
import { printPage, refill, type VirtualPrinter } from './virtual-printer.ts'
import { createVirtualPrinting } from './virtual-printing.ts'
import { setVirtual } from './virtual-set.ts'
import { createVirtualTray, type VirtualTray } from './virtual-tray.ts'

export interface VirtualNeeds {
  clock: Clock
  /** A folder of its own; without it nothing survives the process. */
  data?: string
}

const mostPages = 1000
const warmUpSeconds = 1

/**
 * @param spec `virtual[:KIND][?OBJECT=VALUE&…]`. KIND is `printer` if none is named. First values are for names of objects,
 *   `tray.1` and `tray.2` in sheets, OIDs of its own, `secondsPerPage` (0), `pagesPerCartridge` (1,000), `feeder` (sheets that its scanner finds there each time; none), and `names=off`
 *   makes a device that knows only OIDs. With a data folder they count the first time, and when they are other ones.
 * @throws {UsageError} in one sentence
 */
export async function openVirtualDriver(spec: string, needs: VirtualNeeds): Promise<Driver> {
  const { kind, first } = readVirtualSpec(spec)
  const printer = createVirtualDevice(kind)
  layFirstValues(printer, first)
  const memory = createVirtualMemory(needs.data)
  const before = await memory.recall(printer)
  if (before) layFirstValues(printer, new Map([...first].filter(([object, value]) => before.get(object) !== value)))
  const remember = () => memory.remember(printer, first)
  await remember()
  return createVirtualDriver(printer, needs.clock, remember, createVirtualTray(needs.data))
}

function createVirtualDriver(
  printer: VirtualPrinter,
  clock: Clock,
  remember: () => Promise<void>,
  tray: VirtualTray,
): Driver {
  const oneJobAtATime = createTurns(1)
  const pauses = new Set<() => void>()
  let isOff = false
  const commands = commandsOf(printer.kind)
  let onSinceMs = clock.now()
  const { restingStatus } = printer

  const cells = (): Cells => cellsOf(printer, Math.floor((clock.now() - onSinceMs) / 10))
  const objects = (): Record<string, Json> => describe(cells())

  /** Ends early when the printer is switched off. */
  async function pause(seconds: number): Promise<void> {
    if (seconds === 0 || isOff) return
    await new Promise<void>((go) => {
      const timer = clock.at(clock.now() + seconds * 1000, end)
      function end(): void {
        timer.cancel()
        pauses.delete(end)
        go()
      }
      pauses.add(end)
    })
  }

  async function print(pages: number): Promise<Json> {
    let printed = 0
    try {
      while (printed < pages) {
        if (isOff) throw new Failure('device-refused', 'The printer was switched off.')
        printPage(printer)
        printer.isPrinting = true
        printed++
        await pause(printer.secondsPerPage)
        if (printer.secondsPerPage > 0) await remember()
      }
    } catch (error) {
      if (!(error instanceof Failure) || printed === 0) throw error
      throw new Failure('device-refused', `${error.message} It printed ${printed} of ${pages} pages.`)
    } finally {
      printer.isPrinting = false
      await remember()
    }
    return { pages: printed, totalPages: printer.pages }
  }

  async function run(name: string, args: Readonly<Record<string, Json>>): Promise<Json> {
    switch (name) {
      case 'identify':
        onlyTakes(args)
        return { identified: true }
      case 'print-test-page':
        onlyTakes(args, 'pages')
        return await print(wholeNumber(args, 'pages', mostPages))
      case 'print':
        onlyTakes(args, 'pages', 'copies')
        return await print(wholeNumber(args, 'pages', mostPages) * wholeNumber(args, 'copies', mostPages))
      case 'clean':
        onlyTakes(args)
        await pause(printer.secondsPerPage)
        return { cleaned: true }
      case 'restart':
        onlyTakes(args)
        await pause(printer.secondsPerPage)
        onSinceMs = clock.now()
        return { restarted: true }
      case 'refill':
        refill(printer, args)
        await remember()
        return { refilled: Object.keys(args) }
      default: {
        const done = workMachine(printer, name, args)
        await pause(printer.secondsPerPage)
        await remember()
        return done
      }
    }
  }

  return {
    capabilities: async () =>
      capabilitiesOf(objects(), cells(), [
        printer.kind === 'printer' ? 'color' : printer.kind,
        ...commands,
        printer.knowsNames ? knowsNames : knowsOidsOnly,
      ]),
    all: async () => objects(),
    look: async () => changing(objects()),
    printing:
      printer.kind === 'printer'
        ? createVirtualPrinting({ printer, remember, pause, isOff: () => isOff, oneJobAtATime })
        : undefined,
    scanner: printer.kind === 'printer' ? createVirtualScanner(() => printer.feeder) : undefined,
    paper:
      printer.kind === 'printer'
        ? {
            async print(text) {
              await oneJobAtATime(() => print(1))
              await tray.lay(text, clock.wallNow())
            },
            inTray: tray.newest,
          }
        : undefined,

    power: {
      async sleep() {
        printer.restingStatus = 'sleeping'
      },
      // What is to be printed waits for that.
      wake: () =>
        oneJobAtATime(async () => {
          printer.restingStatus = 'warmup'
          await pause(warmUpSeconds)
          printer.restingStatus = restingStatus
        }),
    },

    async get(asked) {
      const named = printer.knowsNames ? objects() : {}
      const byOid = cells()
      const answer: ObjectAnswer = { values: {}, errors: {} }
      for (const object of asked) {
        const cell = byOid.get(object)
        const value = cell ? renderCell(cell) : Object.hasOwn(named, object) ? named[object] : undefined
        if (value === undefined) answer.errors[object] = unknownObject(object)
        else answer.values[object] = value
      }
      return answer
    },

    async set(values) {
      const answer: ObjectAnswer = { values: {}, errors: {} }
      for (const [object, value] of Object.entries(values)) {
        const outcome = setVirtual(printer, cells(), object, value)
        if ('error' in outcome) answer.errors[object] = outcome.error
        else answer.values[object] = outcome.value
      }
      await remember()
      return answer
    },

    async command(name, args) {
      if (!commands.includes(name))
        throw new Failure('device-refused', `This device has no command ${name}; it has: ${commands.join(', ')}.`)
      // A person at the device does not wait for the paper to come out, and its lamp blinks at once.
      return name === 'identify' || name === 'refill'
        ? await run(name, args)
        : await oneJobAtATime(() => run(name, args))
    },

    async [Symbol.asyncDispose]() {
      isOff = true
      for (const end of [...pauses]) end()
      await oneJobAtATime(remember)
    },
  }
}
