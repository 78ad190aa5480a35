/** Jobs, what they stand on, and who is at the device for them: the spool in an S3-compatible storage, else in the data folder, or in the record where several nodes share it. */
import { join } from 'node:path'
import type { Clock, Log, Random } from '@fairlead/base'
import type { Audit } from './audit/audit.ts'
import { type Jobs, openJobs } from './jobs/jobs.ts'
import type { JobsNeeds } from './jobs/needs.ts'
import type { Blobs } from './spool/blobs.ts'
import { openFolderBlobs } from './spool/folder-blobs.ts'
import { agreeOnPlace, placeOf } from './spool/place.ts'
import { createRecordBlobs } from './spool/record-blobs.ts'
import { openS3Store } from './spool/s3-store.ts'
import { openSpool } from './spool/spool.ts'
import { createStoredBlobs } from './spool/stored-blobs.ts'
import { openUploads, type Uploads } from './spool/uploads.ts'
import type { SpoolConfig } from './spool-config.ts'
import { openWalkUps, type WalkUpNeeds, type WalkUps } from './walk-ups/walk-ups.ts'

export interface JobRooms {
  readonly jobs: Jobs
  readonly uploads: Uploads
  readonly walkUps: WalkUps
}

export interface JobRoomsNeeds extends Omit<JobsNeeds, 'spool' | 'uploads' | 'audit'> {
  audit: Audit
  showDevice: WalkUpNeeds['showDevice']
  dataFolder: string
  isShared: boolean
  /** undefined: documents are kept where the record is. */
  storage: SpoolConfig | undefined
  givesUpDocuments: boolean
  /** Those that live besides this one. */
  otherNodes(): Promise<readonly { name: string }[]>
  /** A call of that storage came to nothing. */
  storageFailed(): void
  clock: Clock
  random: Random
  log: Log
}

/** @param building takes what is to be closed, in order */
export async function openJobRooms(needs: JobRoomsNeeds, building: AsyncDisposableStack): Promise<JobRooms> {
  const { isShared, storage, givesUpDocuments: givesUp, otherNodes: others } = needs
  const blobs = await openBlobs(needs, building)
  // Only now: a storage that refuses this relay is no place to go to.
  await agreeOnPlace({ ...needs, place: placeOf(storage, isShared), others, givesUp })
  const spool = building.use(openSpool({ ...needs, blobs }))
  const uploads = building.use(openUploads({ ...needs, blobs }))
  const jobs = building.use(openJobs({ ...needs, audit: needs.audit.tell, spool, uploads }))
  return { uploads, jobs, walkUps: building.use(await openWalkUps({ ...needs, jobs })) }
}

async function openBlobs(needs: JobRoomsNeeds, building: AsyncDisposableStack): Promise<Blobs> {
  const { database, clock, dataFolder, isShared, storage } = needs
  if (storage) {
    const store = building.use(await openS3Store({ ...needs, place: storage, failed: needs.storageFailed }))
    return building.use(createStoredBlobs({ ...needs, store }))
  }
  return isShared ? createRecordBlobs(database, clock.wallNow) : openFolderBlobs(join(dataFolder, 'spool'))
}
