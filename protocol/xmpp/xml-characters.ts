/** Which characters may stand where: tables that the reader and the writer share. */

/** What one character means inside text or an attribute value; a run of them is or-ed together. */
const plain = 0
/** A reference to expand or white space to normalise. */
export const cook = 1
export const forbidden = 2
/** `]`, which may end in `]]>` (XML 1.0 §2.4). */
export const bracket = 4

/** For text between tags. Source: XML 1.0 §2.2, §2.4, §2.11. */
export const textTable = tableOf({ '&': cook, '\r': cook, ']': bracket })
/** For attribute values: literal white space becomes spaces. Source: XML 1.0 §3.3.3. */
export const valueTable = tableOf({ '&': cook, '\r': cook, '\n': cook, '\t': cook, '<': forbidden })

/** One entry for each UTF-16 code unit: a look-up without a branch is what reading costs least. */
function tableOf(special: Record<string, number>): Uint8Array {
  const table = new Uint8Array(0x10000)
  table.fill(forbidden, 0, 32)
  table.fill(forbidden, 0xfffe)
  for (const whiteSpace of '\t\n\r') table[whiteSpace.charCodeAt(0)] = plain
  for (const [character, meaning] of Object.entries(special)) table[character.charCodeAt(0)] = meaning
  return table
}

/** What the characters of that stretch mean, or-ed together. Lone surrogates must be excluded beforehand. */
export function meaningOf(text: string, from: number, to: number, table: Uint8Array): number {
  let meaning = plain
  for (let at = from; at < to; at++) meaning |= table[text.charCodeAt(at)] as number
  return meaning
}

/** Source: XML 1.0 §2.2, `Char`. */
export function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
}

/** Whether the whole string can stand in a document. */
export function isText(value: string): boolean {
  return value.isWellFormed() && !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(value)
}

export const nameStart = 1
export const namePart = 2

/**
 * Names are ASCII here: nothing in XMPP has others, and where parsers differ in their tables of name characters
 * lies a way to smuggle. A colon is not a name character: it divides prefix and local name (XML Names §4).
 */
export const nameTable = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code)
  if (/[A-Za-z_]/.test(character)) nameTable[code] = nameStart | namePart
  else if (/[0-9.-]/.test(character)) nameTable[code] = namePart
}

/** A name without a colon. */
export function isName(value: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9._-]*$/.test(value)
}

/**
 * A URI's characters (RFC 3986 §2): with braces excluded, `{uri}local` has one reading only.
 * The empty string is not one.
 */
export function isNamespaceUri(value: string): boolean {
  return /^[!#-;=?-[\]_a-z~]+$/.test(value)
}
