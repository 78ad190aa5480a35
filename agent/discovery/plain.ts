/** What strangers say, as text that can be shown anywhere: on one line, not for ever, and with nothing that acts. */

/** A table has no room for more, and no printer needs it. */
const longest = 80

/** Without control characters (ECMA-48), and without those that turn the reading direction or are not seen at all (Unicode TR9, Cf). */
export function plain(text: string): string {
  const shown = [
    ...text
      .slice(0, 1000)
      .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
      .replaceAll(/[\s\p{Z}]+/gu, ' ')
      .trim(),
  ]
  return shown.length > longest ? `${shown.slice(0, longest - 1).join('')}…` : shown.join('')
}
