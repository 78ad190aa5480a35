/** Which room may lean on which: the one plan of the house, and the search for imports that break it. */
import { posix } from 'node:path'
import { isTest, type SourceFile } from './house.ts'

type Plan = readonly (readonly string[])[]

/** The rooms of the root, ground first. A room leans only on rooms of lower floors; `tools` stands apart. */
const floors: Plan = [
  ['base'],
  ['protocol'],
  ['sdk', 'relay', 'agent'],
  ['cli', 'console', 'testkit'],
  ['bench'],
  ['tools'],
]

/**
 * Inside the relay, ground first; a file that stands for a room counts as one (`config.ts` is `config`).
 * `events` and `audit` stand above the other ground rooms because they have stores and routes of their own.
 */
const relayFloors: Plan = [
  ['options', 'version', 'every', 'node-metrics', 'overload'],
  ['spool-config'],
  ['config', 'metrics', 'memory', 'database', 'bus'],
  ['nodes'],
  ['ground'],
  ['http', 'xmpp'],
  ['events', 'audit'],
  ['accounts', 'devices', 'discovery', 'people', 'sessions', 'spool', 'translation', 'views', 'webhooks'],
  ['enrolment', 'requests'],
  ['access', 'jobs', 'pairing', 'programs', 'supplies'],
  ['ipp', 'walk-ups'],
  ['several'],
  ['finished', 'job-rooms'],
  ['rooms'],
  ['doors'],
  ['relay'],
  ['main', 'record-commands'],
  ['index'],
]

interface Import {
  from: string
  to: string
}

/** Static, type-only, re-exporting and dynamic imports, and `import('…').Type`. */
const importPattern = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

/** What a file imports from this house, as paths from the root; `@fairlead/base` is the path `base`. */
function findImports(file: SourceFile): Import[] {
  const found: Import[] = []
  for (const [, name = ''] of file.text.matchAll(importPattern)) {
    // Data, such as a package.json, is no room.
    if (name.endsWith('.json')) continue
    const workspace = /^@fairlead\/(.+)$/.exec(name)?.[1]
    if (workspace !== undefined) found.push({ from: file.path, to: workspace })
    else if (/^\..*\.tsx?$/.test(name)) found.push({ from: file.path, to: posix.join(posix.dirname(file.path), name) })
  }
  return found
}

/**
 * The imports that go up or sideways, each as a sentence.
 * Tests are left out: they stand above the whole house and may bring a neighbourhood to their room.
 */
export function findLeaks(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !isTest(file.path))
    .flatMap(findImports)
    .map(leakOf)
    .filter((leak) => leak !== undefined)
}

function leakOf({ from, to }: Import): string | undefined {
  const [fromRoom = '', fromInner = ''] = from.split('/')
  const [toRoom = '', toInner] = to.split('/')
  if (fromRoom !== toRoom) return between(floors, fromRoom, toRoom, { from, to })
  if (fromRoom !== 'relay' || toInner === undefined) return undefined
  const [lower, upper] = [roomName(toInner), roomName(fromInner)]
  return lower === upper ? undefined : between(relayFloors, upper, lower, { from, to })
}

function roomName(part: string): string {
  return part.replace(/\.tsx?$/, '')
}

function between(plan: Plan, upper: string, lower: string, { from, to }: Import): string | undefined {
  const [upperFloor, lowerFloor] = [floorOf(plan, upper), floorOf(plan, lower)]
  if (upperFloor === undefined) return `${from}: ${upper} stands on no floor. Give it one in tools/floors.ts.`
  if (lowerFloor === undefined) return `${from}: ${lower} stands on no floor. Give it one in tools/floors.ts.`
  if (upperFloor > lowerFloor) return undefined
  if (upperFloor === lowerFloor)
    return `${from} imports ${to}: ${upper} and ${lower} stand on one floor and do not know each other. Let who builds both hand one a function of the other.`
  return `${from} imports ${to}: ${lower} stands above ${upper}. Imports only go down: declare what is needed as an interface below, and hand it in from above.`
}

function floorOf(plan: Plan, room: string): number | undefined {
  const floor = plan.findIndex((roomsOfFloor) => roomsOfFloor.includes(room))
  return floor === -1 ? undefined : floor
}

/** Files that import each other in a circle, each circle as a sentence; type-only imports count. */
export function findCircles(files: readonly SourceFile[]): string[] {
  const importsOf = new Map(files.map((file) => [file.path, findImports(file).map(({ to }) => to)]))
  const done = new Set<string>()
  const circles: string[] = []

  function visit(path: string, way: readonly string[]): void {
    if (way.includes(path)) {
      circles.push(
        `${[...way.slice(way.indexOf(path)), path].join(' → ')}: move what both need into a file of its own.`,
      )
      return
    }
    if (done.has(path)) return
    for (const next of importsOf.get(path) ?? []) visit(next, [...way, path])
    done.add(path)
  }

  for (const { path } of files) visit(path, [])
  return circles
}
