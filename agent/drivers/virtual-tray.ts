/** The output tray of a virtual printer: what it prints as text lies there as files, for whoever would stand before it. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface VirtualTray {
  lay(text: string, atMs: number): Promise<void>
  /** Undefined: it is empty. */
  newest(): Promise<string | undefined>
}

/** A tray that nobody empties must not fill a disk. */
const mostSheets = 20
const isSheet = (name: string) => name.endsWith('.txt')

/** @param data of the printer: they lie in `printed/` there; undefined: the last one is kept in memory */
export function createVirtualTray(data: string | undefined): VirtualTray {
  if (data === undefined) {
    let last: string | undefined
    return {
      async lay(text) {
        last = text
      },
      newest: async () => last,
    }
  }
  const folder = join(data, 'printed')

  async function sheets(): Promise<string[]> {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return names.filter(isSheet).sort()
  }

  return {
    async lay(text, atMs) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const path = join(folder, `${new Date(atMs).toISOString().replaceAll(':', '-')}.txt`)
      await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600 })
      await rename(`${path}.new`, path)
      for (const old of (await sheets()).slice(0, -mostSheets)) await rm(join(folder, old), { force: true })
    },
    async newest() {
      const last = (await sheets()).at(-1)
      return last === undefined ? undefined : await readFile(join(folder, last), 'utf8')
    },
  }
}
