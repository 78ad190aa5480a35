/** Several devices beside each other in one process, with one memory: starts them, tells of them, ends them. */
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import { type CarryOut, openControl } from './control.ts'
import { createDevice, type Device } from './device.ts'
import type { DeviceEvent } from './device-standing.ts'
import type { Driver } from './drivers/driver.ts'
import type { DeviceRecord } from './memory/device-record.ts'
import type { Memory } from './memory/memory.ts'
import { pinIn } from './pairing/pairing.ts'
import { openPanel } from './panel/panel.ts'
import { openPower, type PowerRunner } from './power/power.ts'
import { trustKey } from './trust.ts'
import { createHttpClient } from './uplink/http-client.ts'

export type AgentEvent =
  | { event: 'agent.ready'; pid: number; url: string | null; devices: { id: string; url: string | null }[] }
  | DeviceEvent

export interface AgentNeeds {
  folder: string
  memory: Memory
  records: readonly DeviceRecord[]
  openDriver(record: DeviceRecord): Promise<Driver>
  /** For `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`. */
  environment: Readonly<Record<string, string | undefined>>
  clock: Clock
  random: Random
  log: Log
  tell(event: AgentEvent): void
}

export interface Agent {
  /** Answers what was pushed, 10 s at most, and ends the sessions. */
  stop(): Promise<void>
}

/**
 * Everything is open and `agent.ready` is told when it returns.
 *
 * @throws {Failure} when a page's address is taken; {UsageError} when a driver's specification is wrong
 */
export async function openAgent(needs: AgentNeeds): Promise<Agent> {
  await using stack = new AsyncDisposableStack()
  const ofAll = stack.use(createHttpClient(needs.clock, needs.environment))
  const devices: Device[] = []
  const powers: PowerRunner[] = []
  const told: { id: string; url: string | null }[] = []
  for (const record of needs.records) {
    warnOfPlainHttp(record, needs.log)
    const driver = await needs.openDriver(record)
    // One that sleeps closes all its connections, and none of the others'.
    const http = record.walkUp ? stack.use(createHttpClient(needs.clock, needs.environment)) : ofAll
    const device = createDevice({ ...needs, record, driver, http })
    devices.push(device)
    let power: PowerRunner | undefined
    const touched = () => power?.touched()
    const panel =
      record.listen === null ? undefined : stack.use(await openPanel(record.listen, device, { ...needs, touched }))
    if (panel) device.listensAt(panel.listening)
    if (record.walkUp) {
      power = stack.use(await openPower({ ...needs, settings: record.walkUp, device, driver, panel, http }))
      powers.push(power)
    }
    told.push({ id: record.id, url: panel?.url ?? null })
  }
  stack.use(
    await openControl(
      needs.folder,
      {
        mode: switchModes(devices),
        pin: tellPins(devices),
        reset: resetOne(devices),
        trust: trustPrinter(needs.memory, devices),
      },
      needs.log,
    ),
  )
  needs.tell({ event: 'agent.ready', pid: process.pid, url: told[0]?.url ?? null, devices: told })
  for (const device of devices) device.start()
  for (const power of powers) power.start()

  const opened = stack.move()
  return {
    async stop() {
      await Promise.all(devices.map((device) => device.stop()))
      await opened.disposeAsync()
    },
  }
}

function switchModes(devices: readonly Device[]): CarryOut['mode'] {
  return ({ id, on }) => {
    const meant = devices.filter((device) => id === undefined || device.id === id)
    if (meant.length === 0) return { refused: `This agent has no device ${id}.` }
    try {
      for (const device of meant) device.switchMode(on)
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      return { refused: `The mode could not be recorded, so it stays as it is: ${words}.` }
    }
    return { devices: meant.map((device) => device.id) }
  }
}

function tellPins(devices: readonly Device[]): CarryOut['pin'] {
  return async ({ id, onPaper }) => {
    const meant = devices.filter((device) => id === undefined || device.id === id)
    if (meant.length === 0) return { refused: `This agent has no device ${id}.` }
    const told: { id: string; pin: string | null; isPrinted: boolean }[] = []
    try {
      for (const device of meant) {
        const { pairing, mayPrintPin } = device.view()
        // Who names one is told why it is not printed.
        const isPrinted = onPaper === true && (mayPrintPin || meant.length === 1)
        if (isPrinted) await device.printPin()
        told.push({ id: device.id, pin: pinIn(pairing) ?? null, isPrinted })
      }
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error) }
    }
    return { devices: told }
  }
}

function resetOne(devices: readonly Device[]): CarryOut['reset'] {
  return async ({ id }) => {
    const device = devices.find((each) => each.id === id)
    if (!device) return { refused: `This agent has no device ${id}.` }
    if (!device.view().mayReset) return { refused: `Nobody owns ${id}: there is nothing to reset.` }
    try {
      await device.reset()
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error) }
    }
    return { id, dueAt: device.view().resetDueAt ?? null }
  }
}

function trustPrinter(memory: Memory, devices: readonly Device[]): CarryOut['trust'] {
  const running = new Map(devices.map((device) => [device.id, device]))
  return (order) => {
    try {
      const told = trustKey(memory, order, (id) => running.get(id)?.view().refusedKey)
      if (order.key !== undefined) for (const { id } of told) running.get(id)?.hurryJobs()
      return { devices: told }
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error) }
    }
  }
}

function warnOfPlainHttp({ relay, id }: DeviceRecord, log: Log): void {
  const { protocol, hostname } = new URL(relay)
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  if (protocol === 'http:' && !isLoopback)
    log.warn('agent.plain-http', 'The relay is spoken to over plain HTTP: the secret can be read on the way.', {
      device: id,
      relay,
    })
}

/** For a folder that no agent runs with: the mode for the next start. */
export function switchStoredModes(memory: Memory, { id, on }: { id?: string | undefined; on: boolean }): string[] {
  const meant = memory.devices().filter((record) => id === undefined || record.id === id)
  if (meant.length === 0)
    throw new Failure('unknown-device', id === undefined ? 'No device is kept here.' : `There is no device ${id} here.`)
  for (const record of meant) memory.change(record.id, { sessionMaintenance: on })
  return meant.map((record) => record.id)
}
