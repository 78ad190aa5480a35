/** What PostgreSQL's errors tell of. Source: https://www.postgresql.org/docs/15/errcodes-appendix.html. */
import pg from 'pg'

/** The connection is gone, or never came about: what had been asked over it has no answer. */
export class ConnectionLost extends Error {}

/**
 * Server or network are at fault, not the query: connection (08), resources and disk (53), shutdown and start (57P),
 * too slow (57014), lock not had (55P03), system (58), damage (XX001, XX002), a standby that may not write (25006), or an
 * ended session (25P03).
 */
const ofTheServer = /^(08...|53...|57P0[1235]|57014|55P03|40001|40P01|58...|XX00[12]|25006|25P03)$/

export function isOfTheServer(error: unknown): boolean {
  return error instanceof ConnectionLost || ofTheServer.test(codeOf(error) ?? '')
}

/** Another transaction was in the way: the same again may well succeed. Serialization, deadlock, lock time-out. */
export function isPassing(error: unknown): boolean {
  return /^(40001|40P01|55P03)$/.test(codeOf(error) ?? '') || isStalePlan(error)
}

/** A newer program has changed a table meanwhile: a statement that was prepared before has to be prepared again. */
export function isStalePlan(error: unknown): boolean {
  return codeOf(error) === '0A000' && error instanceof Error && /cached plan/.test(error.message)
}

/** The session ends with it. */
export function isFatal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.severity === 'FATAL' || error.severity === 'PANIC')
}

/** SQLSTATE, five characters. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}
