/** Prints one document through a driver as a process that may be killed, and goes on in its next life from what it kept. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { openDriver } from '@fairlead/agent/drivers'
import { silentLog } from '@fairlead/base'
import { quickClock } from './quick-clock.ts'

/** `diesAt`: `before-mark-N`, `mark-N` (it is on disk then), `pages`. */
interface Given {
  uri: string
  jobId: string
  file: string
  /** Where its mark is kept. */
  mark: string
  diesAt?: string
}

const given: Given = JSON.parse(process.argv[2] ?? '{}')
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
let marks = 0

function reach(step: string): void {
  if (step === given.diesAt) process.kill(process.pid, 'SIGKILL')
}

function keep(mark: unknown): void {
  marks++
  reach(`before-mark-${marks}`)
  const file = openSync(`${given.mark}.new`, 'w')
  writeFileSync(file, JSON.stringify(mark))
  fsyncSync(file)
  closeSync(file)
  renameSync(`${given.mark}.new`, given.mark)
  reach(`mark-${marks}`)
}

const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())
const document = readFileSync(given.file)
await using driver = await openDriver(given.uri, { clock: quickClock, log: silentLog })
const end = await driver.printing?.print(
  {
    ...{ id: given.jobId, name: 'Report.txt', user: 'ann', format: 'text/plain', ticket: {} },
    ...{ file: given.file, bytes: document.length },
  },
  existsSync(given.mark) ? JSON.parse(readFileSync(given.mark, 'utf8')) : undefined,
  {
    mark: keep,
    pages: () => reach('pages'),
    waits: () => {},
    cancelled: new AbortController().signal,
    stopping: stopping.signal,
  },
)
say({ event: 'print.end', end })
