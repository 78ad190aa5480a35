/** The files of one device's pulls: what is being fetched or sent, and the content that is kept. No name of a service is among theirs. */
import { existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface PullFiles {
  /** Before the first of them. */
  open(): void
  /** What a pull has in hand. */
  workOf(pullId: string): string
  /** A folder for the pages of a scan; it is there when this returns. */
  makePages(pullId: string): string
  removePages(pullId: string): void
  contentOf(contentId: string): string
  /** The same bytes under a second name; the first one stays. */
  keep(pullId: string): void
  removeWork(pullId: string): void
  removeContent(contentId: string): void
  /** All others are what a crash has left behind. */
  keepOnly(pullIds: ReadonlySet<string>, contentIds: ReadonlySet<string>): void
}

export function createPullFiles(folder: string, device: string): PullFiles {
  const work = join(folder, 'pulls', device)
  const contents = join(folder, 'content', device)
  const workOf = (id: string) => join(work, id)
  const contentOf = (id: string) => join(contents, id)
  const pagesOf = (id: string) => join(work, `${id}.pages`)
  const remove = (path: string) => rmSync(path, { force: true, recursive: true })

  function sweep(path: string, ids: ReadonlySet<string>): void {
    const isKnown = (name: string) => ids.has(name.replace(/\.pages$/, ''))
    for (const name of existsSync(path) ? readdirSync(path) : []) if (!isKnown(name)) remove(join(path, name))
  }

  return {
    open() {
      // They may hold what is nobody else's business.
      for (const path of [work, contents]) mkdirSync(path, { recursive: true, mode: 0o700 })
    },
    workOf,
    makePages(id) {
      const path = pagesOf(id)
      mkdirSync(path, { recursive: true, mode: 0o700 })
      return path
    },
    removePages: (id) => remove(pagesOf(id)),
    contentOf,
    keep(id) {
      // An earlier try may have been cut off behind this.
      remove(contentOf(id))
      linkSync(workOf(id), contentOf(id))
    },
    removeWork(id) {
      for (const path of [workOf(id), `${workOf(id)}.part`, pagesOf(id)]) remove(path)
    },
    removeContent: (id) => remove(contentOf(id)),
    keepOnly(pullIds, contentIds) {
      sweep(work, pullIds)
      sweep(contents, contentIds)
    },
  }
}
