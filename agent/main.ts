/** `fairlead agent …`: reads what is wanted, runs it, and ends with the exit status that the contract gives. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  askedToStop,
  createLog,
  Failure,
  flagName,
  flagsOf,
  type Log,
  systemClock,
  systemRandom,
  UsageError,
} from '@fairlead/base'
import { openAgent, switchStoredModes } from './agent.ts'
import { sendOrder } from './control.ts'
import { discover } from './discovery/discovery.ts'
import { type DrawTable, showFound } from './discovery/shown.ts'
import type { Driver } from './drivers/driver.ts'
import { type DriverSpec, openDriver } from './drivers/drivers.ts'
import { printObjects } from './drivers/print-objects.ts'
import type { KeptKey } from './drivers/printer-key.ts'
import type { DeviceRecord } from './memory/device-record.ts'
import { type Memory, openMemory } from './memory/memory.ts'
import { agentOptions, bareFlags } from './options.ts'
import { type AgentSettings, type Flags, type GivenDevice, readAgentSettings, readCode, recordOf } from './settings.ts'
import { type TrustedKey, trustKey } from './trust.ts'

export interface AgentIo {
  /** Results and event lines, one a call, without the line end. */
  out(line: string): void
  /** The one sentence of a refusal, or what is being waited for. */
  err(line: string): void
  /** As wide as the screen is that `out` goes to. */
  table: DrawTable
  environment: Readonly<Record<string, string | undefined>>
  log: Log
  /** Aborted on SIGTERM or SIGINT: finish what was pushed, end the session, return. */
  stop: AbortSignal
}

/** The process's own, with its signals. */
export function processIo(table: DrawTable): AgentIo {
  const stop = new AbortController()
  void askedToStop().then(() => stop.abort())
  // Whoever read our lines may go away; the devices must stay reachable all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    environment: process.env,
    table,
    log: createLog(),
    stop: stop.signal,
  }
}

/**
 * @param argv what follows `fairlead agent`
 * @returns the exit status: 0 done, 1 refused, 2 wrong usage
 */
export async function runAgent(argv: readonly string[], io: AgentIo): Promise<number> {
  try {
    const { flags, words } = readFlags(argv)
    if (flags['help']) return help(io)
    if (words[0] === 'mode') return await switchMode(words.slice(1), flags, io)
    if (words[0] === 'pin') return await tellPin(words.slice(1), flags, io)
    if (words[0] === 'reset' && words.length === 1) return await reset(flags, io)
    if (words[0] === 'trust') return await trust(words.slice(1), flags, io)
    if (words.length > 0) throw new UsageError(`fairlead agent does not know "${words[0]}"; try --help.`)
    const settings = readAgentSettings(flags, io.environment, (path) => readFileSync(path, 'utf8'))
    if (settings.discover) return await tellPrinters(settings, io)
    return settings.printObjects ? await print(settings, io) : await run(settings, io)
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(error.message)
      return 2
    }
    if (!(error instanceof Failure)) throw error
    io.err(error.message)
    return 1
  }
}

async function run(settings: AgentSettings, io: AgentIo): Promise<number> {
  const { log } = io
  // What is said wrong is told before a folder is made for it.
  for (const given of settings.named) readCode(given)
  using memory = openMemory(settings.data, systemClock)
  if (memory.keptAside !== undefined) tellOfDamage(memory.keptAside, settings, log)
  const records = recordsOf(settings, memory)
  for (const record of records) memory.keep(record)
  const agent = await openAgent({
    folder: settings.data,
    memory,
    records,
    openDriver: (record) => openRecordedDriver(record, settings.data, memory, log),
    environment: io.environment,
    clock: systemClock,
    random: systemRandom,
    log,
    tell: (event) => io.out(JSON.stringify(event)),
  })
  await aborted(io.stop)
  await agent.stop()
  return 0
}

