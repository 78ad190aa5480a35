/** What the agent asks of a device, whatever language the device speaks. */
import type { Clock, Log } from '@fairlead/base'
import type { Json, ObjectAnswer } from '@fairlead/protocol/contract'
import type { Scanner } from '../scanning/scanner.ts'
import type { KeyStore, RefusedKey } from './printer-key.ts'
import type { Printing } from './printing.ts'

/** Register information (A2); all of it optional, as told by the device. */
export interface Capabilities {
  serial?: string
  model?: string
  firmware?: string
  memoryBytes?: number
  media?: string[]
  supplies?: string[]
  features?: string[]
}

/** How a page of the agent's own comes out of the device. */
export interface Paper {
  /**
   * @param text lines of ASCII, one page
   * @throws {Failure} `device-refused`: it has not come out, and why; `device-timeout`: it may have
   */
  print(text: string): Promise<void>
  /** The last one that lies in the tray of a device that is not really there; undefined: there is none. */
  inTray?(): Promise<string | undefined>
}

export interface Driver extends AsyncDisposable {
  capabilities(): Promise<Capabilities>
  /** All that the device has, by friendly name; what it does not have is absent (contract part 5). */
  all(): Promise<Record<string, Json>>
  /**
   * What changes by itself, by friendly name: counter, supplies and levels, alerts; and the serial number, which says whose they are.
   *
   * @throws {Failure} when the device does not answer
   */
  look(): Promise<Record<string, Json>>
  /** By friendly name or OID. Never throws for an object; a silent device is `no-answer` for each. */
  get(objects: readonly string[]): Promise<ObjectAnswer>
  /** `values` of the answer: what now holds at the device, read back. */
  set(values: Readonly<Record<string, Json>>): Promise<ObjectAnswer>
  /** @throws {Failure} `device-refused` with the device's words: unknown command, bad arguments */
  command(name: string, args: Readonly<Record<string, Json>>): Promise<Json>
  /** Undefined: there is no way to print a page. */
  readonly paper?: Paper | undefined
  /** Undefined: it prints no documents. */
  readonly printing?: Printing | undefined
  /** Undefined: there is none that this driver knows of. */
  readonly scanner?: Scanner | undefined
  /** Why nothing is sent to it; undefined: it shows the key that it should, or needs none. */
  readonly refusedKey?: (() => RefusedKey | undefined) | undefined
  /** Undefined: its power is its own matter. */
  readonly power?: { sleep(): Promise<void>; wake(): Promise<void> } | undefined
}

export interface DriverNeeds {
  clock: Clock
  log: Log
  /** A folder of this device's own, where a virtual printer keeps its counters; without it they end with the process. */
  data?: string
  /** Where the key of a printer over TLS is kept; without it, in this process alone. */
  keys?: KeyStore
}
