/** Blobs as files of one folder: for a relay of one process. */
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '@fairlead/base'
import { type Blobs, wrongOffset } from './blobs.ts'

/** A disk error that says so when there is no room. Source: errno(3). */
const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** As many as a fast disk and a fast line are worth asking for at once. */
const pieceBytes = 256 * 1024

/** @param folder is made if it is not there; it is this process's alone */
export async function openFolderBlobs(folder: string): Promise<Blobs> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pathOf = (name: string) => join(folder, name)

  async function length(name: string): Promise<number> {
    const found = await stat(pathOf(name)).catch(ifThere)
    return found?.size ?? 0
  }

  /** The entry itself has to be on disk, not only what it leads to. */
  async function syncFolder(): Promise<void> {
    await using handle = await open(folder, 'r')
    await handle.sync()
  }

  return {
    length,
    async append(name, at, pieces) {
      if ((await length(name)) !== at) throw wrongOffset()
      await using file = await open(pathOf(name), 'a', 0o600)
      let end = at
      try {
        for await (const piece of pieces) end += await writeAll(file, piece)
      } catch (error) {
        throw noRoom.has(codeOf(error)) ? full(error) : error
      } finally {
        await file.sync()
        if (at === 0) await syncFolder()
      }
      return end
    },
    async *read(name, from) {
      await using file = await open(pathOf(name), 'r').catch(ifThere)
      if (!file) return
      // One for all pieces: a new one for each leaves the collector behind by half of a document.
      const piece = Buffer.allocUnsafeSlow(pieceBytes)
      for (let at = from; ; ) {
        const { bytesRead } = await file.read(piece, 0, piece.length, at)
        if (bytesRead === 0) return
        at += bytesRead
        yield piece.subarray(0, bytesRead)
      }
    },
    remove: (name) => rm(pathOf(name), { force: true }),
    async olderThan(atMs) {
      const found: string[] = []
      for (const name of await readdir(folder)) {
        const file = await stat(pathOf(name)).catch(ifThere)
        if (file && file.mtimeMs < atMs) found.push(name)
      }
      return found
    },
  }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<number> {
  for (let written = 0; written < piece.length; )
    written += (await file.write(piece, written, piece.length - written)).bytesWritten
  return piece.length
}

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

function ifThere(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function full(cause: unknown): Failure {
  return new Failure(
    'unavailable',
    'The disk of the relay is full: nothing more is taken until its operator makes room.',
    {
      retryAfterSeconds: 60,
      cause,
    },
  )
}
