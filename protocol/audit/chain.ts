/**
 * The hash chain of the audit log (S-M4).
 *
 *     digest = SHA-256(canonical JSON of the entry without `previous` and `hash`)
 *     hash   = SHA-256(`previous` + digest), both as 64 hexadecimal digits
 *
 * In two steps, so that whoever may not see an entry can still follow the chain through it: its digest is enough.
 */
/** `previous` of the first entry. */
export const noHash = '0'.repeat(64)

/** RFC 8785, as far as entries need it: objects, texts and whole numbers. What is undefined is left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

/** What the digest is of. @param entry what it has of `previous` and `hash` does not count */
export function digestedTextOf(entry: object): string {
  return canonicalJson({ ...entry, previous: undefined, hash: undefined })
}
