/** A database on a real file in a folder of its own, gone after the test. For tests only. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from './database.ts'

export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export async function temporaryDatabase(): Promise<Database> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const database = opening.use(await openDatabase(folder.path))
  const opened = opening.move()
  return { ...database, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
