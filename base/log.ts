/** Logs: one JSON object a line on standard error. Who logs picks facts by name, so that no secret rides along. */

export type LogFacts = Record<string, string | number | boolean | null | undefined>

export interface Log {
  /** @param event a stable name for programs, `room.what-happened` */
  info(event: string, msg: string, facts?: LogFacts): void
  warn(event: string, msg: string, facts?: LogFacts): void
  /** @param error a bug, logged with its stack */
  error(event: string, msg: string, error?: unknown, facts?: LogFacts): void
}

export function createLog(write: (line: string) => void = (line) => void process.stderr.write(line)): Log {
  const say = (level: string, event: string, msg: string, facts: LogFacts = {}) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, event, msg, ...facts })}\n`)
  return {
    info: (event, msg, facts) => say('info', event, msg, facts),
    warn: (event, msg, facts) => say('warn', event, msg, facts),
    error: (event, msg, error, facts) => say('error', event, msg, { ...facts, stack: stackOf(error) }),
  }
}

export const silentLog: Log = { info() {}, warn() {}, error() {} }

function stackOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
