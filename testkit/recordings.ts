/** `npm run recordings -- DIR`: recorded printers, served over real UDP, must be told as they were recorded. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openDriver } from '@fairlead/agent/drivers'
import { silentLog, systemClock, UsageError } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import { findFreePort } from './ports.ts'
import { compare, compareJson, type Difference, readRecording, recordedValue } from './recording.ts'

/** The simulator indexes a big recording for some seconds before it answers. */
const startSeconds = 120
const objectsAtMost = 300

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main(process.argv.slice(2))

async function main([folder, ...rest]: string[]): Promise<number> {
  try {
    if (folder === undefined || rest.length > 0) throw new UsageError('Usage: npm run recordings -- DIR')
    return (await runRecordings(folder, (line) => process.stdout.write(`${line}\n`))) ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 2
  }
}

/**
 * @param folder of `NAME.snmprec`, or one that holds such a folder named `snmp`; `NAME.json` beside it is read where it is there
 * @returns whether every printer is told as it was recorded
 * @throws {UsageError} no recordings there, or no simulator on this machine
 */
export async function runRecordings(folder: string, print: (line: string) => void): Promise<boolean> {
  const files = await findRecordings(folder)
  await using simulator = await openSimulator(files)
  let right = 0
  for (const file of files) {
    const name = basename(file, '.snmprec')
    const { objects, differences } = await tryPrinter(file, name, simulator.port)
    if (differences.length === 0) right++
    print(`${differences.length === 0 ? 'ok    ' : 'WRONG '} ${name}: ${inShort(objects)}`)
    for (const { what, told, recorded } of differences)
      print(`       ${what}: told ${JSON.stringify(told)}, recorded ${JSON.stringify(recorded)}`)
  }
  print(`${right} of ${files.length}`)
  return right === files.length
}

async function findRecordings(folder: string): Promise<string[]> {
  for (const place of [folder, join(folder, 'snmp')]) {
    const names = await readdir(place).catch((): string[] => [])
    const files = names.filter((name) => name.endsWith('.snmprec')).sort()
    if (files.length > 0) return files.map((name) => join(place, name))
  }
  throw new UsageError(`There is no .snmprec file in ${folder}.`)
}

interface Tried {
  objects: Record<string, Json>
  differences: Difference[]
}

async function tryPrinter(file: string, community: string, port: number): Promise<Tried> {
  const recording = readRecording(await readFile(file, 'utf8'))
  const json = await readFile(file.replace(/\.snmprec$/, '.json'), 'utf8').catch(() => undefined)
  const url = `snmp://127.0.0.1:${port}?community=${encodeURIComponent(community)}&timeout=5`
  await using driver = await openDriver(url, { clock: systemClock, log: silentLog })
  try {
    const objects = await driver.all()
    const readable = [...recording].filter(([, cell]) => recordedValue(cell) !== undefined).slice(-objectsAtMost)
    const answer = await driver.get(readable.map(([oid]) => oid))
    const byOid = readable
      .map(([oid, cell]): Difference => ({ what: oid, told: answer.values[oid], recorded: recordedValue(cell) }))
      .filter(({ told, recorded }) => JSON.stringify(told) !== JSON.stringify(recorded))
    const fromJson = json === undefined ? [] : compareJson(recording, JSON.parse(json), objects)
    return { objects, differences: [...compare(recording, objects), ...fromJson, ...byOid] }
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    return { objects: {}, differences: [{ what: 'all objects', told, recorded: undefined }] }
  }
}

function inShort(objects: Record<string, Json>): string {
  const named = Object.entries(objects).filter(([name]) => /^(toner|ink)\.[^.]+$/.test(name))
  const supplies = named.map(([name, share]) => `${name} ${typeof share === 'number' ? `${share} %` : share}`)
  return [objects['model'] ?? 'no model', objects['serial'], objects['ip'], ...supplies]
    .filter((each) => each !== undefined)
    .join(', ')
}

interface Simulator extends AsyncDisposable {
  port: number
}

/** Debian's snmpsim; as root it must give that up, so it gets copies that anyone may read. */
async function openSimulator(files: readonly string[]): Promise<Simulator> {
  const home = await mkdtemp(join(tmpdir(), 'fairlead-recordings-'))
  const stack = new AsyncDisposableStack()
  stack.defer(() => rm(home, { recursive: true, force: true }))
  try {
    const data = join(home, 'data')
    const cache = join(home, 'cache')
    for (const folder of [data, cache]) await mkdir(folder)
    for (const folder of [home, data, cache]) await chmod(folder, folder === cache ? 0o777 : 0o755)
    for (const file of files) {
      await copyFile(file, join(data, basename(file)))
      await chmod(join(data, basename(file)), 0o644)
    }
    const port = await findFreePort()
    const child = spawn('snmpsimd', argumentsFor(data, cache, port), { cwd: home, stdio: ['ignore', 'ignore', 'pipe'] })
    const running = watch(child)
    stack.defer(() => stop(child))
    await waitUntilItAnswers(port, basename(files[0] ?? '', '.snmprec'), running)
    return { port, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

function argumentsFor(data: string, cache: string, port: number): string[] {
  const user = process.getuid?.() === 0 ? ['--process-user=nobody', '--process-group=nogroup'] : []
  return [
    `--data-dir=${data}`,
    `--cache-dir=${cache}`,
    `--agent-udpv4-endpoint=127.0.0.1:${port}`,
    '--logging-method=stderr',
    ...user,
  ]
}

/** @returns what it said when it ended by itself */
function watch(child: ChildProcess): { said: () => UsageError | undefined } {
  let ended: UsageError | undefined
  let text = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-2000)
  })
  child.on('error', () => {
    ended = new UsageError('snmpsimd is missing: install it with "apt-get install --no-install-recommends snmpsim".')
  })
  child.on('exit', (status) => {
    ended ??= new UsageError(`snmpsimd ended with ${status}: ${text.trim().split('\n').at(-1)}`)
  })
  return { said: () => ended }
}

async function waitUntilItAnswers(
  port: number,
  community: string,
  running: { said: () => UsageError | undefined },
): Promise<void> {
  const url = `snmp://127.0.0.1:${port}?community=${encodeURIComponent(community)}&timeout=0.5&retries=0`
  await using driver = await openDriver(url, { clock: systemClock, log: silentLog })
  const untilMs = systemClock.now() + startSeconds * 1000
  for (;;) {
    const { errors } = await driver.get(['1.3.6.1.2.1.1.1.0'])
    const ended = running.said()
    if (ended) throw ended
    if (Object.values(errors).every(({ code }) => code !== 'no-answer')) return
    if (systemClock.now() > untilMs) throw new UsageError(`snmpsimd does not answer within ${startSeconds} s.`)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL') // It has nothing to save.
  await once(child, 'exit')
}
