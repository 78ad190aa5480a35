/** Text as both databases keep it, so that what a device or a service sends is the same on the one as on the other. */

/**
 * PostgreSQL's texts have no NUL, and UTF-8 no half of a surrogate pair: either becomes U+FFFD, in what is written as in what
 * is looked for. JSON escapes both and is left as it is.
 */
export function storable(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const text = value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value
  return text.isWellFormed() ? text : text.toWellFormed()
}
