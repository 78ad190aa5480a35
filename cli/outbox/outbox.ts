/**
 * Jobs of this user that no relay has yet (E1): each a file with what is asked and its document beside it, on disk before anybody
 * is told that it is kept, and gone once a relay has said that it is stored there.
 */
import { constants, type Dirent, existsSync } from 'node:fs'
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '@fairlead/base'
import { PrintTicket } from '@fairlead/protocol/contract'
import { z } from 'zod'

/** What is kept of a job. Its ID is its idempotency key: however often it is sent, it is one job. */
export const KeptJob = z.object({
  id: z.string(),
  relay: z.object({ url: z.string(), key: z.string() }),
  device: z.string(),
  name: z.string(),
  contentType: z.string(),
  bytes: z.int(),
  ticket: PrintTicket,
  priority: z.int().optional(),
  hold: z.boolean().optional(),
  /** It waits until its person is at the device: whoever sends it, or somebody named. */
  release: z.enum(['person']).optional(),
  for: z.string().optional(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  /** It is to be at its device by then, as when it was made. */
  expiresAt: z.number(),
  /** What the device could do when it was checked; undefined: nothing was known here. */
  abilities: z.string().optional(),
  /** What of it is at the relay already. */
  uploadId: z.string().optional(),
  /** It waits for its sender: the device has changed, or the relay refuses it. */
  waitsFor: z.enum(['answer', 'refused']).optional(),
  /** Why, or why the last try failed. */
  why: z.string().optional(),
  /** Whoever sent it has said to print it as the device can. */
  agreed: z.boolean().optional(),
  /** The process that tries it at this moment and will say what becomes of it: nobody else does, while that lives. */
  inHandOf: z.int().optional(),
})
export type KeptJob = z.infer<typeof KeptJob>

export interface Outbox {
  readonly folder: string
  /** On disk when it resolves. @throws {Failure} `unavailable`: there is no room, or no right to write there */
  add(job: KeptJob, file: string): Promise<void>
  change(job: KeptJob, more: Partial<KeptJob>): Promise<KeptJob>
  /** The oldest first. */
  list(): Promise<KeptJob[]>
  documentOf(job: KeptJob): string
  remove(job: KeptJob): Promise<void>
}

/** A process of that number that has lived for days is another one. */
const longestInHandMs = 6 * 3_600_000

/** Whether another process is about to say what becomes of it. */
export function isInHand({ inHandOf, createdAt }: KeptJob, now: number): boolean {
  if (inHandOf === undefined || inHandOf === process.pid || now - createdAt > longestInHandMs) return false
  try {
    return process.kill(inHandOf, 0)
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** XDG_STATE_HOME as everywhere (XDG Base Directory Specification). */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const home = environment['XDG_STATE_HOME'] || join(environment['HOME'] || homedir(), '.local', 'state')
  return join(home, 'fairlead')
}

export function openOutbox(environment: Readonly<Record<string, string | undefined>>): Outbox {
  const folder = join(stateFolder(environment), 'outbox')
  const jobFile = (id: string) => join(folder, `${id}.json`)
  const documentOf = ({ id }: KeptJob) => join(folder, `${id}.document`)

  /** Without its document it was removed by one process while another wrote down how its try went. */
  async function readWhole(path: string): Promise<KeptJob | undefined> {
    const job = await read(path)
    if (job === undefined || existsSync(documentOf(job))) return job
    await rm(path, { force: true })
    return undefined
  }

  async function write(job: KeptJob): Promise<void> {
    await writeDurably(`${jobFile(job.id)}.new`, JSON.stringify(job))
    await rename(`${jobFile(job.id)}.new`, jobFile(job.id))
    await sync(folder)
  }

  return {
    folder,
    documentOf,
    async add(job, file) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        // Shared with the original where the file system can; changed there it stays as it is here.
        await copyFile(file, documentOf(job), constants.COPYFILE_FICLONE)
        await sync(documentOf(job))
        await write(job)
      } catch (error) {
        await rm(documentOf(job), { force: true })
        const words = error instanceof Error ? error.message : String(error)
        throw new Failure('unavailable', `The job cannot be kept in ${folder} (${words}).`, { cause: error })
      }
    },
    async change(job, more) {
      const changed = { ...job, ...more }
      await write(changed)
      return changed
    },
    async list() {
      const entries = await readdir(folder, { withFileTypes: true }).catch(noneYet)
      const names = entries.map(({ name }) => name).filter((name) => name.endsWith('.json'))
      const jobs = await Promise.all(names.map((name) => readWhole(join(folder, name))))
      return jobs.filter((job) => job !== undefined).toSorted((a, b) => a.createdAt - b.createdAt)
    },
    async remove(job) {
      await rm(jobFile(job.id), { force: true })
      await rm(documentOf(job), { force: true })
    },
  }
}

function noneYet(error: NodeJS.ErrnoException): Dirent[] {
  if (error.code === 'ENOENT') return []
  throw error
}

/** One that was sent a moment ago is gone. */
async function read(path: string): Promise<KeptJob | undefined> {
  try {
    return KeptJob.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Failure('unavailable', `${path} is not what is kept of a job: move it away.`, { cause: error })
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}
