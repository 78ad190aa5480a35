/** What can be fuzzed: something that makes inputs, and that tells what is wrong when one is tried out. */
import type { Chance } from './chance.ts'

export interface Target {
  readonly describe: string
  /** How many inputs a run has, if nobody says. */
  readonly inputs: number
  /** Tried out together. */
  readonly batch: number
  /** Set where the answer depends on the machine's hurry: what is found must show each time. */
  readonly confirm?: boolean
  open(needs: RunNeeds): Promise<Run>
}

export interface RunNeeds {
  /** Told before an input is tried that might never come to an end. */
  trying(input: Uint8Array): void
}

export interface Run extends AsyncDisposable {
  /** How often what was seen: a run in which everything is refused at once proves nothing. */
  readonly counts: Record<string, number>
  make(chance: Chance): Uint8Array
  /** What is wrong, by the place of the input; nothing for the others. */
  tryOut(inputs: readonly Uint8Array[]): Promise<Complaint[]>
  /** When all inputs were tried: what only shows at the end. */
  atEnd?(): Promise<string[]>
}

export interface Complaint {
  at: number
  /** `kind: more of it`. Findings of one kind are one finding. */
  what: string
}

export interface Finding {
  what: string
  /** Of the input, in the order of the run; undefined: no single input is to blame. */
  nth: number | undefined
  /** As small as it could be made. */
  input: Uint8Array
}

/** @returns up to the first colon: what makes two complaints the same */
export function kindOf(what: string): string {
  return what.split(':', 1)[0] ?? what
}

/** Tries one input after another, for targets that need no batch. */
export async function tryEach(
  inputs: readonly Uint8Array[],
  tryOne: (input: Uint8Array) => string | undefined | Promise<string | undefined>,
): Promise<Complaint[]> {
  const complaints: Complaint[] = []
  for (const [at, input] of inputs.entries()) {
    const found = tryOne(input)
    const what = found instanceof Promise ? await found : found
    if (what !== undefined) complaints.push({ at, what })
  }
  return complaints
}

/** What was thrown, in one line that names its place. */
export function wordsFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [, place = ''] = /\n\s+at (.*)/.exec(error.stack ?? '') ?? []
  return `${error.name} ${error.message.split('\n')[0]} (${place})`
}
