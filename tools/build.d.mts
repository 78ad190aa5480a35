/** What TypeScript asks of `build.mjs`. */

/** The files that it is made of, from the root of the house. */
export function sourcesOf(name: 'console' | 'programs'): string[]
/** What to start for a file of the house, both from its root. */
export function startable(file: string): string
