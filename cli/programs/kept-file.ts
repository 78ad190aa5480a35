/** Small files that must be whole after a power cut: written beside, synced and moved, for this user alone. */
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

export async function keepFile(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.new`
  const file = await open(part, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(part, path)
  await syncFolder(dirname(path))
}

/** A new name is on disk only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** @returns undefined: there is no such file */
export async function readKept(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
