/** What the bench needs to know of a server: how to put devices into it, start it, and ask through it. */

import type { StartedProcess } from '../../testkit/process.ts'
import type { Asker } from '../generator/asker.ts'
import type { DeviceTerms } from '../generator/device.ts'

/** Where a server keeps its things, and how it is run. */
export interface Place {
  /** Its own and empty at the beginning; it stays over restarts. */
  folder: string
  /** How many devices are enrolled. */
  devices: number
  /** The processor that it has for itself; undefined: any. */
  core: number | undefined
}

export interface RunningServer {
  /** Whose memory and processor time count, children included. */
  readonly pid: number
  readonly process: StartedProcess
  readonly terms: Pick<DeviceTerms, 'bosh' | 'domain' | 'mechanism' | 'answerOf'>
  /** @param connections for a service that needs several */
  openAsker(connections: number): Promise<Asker>
  /** How many devices are there, for a server whose sessions outlive it: devices that go on are told nothing. */
  countOnline?(): Promise<number>
}

export interface ServerKind {
  /** As `--only` has it. */
  readonly name: string
  readonly title: string
  readonly answers: DeviceTerms['answers']
  /** Each device has a salt of its own, which the generator should know before it is measured. */
  readonly hasOwnSalts: boolean
  /** The Debian package that it needs. */
  readonly package?: string
  version(): Promise<string>
  /** Enrols the devices, `nameOf(0)` and so on, all with this secret. */
  prepare(place: Place, secret: string): Promise<void>
  /** Starts on what was prepared, always at the same port. */
  start(place: Place): Promise<RunningServer>
}
