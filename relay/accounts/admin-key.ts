/** The admin key: made at the first start, replaced by giving another, kept as a hash and in `DATA/admin-key`. */
import { hash, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, UsageError } from '@fairlead/base'
import type { TellAudit } from '../audit/act.ts'
import { theRelay } from '../audit/actor.ts'
import type { Transaction } from '../database/writer.ts'
import type { AccountStore } from './store.ts'

export interface AdminKey {
  matches(bearer: string): boolean
  /** The key itself, when this start made one: to be told once. */
  readonly made: string | undefined
  /** Reads anew what another node may have replaced. */
  learn(): Promise<void>
}

/** @param given the option's value; undefined: the one that is there, or a new one */
export async function openAdminKey(
  store: AccountStore,
  folder: string,
  random: Random,
  given: string | undefined,
  audit: TellAudit,
): Promise<AdminKey> {
  const tell = (action: 'admin-key.made' | 'admin-key.replaced') => (tx: Transaction) =>
    audit(tx, { action, account: null, actor: theRelay })
  if (given !== undefined && !/^[\x21-\x7e][\x20-\x7e]{14,126}[\x21-\x7e]$/.test(given))
    throw new UsageError('The admin key must be 16 to 128 printable ASCII characters, with no space at either end.')
  const file = join(folder, 'admin-key')
  const kept = await store.adminKeyHash()
  if (given !== undefined) {
    if (sha256(given) !== kept) {
      writeSecretFile(file, `${given}\n`)
      await store.saveAdminKeyHash(sha256(given), tell(kept === undefined ? 'admin-key.made' : 'admin-key.replaced'))
    }
    return adminKeyOf(store, sha256(given), undefined)
  }
  if (kept !== undefined) return adminKeyOf(store, kept, undefined)
  const made = random.token(32)
  // The file first: a key that counts but that nobody knows would lock everybody out.
  writeSecretFile(file, `${made}\n`)
  const stands = await store.keepAdminKeyHash(sha256(made), tell('admin-key.made'))
  if (stands === sha256(made)) return adminKeyOf(store, stands, made)
  // Another node, started at the same moment, was first: its key counts, and lies in its folder.
  rmSync(file)
  return adminKeyOf(store, stands, undefined)
}

function adminKeyOf(store: AccountStore, hash: string, made: string | undefined): AdminKey {
  let expected = Buffer.from(hash, 'hex')
  return {
    matches: (bearer) => timingSafeEqual(expected, Buffer.from(sha256(bearer), 'hex')),
    made,
    async learn() {
      expected = Buffer.from((await store.adminKeyHash()) ?? '', 'hex')
    },
  }
}

export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

/** Whole or not at all, for the owner alone. */
function writeSecretFile(path: string, content: string): void {
  const file = openSync(`${path}.new`, 'w', 0o600)
  try {
    writeSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.new`, path)
}
