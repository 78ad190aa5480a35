/** Where the house's own source files are, for the tools that look at all of them. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the root package.json. */
export const home = fileURLToPath(new URL('..', import.meta.url))

/** The rooms at the root that hold source; each but `tools` is an npm workspace. */
export const rooms = [
  'base',
  'protocol',
  'relay',
  'agent',
  'sdk',
  'cli',
  'console',
  'testkit',
  'bench',
  'tools',
] as const

export interface SourceFile {
  /** From the root, with `/`. */
  path: string
  text: string
}

/** Every TypeScript file of the house, tests included, in order of their paths. */
export function readSourceFiles(): SourceFile[] {
  return globSync(`{${rooms.join(',')}}/**/*.{ts,tsx}`, {
    cwd: home,
    exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(path),
  })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(home, path), 'utf8') }))
}

/** Tests, and what stands beside them in a `for-tests.ts`. */
export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.endsWith('/for-tests.ts')
}
