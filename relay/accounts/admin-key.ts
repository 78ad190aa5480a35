/** The admin key: made at the first start, replaced by giving another, kept as a hash and in `DATA/admin-key`. */
import { hash, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, UsageError } from '@fairlead/base'
import type { AccountStore } from './store.ts'

export interface AdminKey {
  matches(bearer: string): boolean
  /** The key itself, when this start made one: to be told once. */
  readonly made: string | undefined
}

/** @param given the option's value; undefined: the one that is there, or a new one */
export async function openAdminKey(
  store: AccountStore,
  folder: string,
  random: Random,
  given: string | undefined,
): Promise<AdminKey> {
  if (given !== undefined && !/^[\x21-\x7e][\x20-\x7e]{14,126}[\x21-\x7e]$/.test(given))
    throw new UsageError('The admin key must be 16 to 128 printable ASCII characters, with no space at either end.')
  const kept = await store.adminKeyHash()
  const made = given === undefined && kept === undefined ? random.token(32) : undefined
  const value = given ?? made
  const current = value === undefined ? kept : sha256(value)
  if (value !== undefined && current !== undefined && current !== kept) {
    // The file first: a key that counts but that nobody knows would lock everybody out.
    writeSecretFile(join(folder, 'admin-key'), `${value}\n`)
    await store.saveAdminKeyHash(current)
  }
  const expected = Buffer.from(current ?? '', 'hex')
  return { matches: (bearer) => timingSafeEqual(expected, Buffer.from(sha256(bearer), 'hex')), made }
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