/** Those that were named; without a name all that the folder knows, so that a folder alone is enough (A1b). */
function recordsOf(settings: AgentSettings, memory: Memory): DeviceRecord[] {
  const known = memory.devices()
  const given: GivenDevice[] =
    settings.named.length > 0 ? settings.named : known.map(({ id }) => ({ ...settings.unnamed, id }))
  if (given.length === 0)
    throw new UsageError('No device is known here yet: give --relay, --id, --secret and --driver, or --config FILE.')
  if (settings.named.length === 0 && known.length > 1 && saysOfOne(settings))
    throw new UsageError('The data folder has several devices: say with --id which one the other options are for.')
  return given.map((device) => recordOf(device, memory.find(device.id), settings.modeFlag))
}

function saysOfOne({ unnamed }: AgentSettings): boolean {
  return [unnamed.secret, unnamed.driver, unnamed.listen, unnamed.code].some((said) => said !== undefined)
}

function tellOfDamage(keptAside: string, settings: AgentSettings, log: Log): void {
  const what = `What this agent remembered was damaged; it is kept as ${keptAside}.`
  if (settings.named.length === 0)
    throw new Failure('unavailable', `${what} Start it once more with --relay, --id, --secret and --driver.`)
  log.warn('memory.damaged', `${what} It starts anew: a request that is repeated now may be done twice.`)
}

async function openRecordedDriver(record: DeviceRecord, folder: string, memory: Memory, log: Log): Promise<Driver> {
  const { id } = record
  const keys = {
    kept: () => memory.find(id)?.printerKey ?? undefined,
    keep: (printerKey: KeptKey) => void memory.change(id, { printerKey }),
  }
  return await openDriver(record.driver as DriverSpec, {
    clock: systemClock,
    log,
    data: join(folder, 'drivers', id),
    keys,
  })
}

async function print(settings: AgentSettings, io: AgentIo): Promise<number> {
  const spec = settings.named[0]?.driver ?? settings.unnamed.driver
  if (spec === undefined) throw new UsageError('--print-objects needs a --driver.')
  await using driver = await openDriver(spec as DriverSpec, { clock: systemClock, log: io.log })
  io.out(await printObjects(driver, { json: settings.json }))
  return 0
}

async function tellPrinters({ seconds, json }: AgentSettings, io: AgentIo): Promise<number> {
  if (!json) io.err(`Listening to the local network for ${seconds} s …`)
  const found = await discover(seconds, { clock: systemClock, stop: io.stop })
  if (json) io.out(JSON.stringify(found.devices))
  else for (const line of showFound(found, seconds, io.table)) io.out(line)
  return 0
}

async function switchMode(words: readonly string[], flags: Flags, io: AgentIo): Promise<number> {
  const [word, ...more] = words
  if ((word !== 'on' && word !== 'off') || more.length > 0)
    throw new UsageError('Write `fairlead agent mode on` or `fairlead agent mode off`, with --data DIR.')
  const { data, named, json } = readAgentSettings(flags, {}, (path) => readFileSync(path, 'utf8'))
  const id = named[0]?.id
  const order = id === undefined ? { on: word === 'on' } : { id, on: word === 'on' }
  const answer = (await sendOrder(data, 'mode', order)) ?? { devices: switchInFolder(data, order) }
  if ('refused' in answer) throw new Failure('device-refused', answer.refused)
  const list = answer.devices.join(', ')
  if (json)
    io.out(JSON.stringify({ devices: answer.devices.map((device) => ({ id: device, sessionMaintenance: word })) }))
  else io.out(`Session maintenance is ${word} for ${list}.`)
  return 0
}

async function tellPin(words: readonly string[], flags: Flags, io: AgentIo): Promise<number> {
  const onPaper = words[0] === 'print'
  if (words.length > (onPaper ? 1 : 0))
    throw new UsageError('Write `fairlead agent pin` or `fairlead agent pin print`, with --data DIR.')
  const { data, named, json } = readAgentSettings(flags, {}, (path) => readFileSync(path, 'utf8'))
  const id = named[0]?.id
  const answer = await sendOrder(data, 'pin', { onPaper, ...(id !== undefined && { id }) })
  if (!answer) throw new Failure('not-found', `No agent runs with the data folder ${data}: start it first.`)
  if ('refused' in answer) throw new Failure('device-refused', answer.refused)
  if (json) io.out(JSON.stringify(answer))
  else
    for (const { id, pin, isPrinted } of answer.devices) {
      const shown = pin === null ? `${id} shows no PIN.` : `${id}: ${pin}`
      io.out(isPrinted ? `The PIN of ${id} is printed: it lies in the tray.` : shown)
    }
  return 0
}

