/** What a command may use of the process it runs in: handed in, so that a command is a function. */
import { createInterface } from 'node:readline/promises'
import type { AccessFlags } from './relay-access.ts'

export interface Terminal {
  environment: Readonly<Record<string, string | undefined>>
  /** How wide the screen is that results go to; undefined in a pipe or a file. */
  columns: number | undefined
  /** In milliseconds since 1970. */
  now(): number
  /** Results: standard output, one line or several. */
  print(text: string): void
  /** Everything else: standard error. */
  complain(text: string): void
  /** Asks the person at the keyboard; undefined where there is none, as in a pipe. */
  ask: ((question: string) => Promise<string>) | undefined
}

/** Flags that every command which talks to a relay has. */
export interface CommonFlags extends AccessFlags {
  json?: boolean
}

export function openTerminal(): Terminal {
  return {
    environment: process.env,
    // A terminal that does not know its own size says 0.
    columns: process.stdout.isTTY ? process.stdout.columns || undefined : undefined,
    now: Date.now,
    print: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${text}\n`),
    ask: process.stdin.isTTY && process.stderr.isTTY ? ask : undefined,
  }
}

/** A reader who has seen enough, as `head` has, ends a command quietly; what stays up goes on without readers. */
export function whenNobodyReads(then: 'end' | 'go on'): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (then === 'go on') return
      if (error.code !== 'EPIPE') throw error
      process.exit()
    })
}

/** On standard error, so that it is seen when the result goes to a file. Ctrl-C and Ctrl-D are no answer. */
async function ask(question: string): Promise<string> {
  using lines = createInterface({ input: process.stdin, output: process.stderr })
  const given = new AbortController()
  lines.once('close', () => given.abort())
  try {
    return (await lines.question(question, { signal: given.signal })).trim()
  } catch (error) {
    if (given.signal.aborted) return ''
    throw error
  }
}
