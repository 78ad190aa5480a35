/** Entries of the audit log: chained when a group is done, in the order of commits, with none left out. */

import { digestOf, hashOf } from '@fairlead/protocol/audit'
import type { AuditActor, AuditEntry } from '@fairlead/protocol/contract'
import type { Kysely } from 'kysely'
import { prepareForMany } from './prepared.ts'
import type { AuditRow, NewAuditRow, Tables } from './tables.ts'

const add = prepareForMany((sql, rows: readonly AuditRow[]) => sql.insertInto('audit').values(rows))

/**
 * Writes the entries behind the last one. From here to the commit nobody else can add any: there is one chain, whoever
 * writes to this record. Whoever numbers events as well does that first, so that no two wait for each other.
 */
export async function chainAudit(sql: Kysely<Tables>, entries: readonly NewAuditRow[]): Promise<void> {
  if (entries.length === 0) return
  const head = await sql
    .updateTable('audit_head')
    .set(({ eb }) => ({ seq: eb('seq', '+', entries.length) }))
    .returning(['seq', 'hash'])
    .executeTakeFirstOrThrow()
  const rows: AuditRow[] = []
  let previous = head.hash
  for (const [at, entry] of entries.entries()) {
    const row = { seq: head.seq - entries.length + 1 + at, ...entry }
    const hash = hashOf(previous, digestOf(contentOf(row)))
    rows.push({ ...row, previous, hash })
    previous = hash
  }
  await add(sql, rows)
  await sql.updateTable('audit_head').set({ hash: previous }).execute()
}

export function entryOf({ previous, hash, ...row }: AuditRow): AuditEntry {
  return { ...contentOf(row), previous, hash }
}

/** What the digest is of. What is null is left out: columns that come later change no digest of today. */
function contentOf(row: Omit<AuditRow, 'previous' | 'hash'>): Omit<AuditEntry, 'previous' | 'hash'> {
  const { seq, action, result, salt, actor_kind, actor_id, request_id } = row
  return {
    seq,
    at: new Date(row.at).toISOString(),
    ...given('account', row.account),
    actor: { kind: actor_kind as AuditActor['kind'], ...given('id', actor_id) },
    action: action as AuditEntry['action'],
    ...given('device', row.device),
    ...given('requestId', request_id),
    ...given('subject', row.subject),
    result,
    ...given('address', row.address),
    salt,
  }
}

function given<Name extends string>(name: Name, value: string | null): { [Only in Name]?: string } {
  return (value === null ? {} : { [name]: value }) as { [Only in Name]?: string }
}
