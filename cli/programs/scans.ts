/** Scans on their way into an e-mail: each has a place made for it, is taken there once, and is on disk until its end is known. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Failure } from '@fairlead/base'
import { z } from 'zod'
import { keepFile, readKept, syncFolder } from './kept-file.ts'
import { type ProgramLanguage, programLanguages, programWords } from './languages.ts'

const Scan = z.object({
  scanId: z.string(),
  device: z.string(),
  to: z.string(),
  /** Of whoever scans it. */
  language: z.enum(programLanguages).default('en'),
  /** `open`: the device has not sent it; `waiting`: it is here; then one of the ends. */
  state: z.enum(['open', 'waiting', 'passed-on', 'refused']),
  madeAt: z.number(),
  contentType: z.string().optional(),
  message: z.string().optional(),
  tries: z.number(),
  nextAt: z.number(),
})
export type Scan = z.infer<typeof Scan>

export const scanTypes: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'image/png': 'png',
  'image/jpeg': 'jpg',
}
export const mostScanBytes = 50 * 1024 * 1024
/** An end is told, and a place kept, for so long. */
const forgetMs = 7 * 24 * 3_600_000

export type Scans = Awaited<ReturnType<typeof openScans>>

/** @param key what IDs and tokens are made of: the same call has the same place */
export async function openScans(folder: string, key: string, now: () => number) {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // Nobody is sending them any more.
  for (const name of await readdir(folder)) if (name.endsWith('.part')) await rm(join(folder, name), { force: true })
  const recordOf = (scanId: string) => join(folder, `${scanId}.json`)
  const fileOf = (scanId: string) => join(folder, `${scanId}.scan`)
  const derive = (what: string, text: string) => createHmac('sha256', key).update(`${what} ${text}`).digest('base64url')
  const tokenOf = (scanId: string) => derive('token', scanId)
  /** Being taken in this moment. */
  const arriving = new Set<string>()

  const keep = (scan: Scan) => keepFile(recordOf(scan.scanId), JSON.stringify(scan))

  /** @returns undefined: there is none */
  async function find(scanId: string): Promise<Scan | undefined> {
    if (!/^[\w-]{43}$/.test(scanId)) return undefined
    const kept = await readKept(recordOf(scanId))
    return kept && Scan.parse(JSON.parse(kept.toString()))
  }

  async function all(): Promise<Scan[]> {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
    const scans = await Promise.all(names.map((name) => find(name.slice(0, -'.json'.length))))
    return scans.filter((scan) => scan !== undefined)
  }

  async function write({ scanId, language }: Scan, content: Readable): Promise<void> {
    const part = `${fileOf(scanId)}.part`
    let bytes = 0
    await pipeline(
      content,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          bytes += chunk.length
          if (bytes > mostScanBytes) throw tooLarge(language)
          yield chunk
        }
      },
      createWriteStream(part, { mode: 0o600 }),
    ).catch(async (error) => {
      await rm(part, { force: true })
      throw error
    })
    const file = await open(part, 'r+')
    await file.sync().finally(() => file.close())
    await rename(part, fileOf(scanId))
    await syncFolder(folder)
  }

  return {
    find,

    /** @throws {Failure} `not-found` */
    async mustFind(scanId: string): Promise<Scan> {
      const scan = await find(scanId)
      if (!scan) throw new Failure('not-found', 'There is no such scan any more.')
      return scan
    },

    fileOf,

    /** @param callId of the run that wants it @returns where the device brings it, and what it shows there */
    async place(
      callId: string,
      what: Pick<Scan, 'device' | 'to' | 'language'>,
    ): Promise<{ scanId: string; token: string }> {
      const scanId = derive('scan', callId)
      if (!(await find(scanId))) await keep({ scanId, ...what, state: 'open', madeAt: now(), tries: 0, nextAt: 0 })
      return { scanId, token: tokenOf(scanId) }
    },

    isToken(scanId: string, shown: string): boolean {
      const [one, other] = [Buffer.from(tokenOf(scanId)), Buffer.from(shown)]
      return one.length === other.length && timingSafeEqual(one, other)
    },

    /**
     * @returns it, on disk; undefined: it had come before, and stays as it is
     * @throws {Failure} `too-large`, `in-progress`
     */
    async take(scanId: string, contentType: string, content: Readable): Promise<Scan | undefined> {
      if (arriving.has(scanId)) throw new Failure('in-progress', 'This scan is being sent already.')
      arriving.add(scanId)
      try {
        // As it is now: another upload may have ended a moment ago.
        const scan = await find(scanId)
        if (scan?.state !== 'open') return undefined
        await write(scan, content)
        const taken: Scan = { ...scan, state: 'waiting', contentType, madeAt: now() }
        await keep(taken)
        return taken
      } finally {
        arriving.delete(scanId)
      }
    },

    /** Its next step; with an end the document goes. */
    async change(scan: Scan): Promise<Scan> {
      await keep(scan)
      if (scan.state !== 'waiting') await rm(fileOf(scan.scanId), { force: true })
      return scan
    },

    /** Those that are on their way, the oldest first. */
    async waiting(): Promise<Scan[]> {
      const waiting = (await all()).filter(({ state }) => state === 'waiting')
      return waiting.toSorted((one, other) => one.madeAt - other.madeAt)
    },

    /** What nobody will ask for any more. */
    async forgetOld(): Promise<void> {
      for (const { scanId, state, madeAt } of await all())
        if (state !== 'waiting' && madeAt < now() - forgetMs) await rm(recordOf(scanId), { force: true })
    },
  }
}

export function tooLarge(language: ProgramLanguage): Failure {
  return new Failure('too-large', programWords[language].scan.tooLarge(mostScanBytes / 1024 / 1024))
}
