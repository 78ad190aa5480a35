/** Jobs as IPP proxies have them (PWG 5100.18): they see what nobody has yet, and take it, one of them each. */
import { Failure } from '@fairlead/base'
import type { Job, PrintAbilities } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { JobRow } from '../database/job-tables.ts'
import type { HappenIn } from './happening.ts'
import { hasEnded, isWithRelay, type JobEvent } from './job-machine.ts'
import { jobOf } from './job-view.ts'
import { type JobStore, lifeOf } from './store.ts'

export interface HeldJob {
  job: Job
  /** `output-device-uuid` of the proxy that has it; null: no proxy has. */
  holder: string | null
  /** Nobody has it, and its document is here. */
  isFetchable: boolean
}

export interface Holding {
  /** What has not ended, as it will come out. */
  openOf(device: string): Promise<HeldJob[]>
  /** @returns undefined: there is none */
  findNumber(device: string, number: number): Promise<HeldJob | undefined>
  /** @throws {Failure} `not-found` */
  ofNumber(device: string, number: number): Promise<HeldJob>
  /** From now on this proxy has it; again does no harm. @returns undefined: it is not to be had @throws {Failure} `not-found` */
  take(device: string, number: number, holder: string): Promise<HeldJob | undefined>
  /** The proxy will tell nothing more: of what it has, nobody knows the end. */
  leave(device: string, holder: string): Promise<void>
}

export interface HoldingNeeds {
  database: Database
  store: JobStore
  happenIn: HappenIn
  /** Whether the device can still do it, now that it comes for it. */
  asked(row: JobRow, abilities: PrintAbilities | undefined): JobEvent
  /** It is this device's, and that of whoever owns it now. */
  isOf(row: JobRow, device: string): boolean
}

export function createHolding({ database, store, happenIn, asked, isOf }: HoldingNeeds): Holding {
  async function find(device: string, number: number): Promise<JobRow | undefined> {
    const [row] = await store.list(undefined, { device, number, limit: 1 })
    return row && isOf(row, device) ? row : undefined
  }

  async function mustFind(device: string, number: number): Promise<JobRow> {
    const row = await find(device, number)
    if (!row) throw new Failure('not-found', `There is no job ${number} at this printer.`)
    return row
  }

  return {
    async openOf(device) {
      return (await store.ofDevice(device)).filter((row) => isOf(row, device)).map(heldJobOf)
    },

    async findNumber(device, number) {
      const row = await find(device, number)
      return row && heldJobOf(row)
    },

    async ofNumber(device, number) {
      return heldJobOf(await mustFind(device, number))
    },

    async take(device, number, holder) {
      const { job_id: jobId } = await mustFind(device, number)
      const abilities = await store.abilitiesOf(device)
      return database.write(async (tx) => {
        const mayTake = (row: JobRow) => isOf(row, device) && (isHeldBy(row, holder) || isFetchable(row))
        const happened = await happenIn(
          tx,
          jobId,
          (row) => (isFetchable(row) ? asked(row, abilities) : undefined),
          mayTake,
        )
        if (!happened || isWithRelay(happened.life.state) || hasEnded(happened.life.state)) return undefined
        await store.change(tx, jobId, { holder })
        return heldJobOf({ ...happened.row, holder })
      })
    },

    leave: (device, holder) =>
      database.write(async (tx) => {
        for (const jobId of await store.openAt(tx, device, holder)) await happenIn(tx, jobId, { kind: 'holder-gone' })
      }),
  }
}

function heldJobOf(row: JobRow): HeldJob {
  return { job: jobOf(row), holder: row.holder, isFetchable: isFetchable(row) }
}

function isFetchable(row: JobRow): boolean {
  const { state, heldFor } = lifeOf(row)
  return isWithRelay(state) && heldFor === undefined && row.digest !== null && row.holder === null
}

const isHeldBy = (row: JobRow, holder: string) => row.holder === holder && !hasEnded(lifeOf(row).state)
