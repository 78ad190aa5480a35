/** Writes a file for this user alone: all of it, or none. */
import { createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Failure } from '@fairlead/base'

/**
 * @param path that there is no file at yet
 * @throws {Failure} `unavailable`: it is there, or cannot be written; and what `texts` throws
 */
export async function writeWholeFile(path: string, texts: AsyncIterable<string>): Promise<void> {
  const part = `${path}.part`
  try {
    await pipeline(texts, createWriteStream(part, { mode: 0o600 }))
    const file = await open(part)
    await file.sync().finally(() => file.close())
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new Failure('unavailable', `The file ${path} cannot be written (${error.message}).`)
  }
}
