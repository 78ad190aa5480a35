/** The tables of programs and of what is launched of them (`tables.ts` has the rules). */
import type { Selectable } from 'kysely'

export interface ProgramTables {
  launch: LaunchTable
  launch_run: LaunchRunTable
  program: ProgramTable
}

/** What a service hosts and offers on its account's devices (L1). Where it is called is its webhook's. */
interface ProgramTable {
  account: string
  program: string
  title: string
  description: string | null
  /** JSON: names of objects. */
  asks: string
  /** Only for devices that have it; null: for all. */
  tag: string | null
  webhook_id: string
  created_at: number
}

/** The identification of a program on a device, and the device information that came for it. */
interface LaunchTable {
  launch_id: string
  account: string
  program: string
  device: string
  /** JSON: what was asked of this device. */
  asks: string
  /** JSON: what it told of that; null: nothing yet. */
  information: string | null
  created_at: number
  /** When the program took it; null: not yet. */
  launched_at: number | null
  /** Of its last run, as the contract calls it. */
  run_at: number | null
  outcome: string | null
  reason: string | null
}

/** A run whose answer has not come yet. */
interface LaunchRunTable {
  call_id: string
  device: string
  started_at: number
}

export type ProgramRow = Selectable<ProgramTable>
export type LaunchRow = Selectable<LaunchTable>
