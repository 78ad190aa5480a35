/** What a command may use of the process it runs in: handed in, so that a command is a function. */
import type { AccessFlags } from './relay-access.ts'

export interface Terminal {
  environment: Readonly<Record<string, string | undefined>>
  /** Results: standard output, one line or several. */
  print(text: string): void
  /** Everything else: standard error. */
  complain(text: string): void
}

/** Flags that every command which talks to a relay has. */
export interface CommonFlags extends AccessFlags {
  json?: boolean
}
