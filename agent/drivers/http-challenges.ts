/** What a server asks for before it answers, in its WWW-Authenticate fields (RFC 9110 §11.6.1). */

export interface Challenge {
  /** In lower case: `basic`, `digest`. */
  scheme: string
  /** By their names in lower case. */
  parameters: ReadonlyMap<string, string>
}

const token = "[!#$%&'*+.^_`|~\\w-]+"
/** `name=value`, `name="value"`, or the word that begins the next challenge. */
const piece = new RegExp(`[\\s,]*(${token})(?:\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]+)))?`, 'y')

/** One field may hold several, with commas between them as between their parameters. What is none ends it. */
export function readChallenges(fields: readonly string[]): Challenge[] {
  return fields.flatMap((field) => {
    const challenges: { scheme: string; parameters: Map<string, string> }[] = []
    for (const [, name = '', quoted, plain] of matchesOf(field)) {
      const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
      if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
      else challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
    }
    return challenges
  })
}

/** `name=value, …` of Authentication-Info (RFC 7615 §3). */
export const readParameters = (field: string): ReadonlyMap<string, string> =>
  readChallenges([`info ${field}`])[0]?.parameters ?? new Map()

function matchesOf(field: string): RegExpExecArray[] {
  const found: RegExpExecArray[] = []
  piece.lastIndex = 0
  for (let match = piece.exec(field); match !== null; match = piece.exec(field)) found.push(match)
  return found
}
