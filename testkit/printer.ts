/** A recorded printer that answers SNMP over real UDP, in any network: Debian's snmpsim plays the recording. */
import { chmod, copyFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runAgentCommand } from './agent-command.ts'
import { openFolder } from './folder.ts'
import { type Start, startProcess } from './process.ts'
import { until } from './until.ts'

export interface Printer extends AsyncDisposable {
  /** For `--driver`. */
  readonly driver: string
}

export interface PrinterOptions {
  /** `.snmprec`; the one of our own by default. */
  recording?: string
  host: string
  port: number
  /** Where it stands, if not here. */
  start?: Start
}

/** A colour printer made up from RFC 2790 and RFC 3805: black toner at 4440 of 12000, of the cyan "some" remains. */
export const heron = fileURLToPath(new URL('fixtures/heron.snmprec', import.meta.url))

/** @throws {Error} when there is no snmpsimd, or it does not answer */
export async function openPrinter(options: PrinterOptions): Promise<Printer> {
  const { recording = heron, host, port, start = startProcess } = options
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const [data, cache] = [join(folder.path, 'data'), join(folder.path, 'cache')]
  for (const path of [data, cache]) await mkdir(path)
  await copyFile(recording, join(data, basename(recording)))
  // As root it must give that up, and then reads and writes as nobody.
  const asNobody = process.getuid?.() === 0 ? ['--process-user=nobody', '--process-group=nogroup'] : []
  for (const path of [folder.path, data, cache]) await chmod(path, 0o777)
  await chmod(join(data, basename(recording)), 0o644)
  const where = [`--data-dir=${data}`, `--cache-dir=${cache}`, `--agent-udpv4-endpoint=${host}:${port}`]
  const simulator = building.use(
    await start('snmpsimd', [...where, '--logging-method=stderr', ...asNobody], { folder: folder.path }),
  )

  const driver = `snmp://${host}:${port}?community=${basename(recording, '.snmprec')}`
  let ended = false
  void simulator.exited.then(() => {
    ended = true
  })
  // It indexes the recording before it answers, and says nothing of it.
  await until(
    'the printer answers',
    async () => {
      if (ended) throw new Error(`snmpsimd does not run:\n${simulator.output().stderr}`)
      const printed = await runAgentCommand(['--print-objects', '--json', '--driver', driver], start).catch(() => '')
      return printed.includes('model')
    },
    60_000,
  )
  const built = building.move()
  return { driver, [Symbol.asyncDispose]: () => built.disposeAsync() }
}
