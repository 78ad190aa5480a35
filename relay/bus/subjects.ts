/** Names on the bus: what is spoken about. Each is one or more words with dots between them, of letters, digits, `_ - =`. */

const subjectPattern = /^[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*$/

/** Well below what NATS servers take in one line of their protocol (4096). */
const longestSubject = 256

/**
 * What is about a device: its session serves it.
 *
 * An ID may have dots in any place, and NATS lets no word be empty; `=` is in no ID, so no two IDs share a subject.
 * @param id 1 to 64 of `a-z 0-9 . _ -`
 */
export function deviceSubject(id: string): string {
  return `device.${id.replaceAll('.', '=')}`
}

/** What is for one process. @param self the one that this process has as `Bus.self` */
export function nodeSubject(self: string): string {
  return `node.${self}`
}

/** @throws {RangeError} a bug: a name that the bus cannot carry, or that would mean several */
export function checkSubject(subject: string): string {
  if (subject.length > longestSubject || !subjectPattern.test(subject)) throw new RangeError(`subject ${subject}`)
  return subject
}
