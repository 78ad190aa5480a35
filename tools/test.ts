/** `npm test`: installs what the tests need, checks the house, runs every test. `npm test -- FILTER …` runs what matches one of them. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { checks } from './checks.ts'
import { collectFailures, describeFailure, type Failure } from './failures.ts'
import { home, rooms } from './house.ts'
import { runSteps } from './run-command.ts'
import { setUpForTests } from './test-setup.ts'

/** No file needs a fifth of it; a test that hangs must not hold up the rest. */
const longestFileMs = 5 * 60_000

/** A run that is told to end takes its test processes with it, and they what they have started. */
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())

/**
 * They take minutes, have several relays and servers each, or measure time: in a lane of their own, so that they do not all work
 * at once. The last are only many: that lane has room for them when it is done with the others.
 */
const longOnes = [
  'testkit/simulator/',
  'testkit/soak/',
  'testkit/scenes-on-nodes',
  'testkit/nodes-',
  'testkit/overload',
  'testkit/m1-cut',
  'testkit/m1-storage',
  'testkit/watching',
  'testkit/b8-',
  'testkit/hostile/',
  'testkit/pains/',
  'relay/database/',
  'cli/commands/',
]

/** On two processors. */
const filesAtOnce = { long: 3, short: 4 }

function findTestFiles(filters: readonly string[]): string[] {
  const all = globSync(`{${rooms.join(',')}}/**/*.test.ts`, {
    cwd: home,
    exclude: (path) => path.endsWith('node_modules'),
  })
  return all.filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter))).sort()
}

const placeOf = (path: string) => longOnes.findIndex((long) => path.startsWith(long))
const isLong = (path: string) => placeOf(path) >= 0

interface Result {
  passed: number
  /** A skipped or unfinished test counts as failed, since nobody would see it. */
  failed: number
  failures: Failure[]
}

async function runTests(files: readonly string[], concurrency: number): Promise<Result> {
  const result: Result = { passed: 0, failed: 0, failures: [] }
  if (files.length === 0) return result
  const events = run({
    files: files.map((file) => join(home, file)),
    concurrency,
    timeout: longestFileMs,
    cwd: home,
    signal: stop.signal,
  })
  result.failures = collectFailures(events)
  events.on('test:summary', ({ file, counts }) => {
    if (file === undefined) Object.assign(result, { passed: counts.passed, failed: counts.tests - counts.passed })
  })
  for await (const text of events.compose(spec)) process.stdout.write(text)
  return result
}

async function main(filters: readonly string[]): Promise<boolean> {
  const sentence = setUpForTests()
  if (sentence !== undefined) {
    console.error(sentence)
    return false
  }
  const files = findTestFiles(filters)
  const unmatched = filters.filter((filter) => !files.some((path) => path.includes(filter)))
  if (unmatched.length > 0) {
    console.error(`No test file's path contains "${unmatched.join('" or "')}".`)
    return false
  }
  // With a filter somebody is in the middle of something: the checks would only delay the answer.
  const broken = filters.length === 0 ? runSteps(checks) : []
  const lanes = await Promise.all([
    runTests(
      files.filter(isLong).sort((one, other) => placeOf(one) - placeOf(other)),
      filesAtOnce.long,
    ),
    runTests(
      files.filter((path) => !isLong(path)),
      filesAtOnce.short,
    ),
  ])
  const passed = lanes.reduce((sum, lane) => sum + lane.passed, 0)
  const failed = lanes.reduce((sum, lane) => sum + lane.failed, 0)
  for (const failure of lanes.flatMap(({ failures }) => failures)) console.log(describeFailure(failure))
  if (broken.length > 0) console.error(`Not in order: ${broken.join(', ')}. See above; npm run check shows only these.`)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 && broken.length === 0
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
