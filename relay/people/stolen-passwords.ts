/**
 * The 49,000 passwords that lists of stolen ones have most often (OWASP ASVS 5.0, 6.2.4). Read anew each time that somebody
 * chooses one, which is seldom: so a relay holds none of them.
 */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const list = '@zxcvbn-ts/language-common/src/passwords.json'

/** @param words in small letters */
export async function isStolen(words: readonly string[]): Promise<boolean> {
  const json = await readFile(fileURLToPath(import.meta.resolve(list)), 'utf8')
  return words.some((word) => json.includes(JSON.stringify(word)))
}
