/** What SQLite's errors tell of. Source: https://sqlite.org/rescode.html, primary result codes. */

const busy = 5
/** BUSY, NOMEM, READONLY, IOERR, FULL, CANTOPEN: the disk or the machine is at fault, not the query. */
const ofTheDisk = new Set([busy, 7, 8, 10, 13, 14])

export function isBusy(error: unknown): boolean {
  return codeOf(error) === busy
}

export function isOfTheDisk(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && ofTheDisk.has(code)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}
