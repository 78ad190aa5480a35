/** Plays one target: batches made from a seed, tried out, and what is found made small. */
import { createChance } from './chance.ts'
import { shrink } from './shrink.ts'
import { type Complaint, type Finding, kindOf, type Run, type RunNeeds, type Target } from './target.ts'

export interface PlayOptions {
  seed: number
  inputs: number
  /** Of `jobs` that share the work, this is number `job`: it takes every so-manieth batch. */
  jobs?: number
  job?: number
  trying?: RunNeeds['trying']
  /** How long what is found may be worked on to make it small. */
  shrinkMs?: number
  /** No more need be found. */
  isEnough?(findings: readonly Finding[]): boolean
  /** After each batch, with all inputs tried so far. */
  progress?(tried: number): void
}

export interface Played {
  tried: number
  counts: Record<string, number>
  findings: Finding[]
}

/** Beyond so many kinds something is wrong at the root, and more of them tell nothing. */
const mostKinds = 10
const isMuch = (findings: readonly Finding[]) => findings.length >= mostKinds

export async function play(target: Target, options: PlayOptions): Promise<Played> {
  const { seed, inputs, jobs = 1, job = 0, trying = () => {}, shrinkMs = 10_000, isEnough = isMuch, progress } = options
  const { batch } = target
  await using run = await target.open({ trying })
  const findings: Finding[] = []
  let tried = 0

  async function take(made: readonly Uint8Array[], first: number, complaints: readonly Complaint[]): Promise<void> {
    for (const { at, what } of complaints) {
      const input = made[at] ?? new Uint8Array()
      if (findings.some((finding) => kindOf(finding.what) === kindOf(what))) continue
      if (target.confirm && !(await showsEachTime(run, input, what))) continue
      const small = await shrink(input, (smaller) => showsAgain(run, smaller, what), shrinkMs)
      findings.push({ what, nth: first + at, input: small })
    }
    tried += made.length
    progress?.(tried)
  }

  // The next batch is made and begun while another process still has its say about the one before.
  let before: Promise<void> = Promise.resolve()
  for (let first = job * batch; first < inputs && !isEnough(findings); first += jobs * batch) {
    const chance = createChance(seed, first / batch)
    const made = Array.from({ length: Math.min(batch, inputs - first) }, () => run.make(chance))
    const complaints = run.tryOut(made)
    await before
    before = complaints.then((found) => take(made, first, found))
  }
  await before
  for (const what of (await run.atEnd?.()) ?? []) findings.push({ what, nth: undefined, input: new Uint8Array() })
  return { tried, counts: run.counts, findings }
}

/** Tries one input alone. @returns what is wrong with it */
export async function playOne(target: Target, input: Uint8Array): Promise<string | undefined> {
  await using run = await target.open({ trying: () => {} })
  return (await run.tryOut([input]))[0]?.what
}

/** Not only when the machine was busy with something else. */
async function showsEachTime(run: Run, input: Uint8Array, what: string): Promise<boolean> {
  for (let again = 0; again < 3; again++) if (!(await showsAgain(run, input, what))) return false
  return true
}

async function showsAgain(run: Run, input: Uint8Array, what: string): Promise<boolean> {
  const complaints = await run.tryOut([input])
  return complaints.some((complaint) => kindOf(complaint.what) === kindOf(what))
}