async function reset(flags: Flags, io: AgentIo): Promise<number> {
  const { data, named, json } = readAgentSettings(flags, {}, (path) => readFileSync(path, 'utf8'))
  const id = named[0]?.id
  if (id === undefined) throw new UsageError('Say with --id which device is to be reset: its owner loses it.')
  const answer = await sendOrder(data, 'reset', { id })
  if (!answer) throw new Failure('not-found', `No agent runs with the data folder ${data}: start it first.`)
  if ('refused' in answer) throw new Failure('device-refused', answer.refused)
  if (json) io.out(JSON.stringify(answer))
  else io.out(`The owner of ${id} has been told. Unless they object, it is free from ${answer.dueAt ?? 'now'}.`)
  return 0
}

async function trust(words: readonly string[], flags: Flags, io: AgentIo): Promise<number> {
  const [key, ...more] = words
  if (more.length > 0)
    throw new UsageError('Write `fairlead agent trust` or `fairlead agent trust SHA256:…`, with --data DIR.')
  const { data, named, json } = readAgentSettings(flags, {}, (path) => readFileSync(path, 'utf8'))
  const id = named[0]?.id
  const order = { ...(id !== undefined && { id }), ...(key !== undefined && { key }) }
  const answer = (await sendOrder(data, 'trust', order)) ?? { devices: trustInFolder(data, order) }
  if ('refused' in answer) throw new Failure('device-refused', answer.refused)
  if (json) io.out(JSON.stringify(answer))
  else if (answer.devices.length === 0) io.out('No device here has a printer over TLS (ipps://).')
  else
    for (const { id, at, key, shown } of answer.devices) {
      io.out(`${id}: the printer at ${at} ${key === null ? 'has shown no key yet.' : `is known by the key ${key}`}`)
      if (shown !== null) io.out(`${id}: it shows ${shown} now, so nothing is sent to it.`)
    }
  return 0
}

function trustInFolder(folder: string, order: { id?: string; key?: string }): TrustedKey[] {
  if (!existsSync(folder)) throw new Failure('not-found', `There is no agent's data folder ${folder}.`)
  using memory = openMemory(folder, systemClock)
  return trustKey(memory, order)
}

function switchInFolder(folder: string, order: { id?: string; on: boolean }): string[] {
  if (!existsSync(folder)) throw new Failure('not-found', `There is no agent's data folder ${folder}.`)
  using memory = openMemory(folder, systemClock)
  return switchStoredModes(memory, order)
}

function readFlags(argv: readonly string[]): { flags: Flags; words: string[] } {
  const options: Record<string, { type: 'string' | 'boolean' }> = { help: { type: 'boolean' } }
  for (const name of Object.keys(agentOptions))
    options[flagName(name).slice(2)] = { type: bareFlags.has(name) ? 'boolean' : 'string' }
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true })
    const flags = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
        value,
      ]),
    )
    return { flags, words: positionals }
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
  }
}

function help(io: AgentIo): number {
  io.out('fairlead agent --relay URL --id ID --secret S --driver DRIVER [--data DIR] [--listen HOST:PORT]')
  io.out('fairlead agent --discover [--json]        lists the printers that announce themselves on the local network')
  io.out('fairlead agent mode on|off --data DIR     switches a running agent at once')
  io.out('fairlead agent pin --data DIR             prints the PIN by which its device can be paired')
  io.out('fairlead agent pin print --data DIR       has the device print it on paper')
  io.out('fairlead agent reset --id ID --data DIR   asks the owner to let the device go: they may object')
  io.out(
    'fairlead agent trust [KEY] --data DIR     tells the keys of printers over TLS, or has one accepted from now on',
  )
  for (const { flags, describe } of flagsOf(agentOptions)) io.out(`  ${flags.padEnd(40)} ${describe}`)
  return 0
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
