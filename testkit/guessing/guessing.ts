/** Somebody tries codes or PINs of all kinds in an order of chance, and looks at everything that an answer shows. */
import { createSeededRandom } from '@fairlead/base'
import type { Neighbourhood } from '../neighbourhood.ts'
import { inTurns } from './in-turns.ts'
import { chanceOf, distanceOf } from './kolmogorov.ts'
import { headersFrom } from './street.ts'

/** Limits are for guessers; here they would end the experiment. Many keys, so that counting one's tries stays cheap. */
export const relayOptions = [
  ...['--trusted-proxies', '127.0.0.1/32', '--overload-lag', '60000'],
  ...['--max-failed-claims', '1000000', '--max-failed-claims-of-network', '1000000'],
]
const triesOfKey = 100

/** One try. */
export interface Guess {
  body: object
  /** Whoever tries is there; left out: wherever their key is. */
  from?: number
}

/** What is guessed at. */
export interface Subject {
  path: string
  /** What no try can match, and why. */
  kinds: Readonly<Record<string, string>>
  /** As many of each kind can be there at a time; left out: as many as one likes. */
  mostAtOnce?: number
  make(street: Neighbourhood, each: number): Promise<Record<string, Guess[]>>
}

interface Answer {
  kind: string
  /** Status, names of headers, length and bytes of the body: all but the time. */
  looks: string
  latencyMs: number
}

export interface KindSeen {
  kind: string
  /** What its answers looked like: one, if nothing gives them away. */
  looks: ReadonlySet<string>
  latenciesMs: readonly number[]
}

export interface GuessingOptions {
  each: number
  atOnce: number
  seed: number
  progress?(words: string): void
}

export async function guess(street: Neighbourhood, subject: Subject, options: GuessingOptions): Promise<KindSeen[]> {
  const { each, seed } = options
  const answers: Answer[] = []
  for (let round = 0, left = each; left > 0; round++) {
    const now = Math.min(left, subject.mostAtOnce ?? left)
    await playRound(street, subject, { ...options, each: now, seed: seed + round }, answers)
    left -= now
  }
  return Object.keys(subject.kinds).map((kind) => {
    const ofKind = answers.filter((answer) => answer.kind === kind)
    return {
      kind,
      looks: new Set(ofKind.map(({ looks }) => looks)),
      latenciesMs: ofKind.map(({ latencyMs }) => latencyMs),
    }
  })
}

async function playRound(
  street: Neighbourhood,
  subject: Subject,
  { each, atOnce, seed, progress = () => {} }: GuessingOptions,
  answers: Answer[],
): Promise<void> {
  progress(`making what is tried (${answers.length} tried)`)
  const guesses = Object.entries(await subject.make(street, each))
  const tries = shuffled(
    guesses.flatMap(([kind, ofKind]) => ofKind.map((one) => ({ kind, ...one }))),
    seed,
  )
  const keys = await makeKeys(street, Math.ceil(tries.length / triesOfKey))
  await inTurns(tries, atOnce, async ({ kind, body, from }, at) => {
    const asker = at % keys.length
    const tried = { path: subject.path, body, key: keys[asker] ?? '', from: from ?? asker }
    answers.push({ kind, ...(await tryOne(street.url, tried)) })
    if (answers.length % 100 === 0) progress(`${answers.length} tried`)
  })
}

/** Fisher and Yates. */
function shuffled<Thing>(things: readonly Thing[], seed: number): Thing[] {
  const random = createSeededRandom(seed)
  const mixed = [...things]
  for (let at = mixed.length - 1; at > 0; at--) {
    const from = Math.floor(random.fraction() * (at + 1))
    const [one, other] = [mixed[at], mixed[from]] as [Thing, Thing]
    mixed[at] = other
    mixed[from] = one
  }
  return mixed
}

async function makeKeys({ service }: Neighbourhood, count: number): Promise<string[]> {
  const keys: string[] = []
  for (let at = 0; at < count; at++)
    keys.push(Object((await service.post('/v1/keys', { account: 'default' })).body).key)
  return keys
}

async function tryOne(url: string, tried: { path: string; body: object; key: string; from: number }) {
  const { path, key, from } = tried
  const headers = { ...headersFrom(from), authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const startMs = performance.now()
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(tried.body) })
  const body = await answer.text()
  const latencyMs = performance.now() - startMs
  const names = [...answer.headers.keys()].sort().join(' ')
  return { looks: `${answer.status}\n${names}\n${Buffer.byteLength(body)}\n${body}`, latencyMs }
}

export interface Pair {
  kinds: readonly [string, string]
  distance: number
  chance: number
}

/** Each with each. */
export function compareTimes(seen: readonly KindSeen[]): Pair[] {
  return seen.flatMap((one, at) =>
    seen.slice(at + 1).map((other) => {
      const distance = distanceOf(one.latenciesMs, other.latenciesMs)
      const chance = chanceOf(distance, [one.latenciesMs.length, other.latenciesMs.length])
      return { kinds: [one.kind, other.kind] as const, distance, chance }
    }),
  )
}
