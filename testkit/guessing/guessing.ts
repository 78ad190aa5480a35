/** Somebody tries codes of all kinds in an order of chance, and looks at everything that an answer shows. */
import { createSeededRandom } from '@fairlead/base'
import type { Neighbourhood } from '../neighbourhood.ts'
import { inTurns } from './in-turns.ts'
import { headersFrom, type Kind, makeKinds } from './kinds.ts'
import { chanceOf, distanceOf } from './kolmogorov.ts'

/** Limits are for guessers; here they would end the experiment. Many keys, so that counting one's tries stays cheap. */
export const relayOptions = [
  ...['--trusted-proxies', '127.0.0.1/32', '--overload-lag', '60000'],
  ...['--max-failed-claims', '1000000', '--max-failed-claims-of-network', '1000000'],
]
const triesOfKey = 100

interface Answer {
  kind: Kind
  /** Status, names of headers, length and bytes of the body: all but the time. */
  looks: string
  latencyMs: number
}

export interface KindSeen {
  kind: Kind
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

export async function guess(street: Neighbourhood, options: GuessingOptions): Promise<KindSeen[]> {
  const { each, atOnce, seed, progress = () => {} } = options
  progress('making codes')
  const codes = await makeKinds(street, each)
  const kinds = Object.keys(codes) as Kind[]
  const tries = shuffled(
    kinds.flatMap((kind) => codes[kind].map((code) => ({ kind, code }))),
    seed,
  )
  const keys = await makeKeys(street, Math.ceil(tries.length / triesOfKey))
  const answers: Answer[] = []
  await inTurns(tries, atOnce, async ({ kind, code }, at) => {
    const asker = at % keys.length
    answers.push({ kind, ...(await tryOne(street.url, { code, key: keys[asker] ?? '', from: asker })) })
    if (answers.length % 100 === 0) progress(`${answers.length} of ${tries.length} tried`)
  })
  return kinds.map((kind) => {
    const ofKind = answers.filter((answer) => answer.kind === kind)
    return {
      kind,
      looks: new Set(ofKind.map(({ looks }) => looks)),
      latenciesMs: ofKind.map(({ latencyMs }) => latencyMs),
    }
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

async function tryOne(url: string, { code, key, from }: { code: string; key: string; from: number }) {
  const headers = { ...headersFrom(from), authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const startMs = performance.now()
  const answer = await fetch(`${url}/v1/claims`, { method: 'POST', headers, body: JSON.stringify({ code }) })
  const body = await answer.text()
  const latencyMs = performance.now() - startMs
  const names = [...answer.headers.keys()].sort().join(' ')
  return { looks: `${answer.status}\n${names}\n${Buffer.byteLength(body)}\n${body}`, latencyMs }
}

export interface Pair {
  kinds: readonly [Kind, Kind]
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
