/** What the room of jobs leans on. */
import type { Clock, Log, Random } from '@fairlead/base'
import type { TellAudit } from '../audit/act.ts'
import type { JobLimits } from '../config.ts'
import type { Database } from '../database/database.ts'
import type { Journal } from '../events/journal.ts'
import type { Spool } from '../spool/spool.ts'
import type { Uploads } from '../spool/uploads.ts'
import type { Notifying } from './notifying.ts'
import type { WhoseNeeds } from './whose.ts'

export interface JobsNeeds {
  database: Database
  journal: Pick<Journal, 'append'>
  audit: TellAudit
  spool: Spool
  uploads: Uploads
  clock: Clock
  random: Random
  log: Log
  limits: JobLimits
  findDevice(device: string): { account: string; releaseAtDevice: boolean } | undefined
  findPerson: WhoseNeeds['findPerson']
  presenceOf(
    device: string,
  ): { state: string; reason?: string | undefined; lastSeenAt?: number | undefined } | undefined
  /** ONLINE at this node. */
  isHere(device: string): boolean
  newRequestId(): string
  ask: Notifying['ask']
}
