/** Words and names that come from a service: shown as one line of bearable length, and never as a path. */

/** Control characters, and those that turn the direction of what stands beside them. Source: Unicode UAX #9 §2 */
const unshown = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

/** @returns undefined: nothing is left of it */
export function shownText(value: unknown, most = 200): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.replace(unshown, ' ').replaceAll(/\s+/g, ' ').trim()
  if (text === '') return undefined
  return text.length > most ? `${[...text].slice(0, most - 1).join('')}…` : text
}

/**
 * What content is called: by `Content-Disposition` (RFC 6266, RFC 8187), or by the last part of its address.
 * It is for people: no file here is named by it.
 */
export function nameOfContent(disposition: string | undefined, url: string): string | undefined {
  const extended = /;\s*filename\*\s*=\s*UTF-8'[^']*'([^;\s]+)/i.exec(disposition ?? '')?.[1]
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(disposition ?? '')?.[1]?.replaceAll(/\\(.)/g, '$1')
  const bare = /;\s*filename\s*=\s*([^";\s]+)/i.exec(disposition ?? '')?.[1]
  const told = (extended === undefined ? undefined : decoded(extended)) ?? quoted ?? bare
  return lastPart(told) ?? lastPart(decoded(new URL(url).pathname))
}

function lastPart(name: string | undefined): string | undefined {
  const last = name?.split(/[/\\]/).at(-1)
  return last === undefined || /^\.*$/.test(last) ? undefined : shownText(last, 120)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
