/** Passwords of people: stretched with Argon2id, off the main thread, and refused where everybody would guess them. */
import { argon2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { createSlots, Failure, type Random } from '@fairlead/base'
import { commonPasswords } from './common-passwords.ts'
import { isStolen } from './stolen-passwords.ts'

export interface Passwords {
  /** In the PHC form. @throws {Failure} `unavailable`: too many wait already */
  hash(password: string): Promise<string>
  /**
   * @param hash null: there is none, and it takes as long to say no
   * @throws {Failure} `unavailable`: too many wait already
   */
  matches(password: string, hash: string | null): Promise<boolean>
}

/** OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 }
const saltBytes = 16
const tagLength = 32

/** Each takes 19 MiB and some 30 ms of a core. */
const parallel = 2
const usuallyWaiting = 64

const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/

export function createPasswords(random: Random, mostWaiting = usuallyWaiting): Passwords {
  const inSlot = createSlots(parallel, mostWaiting)

  function stretch(password: string, salt: string, { memory, passes, parallelism }: typeof cost): Promise<Buffer> {
    // The same characters typed on another keyboard are the same password (RFC 8265 §4.2.2).
    const message = Buffer.from(password.normalize('NFC'))
    const nonce = Buffer.from(salt, 'base64url')
    return inSlot(() => promisify(argon2)('argon2id', { message, nonce, memory, passes, parallelism, tagLength }))
  }

  async function hash(password: string): Promise<string> {
    const salt = random.token(saltBytes)
    const tag = await stretch(password, salt, cost)
    const { memory, passes, parallelism } = cost
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${salt}$${tag.toString('base64url')}`
  }

  return {
    hash,
    async matches(password, hash) {
      const [, memory, passes, parallelism, salt, tag] = form.exec(hash ?? '') ?? []
      if (salt === undefined || tag === undefined) {
        await stretch(password, random.token(saltBytes), cost)
        return false
      }
      const itsCost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
      return timingSafeEqual(Buffer.from(tag, 'base64url'), await stretch(password, salt, itsCost))
    },
  }
}

/** What is shorter is no word that much else was put around. */
const shortestWord = 5

/**
 * Length and alphabet are the schema's; here is what anybody would try first.
 *
 * @param field as the body names it
 * @throws {Failure} `invalid-request`
 */
export async function mustBeHardToGuess(
  password: string,
  field: string,
  { email, name }: { email: string; name: string },
): Promise<void> {
  const bare = bareOf(password)
  const refuse = (why: string) =>
    new Failure('invalid-request', `body.${field}: ${why} Take several words of your own.`)
  // Of signs alone it may be as well (OWASP ASVS 5.0, 6.2.5); a few of them around one word make it no better.
  const chosen = bare.length * 2 < password.length ? password : bare
  if (new Set(chosen).size < 4) throw refuse('is the same few characters again and again.')
  const around = [bare, bare.replace(/\d+$/, ''), bare.replace(/^\d+/, '')]
  if (around.some((word) => commonPasswords.has(word))) throw refuse('is one of those that are tried first.')
  const own = [email, email.split('@')[0] ?? '', name].map(bareOf).filter((text) => text.length >= 4)
  // What is left without it is too short to keep anybody out.
  if (own.some((text) => bare.includes(text) && bare.replaceAll(text, '').length < 6))
    throw refuse('is little more than your name or address.')
  if (await isStolen([password.toLowerCase(), ...around.filter(({ length }) => length >= shortestWord)]))
    throw refuse('is on lists of stolen passwords, perhaps with something around it, and is tried first.')
}

/** Capitals, spaces and signs are what people add, and what whoever guesses adds as well. */
function bareOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
}
