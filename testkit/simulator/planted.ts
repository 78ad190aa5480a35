/** Planted bugs: patches that put known mistakes into a copy of the relay, and how soon the simulator finds each. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openFolder } from '../folder.ts'
import type { FailedSeed } from './seeds.ts'

const run = promisify(execFile)
const home = fileURLToPath(new URL('../..', import.meta.url))
const folder = fileURLToPath(new URL('./planted', import.meta.url))

export interface Planted {
  name: string
  /** What is wrong, in a sentence. */
  bug: string
  /** Where it was seen before, or the row that forbids it. */
  source: string
  path: string
}

export interface PlantedResult extends Planted {
  /** Undefined: it survived. */
  found: FailedSeed | undefined
  seeds: number
  seconds: number
}

export async function readPlanted(): Promise<Planted[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.patch')).sort()
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const text = await readFile(path, 'utf8')
      const [, bug = '', source = ''] = /^Bug: (.*)\nSource: (.*)\n/.exec(text) ?? []
      return { name: name.replace(/\.patch$/, ''), bug, source, path }
    }),
  )
}

/** @throws when the patch does not fit the relay as it is now */
export async function checkPatch({ path }: Planted): Promise<void> {
  await run('git', ['apply', '--check', path], { cwd: home })
}

const sources = ['base', 'protocol', 'relay', 'agent', 'testkit', 'package.json']

/** A copy of the house in which the packages of the house are those of the copy. */
async function copyHouse(to: string): Promise<void> {
  for (const source of sources) await cp(join(home, source), join(to, source), { recursive: true })
  const modules = join(to, 'node_modules')
  await mkdir(join(modules, '@fairlead'), { recursive: true })
  for (const name of await readdir(join(home, 'node_modules')))
    if (name !== '@fairlead') await symlink(join(home, 'node_modules', name), join(modules, name))
  for (const name of ['base', 'protocol', 'relay', 'agent'])
    await symlink(join(to, name), join(modules, '@fairlead', name))
}

export interface PlantedOptions {
  jobs: number
  longestMs: number
  told?: (result: PlantedResult) => void
}

/** Plays hours with each bug until it is found, or time is up. */
export async function runPlanted(planted: readonly Planted[], options: PlantedOptions): Promise<PlantedResult[]> {
  await using copy = await openFolder()
  await copyHouse(copy.path)
  const results: PlantedResult[] = []
  for (const one of planted) {
    await run('git', ['apply', one.path], { cwd: copy.path, env: apart })
    const result = await play(one, copy.path, options)
    await run('git', ['apply', '--reverse', one.path], { cwd: copy.path, env: apart })
    options.told?.(result)
    results.push(result)
  }
  return results
}

/** A folder of its own, whatever repository may lie above it. */
const apart = { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() }

async function play(planted: Planted, home: string, { jobs, longestMs }: PlantedOptions): Promise<PlantedResult> {
  const seconds = Math.ceil(longestMs / 1000)
  const words = ['testkit/simulator/main.ts', '--json', '--seconds', String(seconds), '--jobs', String(jobs)]
  // It ends with 1 when it has found something.
  const told = await run(process.execPath, words, { cwd: home, maxBuffer: 2 ** 26 }).catch((error) => error)
  const { played, ms, failed } = JSON.parse(told.stdout)
  return { ...planted, found: failed, seeds: played, seconds: ms / 1000 }
}

export function renderTable(results: readonly PlantedResult[]): string {
  const rows = results.map(({ bug, source, found, seeds, seconds }) => {
    const by = found ? found.broken.invariant : 'survived'
    return `| ${bug} | ${source} | ${by} | ${seeds} | ${seconds.toFixed(1)} |`
  })
  return ['| bug | source | found by | seeds | seconds |', '| --- | --- | --- | ---: | ---: |', ...rows].join('\n')
}
