/** Floods of every kind, for a second each: the relay's memory and log stay bounded, and the honest device is let in. */
import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { until } from '../until.ts'
import { type FloodKind, type FloodResult, floodKinds } from './plans.ts'
import { type Figures, planOf, playRound, type Round, type Sizes } from './rounds.ts'
import { openVictim, type Place } from './victim.ts'

/** Full size: `npm run hostile -- --full`. */
const sizes: Sizes = { seconds: 1, perSecond: 5_000, sockets: 1000, quietMs: 300, settleSeconds: 0 }

/** Generous: a busy machine must not break these. The figures are told with each test. */
const longestLogInMs = 15_000
const mostGrowthMiB = 400

/** What the relay must have said to each kind, one of it, so that the flood is known to have arrived. */
const expected: Record<FloodKind, readonly string[]> = {
  'wrong-scram': ['failure', 'challenge', 'session'],
  // Answered so slowly that a short flood hears nothing.
  'wrong-basic': [],
  'wrong-keys': ['401', '429'],
  repeats: ['policy-violation'],
  'wild-rids': ['item-not-found', 'session'],
  stanzas: ['policy-violation', 'success'],
  'event-streams': ['429'],
  'big-bodies': ['policy-violation', '401'],
  'many-headers': ['431'],
  pipelines: [],
  creations: ['session'],
}

const ids: Record<FloodKind, string> = {
  'wrong-scram': 'S-D8 S-D7',
  'wrong-basic': 'S-D8 S-D7',
  'wrong-keys': 'S-D7',
  repeats: 'S-D6',
  'wild-rids': 'S-D6 S-A2',
  stanzas: 'S-D4',
  'event-streams': 'S-D4',
  'big-bodies': 'S-D3',
  'many-headers': 'S-D1',
  pipelines: 'S-D3',
  creations: 'S-D3',
}

function check(context: TestContext, kind: FloodKind, figures: Figures): FloodResult {
  const crowd = figures.crowd as FloodResult
  context.diagnostic(JSON.stringify(figures, (_, value) => (typeof value === 'number' ? Math.round(value) : value)))
  assert.ok(crowd.sent > 10, 'this was no flood')
  const words = expected[kind]
  const isHeard = words.length === 0 || words.some((word) => (crowd.heard[word] ?? 0) > 0)
  assert.ok(isHeard, `${JSON.stringify(crowd.heard)} has nothing of ${words.join(', ')}`)
  const growthMiB = figures.mostMiB - figures.beforeMiB
  assert.ok(growthMiB < mostGrowthMiB, `it grew by ${growthMiB} MiB`)
  // One line a second, and the one that may come just after.
  assert.ok(
    figures.logLinesPerSecond * sizes.seconds <= sizes.seconds + 1,
    `${figures.logLinesPerSecond} lines a second`,
  )
  return crowd
}

const round = (kind: FloodKind, place: Place, until: NonNullable<Round['until']>): Round => ({
  ...{ title: kind, place, attack: { flood: kind }, until },
})

const scene = new AsyncDisposableStack()
const victim = scene.use(await openVictim('here'))
after(() => scene.disposeAsync())

for (const kind of floodKinds.filter((each) => each !== 'creations'))
  test(`${ids[kind]} a flood of ${kind}: memory and log are bounded, and the honest device is let in`, async (context) => {
    const figures = await playRound(victim, round(kind, 'here', { isLetIn: true, heard: expected[kind] }), sizes)
    const { heard, opened } = check(context, kind, figures)
    assert.deepEqual(figures.failures, [])
    assert.ok(figures.attacked.count > 0, 'nobody was let in while it lasted')
    assert.ok(figures.attacked.mostMs < longestLogInMs, `a log-in took ${figures.attacked.mostMs} ms`)
    if (kind === 'event-streams') assert.ok((heard['200'] ?? 0) <= 1000, 'there are more streams than may be')
    if (kind === 'pipelines') assert.ok(opened > 50, 'nobody was cut')
  })

for (const [place, from] of [
  ['here', 'this machine'],
  ['proxied', 'many addresses'],
  ['elsewhere', 'another network'],
] as const)
  test(`S-D3 a flood of creations from ${from}: memory is bounded, and afterwards the honest device is let in`, async (context) => {
    await using another = place === 'here' ? undefined : await openVictim(place)
    const until = { isLetIn: false, heard: expected.creations }
    const figures = await playRound(another ?? victim, round('creations', place, until), sizes)
    check(context, 'creations', figures)
    assert.ok(figures.later.count + figures.attacked.count > 0, JSON.stringify(figures.failures))
  })

test('S-D3 what a flood has made of the heap is given back once it is over', async () => {
  await using another = await openVictim('here')
  const crowd = await another.attack(planOf(another, { flood: 'creations' }, 'here', sizes))
  await until('the relay has grown', () => another.residentMiB() > 250, 60_000)
  await crowd.end()
  const mostMiB = another.residentMiB()
  await until('it says so', () => /"relay.memory-returned"/.test(another.street.relay().output().stderr), 60_000)
  assert.ok(another.residentMiB() < mostMiB - 50, `${mostMiB} MiB, then ${another.residentMiB()} MiB`)
})
