/** A folder that is gone when the test is. */
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Folder extends AsyncDisposable {
  readonly path: string
}

export function openFolder(): Promise<Folder> {
  return mkdtempDisposable(join(tmpdir(), 'fairlead-'))
}
