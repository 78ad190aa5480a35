/** The word on a confirmation page: one of 256 words and four digits, 21.3 bits; only a hash of it is ever kept. */
import { scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Random } from '@fairlead/base'
import { words } from './words.ts'

const digits = 4
const saltBytes = 16
const hashBytes = 32
/** 21 bits are few: trying all of them against what is kept is to take a day and not a second (some 50 ms each). */
const stretch = promisify(scrypt)

/** @returns as it is printed: `RIVER 4827` */
export function makeWord(random: Pick<Random, 'token'>): string {
  // Of eight bytes the first are left out: a token that would begin with a hyphen is drawn anew.
  const chance = Buffer.from(random.token(8), 'base64url').readUIntBE(2, 6)
  const word = words[chance % words.length] ?? ''
  const number = Math.floor(chance / words.length) % 10 ** digits
  return `${word.toUpperCase()} ${String(number).padStart(digits, '0')}`
}

/** What somebody typed, without what they cannot know to matter: case, spaces, hyphens, full-width forms. */
export function plainWord(typed: string): string {
  return typed
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
}

export interface HashedWord {
  salt: string
  hash: string
}

export async function hashWord(word: string, random: Pick<Random, 'token'>): Promise<HashedWord> {
  const salt = random.token(saltBytes)
  return { salt, hash: (await stretched(word, salt)).toString('base64url') }
}

export async function isWord(typed: string, { salt, hash }: HashedWord): Promise<boolean> {
  return timingSafeEqual(await stretched(typed, salt), Buffer.from(hash, 'base64url'))
}

async function stretched(word: string, salt: string): Promise<Buffer> {
  return (await stretch(plainWord(word), salt, hashBytes)) as Buffer
}
