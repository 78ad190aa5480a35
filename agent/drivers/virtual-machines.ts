/** Virtual devices that are no printers (A15): what each can be told to do, as data. */
import { Failure } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import { createVirtualPrinter, type Kind, type VirtualPrinter } from './virtual-printer.ts'

interface Work {
  /** The one argument, a whole number from 1 (which it is if it is not given) to `most`. */
  argument: string
  most: number
  /** Where it is told afterwards: a total that it adds to, or a setting that it becomes. */
  oid: string
  adds: boolean
}

interface Machine {
  model: string
  commands: Readonly<Record<string, Work>>
}

/** RFC 5612: the enterprise number for examples. */
const example = '1.3.6.1.4.1.32473'

const machines: Readonly<Record<Exclude<Kind, 'printer'>, Machine>> = {
  '3d-printer': {
    model: 'Fairlead Virtual 3D Printer',
    commands: {
      'print-model': { argument: 'layers', most: 100_000, oid: `${example}.1.1.0`, adds: true },
      preheat: { argument: 'celsius', most: 300, oid: `${example}.1.2.0`, adds: false },
    },
  },
  'embroidery-machine': {
    model: 'Fairlead Virtual Embroidery Machine',
    commands: {
      embroider: { argument: 'stitches', most: 1_000_000, oid: `${example}.2.1.0`, adds: true },
      'change-needle': { argument: 'needle', most: 16, oid: `${example}.2.2.0`, adds: false },
    },
  },
  'shape-scanner': {
    model: 'Fairlead Virtual Shape Scanner',
    commands: { 'scan-shape': { argument: 'points', most: 1_000_000, oid: `${example}.3.1.0`, adds: true } },
  },
  camera: {
    model: 'Fairlead Virtual Camera',
    commands: { record: { argument: 'seconds', most: 3600, oid: `${example}.4.1.0`, adds: true } },
  },
}

export const kinds: readonly Kind[] = ['printer', ...(Object.keys(machines) as Exclude<Kind, 'printer'>[])]

export function createVirtualDevice(kind: Kind): VirtualPrinter {
  const device = createVirtualPrinter()
  if (kind === 'printer') return device
  const { model, commands } = machines[kind]
  const totals = Object.values(commands).map(({ oid }) => [oid, 0] as const)
  return { ...device, kind, model, name: `virtual-${kind}`, trays: [], vendorObjects: Object.fromEntries(totals) }
}

const ofPrinters = ['identify', 'print-test-page', 'print', 'clean', 'restart', 'refill']

export function commandsOf(kind: Kind): string[] {
  return kind === 'printer' ? ofPrinters : ['identify', ...Object.keys(machines[kind].commands), 'restart']
}

/**
 * Does one of a machine's own commands.
 *
 * @throws {Failure} `device-refused`: no such command of this kind, or an argument that it does not take
 */
export function workMachine(device: VirtualPrinter, command: string, args: Readonly<Record<string, Json>>): Json {
  const work = device.kind === 'printer' ? undefined : machines[device.kind].commands[command]
  if (!work) throw new Failure('device-refused', `This device has no command ${command}.`)
  onlyTakes(args, work.argument)
  const value = wholeNumber(args, work.argument, work.most)
  const before = Number(device.vendorObjects[work.oid] ?? 0)
  // Integer32 is as far as the object counts; it goes on from 0, as counters do.
  device.vendorObjects[work.oid] = work.adds ? (before + value) % 2 ** 31 : value
  return { [work.argument]: value }
}

/** @throws {Failure} `device-refused` */
export function onlyTakes(args: Readonly<Record<string, Json>>, ...known: string[]): void {
  const other = Object.keys(args).find((name) => !known.includes(name))
  if (other !== undefined) throw new Failure('device-refused', `This command has no argument ${other}.`)
}

/** 1 where nothing is said. @throws {Failure} `device-refused` */
export function wholeNumber(args: Readonly<Record<string, Json>>, name: string, most: number): number {
  const value = args[name] ?? 1
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most)
    throw new Failure('device-refused', `${name} takes a whole number from 1 to ${most}.`)
  return value
}
