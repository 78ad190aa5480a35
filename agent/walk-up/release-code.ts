/** What somebody has typed at the panel, or a reader of badges for them: one field takes both. */

/** Eight digits are a PIN, in groups as well; whatever else there is, is a badge. */
export function releaseCodeOf(shown: string): { pin: string } | { badge: string } {
  const typed = shown.trim()
  const digits = typed.replaceAll(/[\s-]/g, '')
  return /^\d{8}$/.test(digits) ? { pin: digits } : { badge: typed.slice(0, 64) }
}
