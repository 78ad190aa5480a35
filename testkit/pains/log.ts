/** What a process wrote in its log, line by line, for scenes about what it tells people. */
import type { StartedProcess } from '../process.ts'
import { until } from '../until.ts'

interface LogLine {
  level: string
  event: string
  /** The sentence for people. */
  msg: string
  [fact: string]: unknown
}

/** All whole lines so far, of one event if it is named. */
export function readLog(process: StartedProcess, event?: string): LogLine[] {
  const lines = process.output().stderr.split('\n').slice(0, -1)
  const read = lines.filter((line) => line.startsWith('{')).map((line): LogLine => JSON.parse(line))
  return event === undefined ? read : read.filter((line) => line.event === event)
}

/** The first line of this event whose sentence fits. @throws {Error} when there is none after `withinMs` */
export function untilLogged(
  process: StartedProcess,
  event: string,
  sentence = /./,
  withinMs?: number,
): Promise<LogLine> {
  const find = () => readLog(process, event).find(({ msg }) => sentence.test(msg))
  return until(`${event} with ${sentence} in the log`, find, withinMs)
}
