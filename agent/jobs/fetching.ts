/** Fetches a document from the relay, on from where an earlier try was cut off, and takes it only when it is whole. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { JobInformation } from '@fairlead/protocol/contract'
import type { HttpOutcome } from '../uplink/http-client.ts'
import type { RelayDoor } from '../uplink/relay-door.ts'

export type Fetched =
  | { state: 'whole' }
  /** It is to be tried again: what has come stays. */
  | { state: 'cut'; outcome: HttpOutcome }
  /** What came is not what was sent; it is removed. */
  | { state: 'damaged' }
  /** The relay does not give it: the job has ended there. */
  | { state: 'refused' }
  /** There is no room on the disk of this machine, or it is broken. */
  | { state: 'no-room'; reason: string }

const silenceMs = 20_000

/** The documents of one device's jobs, on its disk while they are needed. */
export interface Documents {
  fileOf(jobId: string): string
  fetch(information: JobInformation, signal: AbortSignal): Promise<Fetched>
  /** One that is on this disk already gets a second name. */
  lay(jobId: string, file: string): void
  /** With what was made of it; none is as well. */
  remove(jobId: string): void
  /** Those of other jobs are what a crash has left behind. */
  keepOnly(jobIds: ReadonlySet<string>): void
}

/** @param folder of this device alone */
export function createDocuments(folder: string, door: Pick<RelayDoor, 'download'>): Documents {
  const fileOf = (jobId: string) => join(folder, jobId)
  return {
    fileOf,
    fetch: (information, signal) => fetchDocument(information, fileOf(information.jobId), door, signal),
    lay(jobId, file) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      rmSync(fileOf(jobId), { force: true })
      linkSync(file, fileOf(jobId))
    },
    remove: (jobId) => removeAll(fileOf(jobId)),
    keepOnly(jobIds) {
      for (const name of existsSync(folder) ? readdirSync(folder) : [])
        if (!jobIds.has(name.replace(/\.converted$/, ''))) removeAll(join(folder, name))
    },
  }
}

/** A driver may have made something of it, beside it. */
function removeAll(file: string): void {
  rmSync(file, { force: true, recursive: true })
  rmSync(`${file}.converted`, { force: true, recursive: true })
}

/** @param file is made, with its folder, readable by this user alone */
async function fetchDocument(
  { jobId, bytes, sha256 }: JobInformation,
  file: string,
  { download }: Pick<RelayDoor, 'download'>,
  signal: AbortSignal,
): Promise<Fetched> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    // As long as each try brings something the next one follows at once.
    for (let from = await sizeOf(file); from < bytes; ) {
      const outcome = await fetchRest(jobId, file, from, download, signal)
      if ('status' in outcome && (outcome.status === 404 || outcome.status === 409)) return { state: 'refused' }
      const there = await sizeOf(file)
      if (there <= from || signal.aborted) return { state: 'cut', outcome }
      from = there
    }
    if ((await digestOf(file)) === sha256) return { state: 'whole' }
    await rm(file, { force: true })
    return { state: 'damaged' }
  } catch (error) {
    return { state: 'no-room', reason: error instanceof Error ? error.message : String(error) }
  }
}

async function fetchRest(
  jobId: string,
  file: string,
  from: number,
  download: RelayDoor['download'],
  signal: AbortSignal,
): Promise<HttpOutcome> {
  await using handle = await open(file, 'a', 0o600)
  const path = `/device/v1/jobs/${encodeURIComponent(jobId)}/document`
  let isFirst = true
  const outcome = await download(path, from, { timeoutMs: silenceMs, signal }, async (piece, status) => {
    // Asked for the rest, and given all of it.
    if (isFirst && status === 200 && from > 0) await handle.truncate(0)
    isFirst = false
    await handle.appendFile(piece)
  })
  await handle.sync()
  return outcome
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return found?.size ?? 0
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece)
  return hash.digest('hex')
}
