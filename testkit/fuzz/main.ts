/** `npm run fuzz`: made-up inputs against what the outside can reach, from a seed; what is found is kept and told. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '@fairlead/base'
import { helpText, readFuzzOptions } from './options.ts'
import { playOne } from './play.ts'
import type { Finding } from './target.ts'
import { targets } from './targets.ts'
import { playInThreads } from './workers.ts'

const folder = 'fuzz-findings'

async function main(argv: readonly string[]): Promise<number> {
  const options = readFuzzOptions(argv, Object.keys(targets))
  if (options.help) {
    console.log(helpText(await describeTargets()))
    return 0
  }
  if (options.input !== undefined) return await tryAgain(options.targets[0] ?? '', options.input)
  let found = 0
  for (const name of options.targets) {
    const target = await loadTarget(name)
    const inputs = options.inputs ?? target.inputs
    const { seed, jobs } = options
    const startMs = performance.now()
    const show = createProgress(name, inputs)
    const played = await playInThreads({ target: name, seed, inputs, jobs, progress: show })
    const seconds = (performance.now() - startMs) / 1000
    const counts = Object.entries(played.counts).map(([what, count]) => `${count} ${what}`)
    console.log(
      `${name}: ${played.tried} inputs with seed ${seed} in ${seconds.toFixed(1)} s (${Math.round(played.tried / seconds)} a second): ${counts.join(', ')}; ${played.findings.length || 'nothing'} found`,
    )
    for (const finding of played.findings) tell(name, seed, found++, finding)
  }
  return found === 0 ? 0 : 1
}

async function loadTarget(name: string) {
  const target = await targets[name]?.()
  if (!target) throw new UsageError(`There is no target ${name}.`)
  return target
}

async function describeTargets(): Promise<string[]> {
  const all = Object.keys(targets).map(async (name) => {
    const { describe, inputs } = await loadTarget(name)
    return `  ${name.padEnd(12)} ${describe} (${inputs})`
  })
  return await Promise.all(all)
}

async function tryAgain(name: string, path: string): Promise<number> {
  const what = await playOne(await loadTarget(name), readFileSync(path))
  console.log(what === undefined ? `${name}: nothing is wrong with it` : `${name}: ${what}`)
  return what === undefined ? 0 : 1
}

function tell(name: string, seed: number, at: number, { what, nth, input }: Finding): void {
  console.log(`FOUND ${name}: ${what}`)
  if (nth !== undefined) console.log(`  input ${nth} of seed ${seed}`)
  if (input.length === 0) return
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}-${seed}-${at + 1}`)
  writeFileSync(path, input)
  console.log(`  ${JSON.stringify(Buffer.from(input.subarray(0, 200)).toString('latin1'))}`)
  console.log(`  again: npm run fuzz -- ${name} --input ${path}`)
}

/** A line that is written over on a terminal, one now and then in a pipe. */
function createProgress(name: string, inputs: number): (tried: number) => void {
  const startMs = performance.now()
  const everyMs = process.stderr.isTTY ? 500 : 30_000
  let saidMs = startMs
  return (tried) => {
    const nowMs = performance.now()
    if (nowMs - saidMs < everyMs) return
    saidMs = nowMs
    const rate = Math.round((tried * 1000) / (nowMs - startMs))
    const line = `${name}: ${tried} of ${inputs}, ${rate} a second`
    process.stderr.write(process.stderr.isTTY ? `\r${line}\x1b[K` : `${line}\n`)
    if (process.stderr.isTTY && tried >= inputs) process.stderr.write('\r\x1b[K')
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
