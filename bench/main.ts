/** `npm run bench`: this relay beside the servers that people run today, measured in one run. */
import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { UsageError } from '@fairlead/base'
import { openFolder } from '../testkit/folder.ts'
import { replaceMarked } from './document.ts'
import type { BenchResult, ServerResult } from './figures.ts'
import { describeMachine, mostDevices } from './machine.ts'
import { measure, type Phase } from './measure.ts'
import { type BenchOptions, helpText, readOptions } from './options.ts'
import { installPackages } from './packages.ts'
import { renderPicture } from './picture.ts'
import { type Plan, withAtMost } from './plan.ts'
import { runProgram } from './run-program.ts'
import { moveToCore } from './servers/run-on-core.ts'
import type { ServerKind } from './servers/server.ts'
import { renderTables } from './table.ts'

const startedMs = performance.now()

function say(line: string): void {
  process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${line}\n`)
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options.help) return void process.stdout.write(helpText)
  const result =
    options.from === undefined ? await measureAll(options) : JSON.parse(await readFile(options.from, 'utf8'))
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(result, null, 1)}\n`)
  process.stdout.write(`${renderTables(result)}\n`)
  if (options.write !== undefined) await writeDocument(options.write, result)
}

/** The picture goes beside the document, under its name. */
async function writeDocument(path: string, result: BenchResult): Promise<void> {
  const document = await readFile(path, 'utf8')
  await writeFile(path, replaceMarked(document, renderTables(result)))
  await writeFile(path.replace(/(\.md)?$/, '.svg'), renderPicture(result))
}

async function measureAll({ kinds, phases, plan: asked }: BenchOptions): Promise<BenchResult> {
  const plan = withinLimits(asked)
  if (process.platform !== 'linux') throw new UsageError('The bench reads /proc and pins processes: it needs Linux.')
  const packages = kinds.flatMap((kind) => kind.package ?? [])
  installPackages([...new Set(packages)], say)
  const hasTwo = cpus().length > 1
  if (hasTwo) moveToCore(1)
  else say('This machine has one processor: server and generator share it, and figures mean little.')
  await using folder = await openFolder()
  // What runs is ended by `exit` as well: see testkit/process.ts.
  process.once('exit', () => rmSync(folder.path, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  const machine = describeMachine(folder.path)
  const servers: ServerResult[] = []
  for (const kind of kinds) {
    const result = await measure(kind, {
      ...{ plan, folder: folder.path, say },
      phases: phasesFor(kind, phases),
      core: hasTwo ? 0 : undefined,
    })
    if (result.generatorBusy > 0.95)
      say(`${kind.title}: the generator was the limit of the closed loop, not the server`)
    servers.push(result)
  }
  if (servers.some(({ trouble }) => trouble !== '')) process.exitCode = 1
  return { at: new Date().toISOString(), machine, plan, servers }
}

/** How devices answer matters to the round trips alone. */
function phasesFor({ answers }: ServerKind, phases: ReadonlySet<Phase>): ReadonlySet<Phase> {
  return answers === 'session' ? phases : new Set([...phases].filter((phase) => phase === 'loops'))
}

function withinLimits(plan: Plan): Plan {
  const most = mostDevices()
  if (Math.max(plan.stormDevices, plan.devices) <= most) return plan
  say(`This system lets a process open so many files that ${most} devices are the most.`)
  return withAtMost(plan, most)
}

await runProgram(main)
