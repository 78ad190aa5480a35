/** The relay, or an agent, is killed at a random moment under load, and started again on what it left. */
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { openHttpWire } from '../http-wire.ts'
import { checkDead, checkReturns, type Return } from './history.ts'
import { type Play, played, renderSpread } from './played.ts'
import { openPrinting } from './printing.ts'
import { lookToken, openSoak, type Soak } from './soak.ts'
import { inactivitySeconds } from './street.ts'
import { wireEach } from './wiring.ts'

/** The promise. */
const backWithinMs = 10_000
/** Sessions that continue over a restart of the relay without a log-in (`safety.md` 6.7): at least so many. */
const continuedShare = 0.95

/** The longest time-out of a push that may put off the end of a session, with the grace. */
const pushMs = 5_000
/** To look, and to be told. */
const lookMs = 1_000

/** A busy machine may take long to start it again: the sessions are to be there still. */
const patientRelay = [
  ...['--inactivity', '60', '--management-timeout', '120'],
  // No answer to a survival notification means a new session (A5): it would ask for one while the relay is away.
  ...['--survival-timeout', '0'],
]

async function tellHealth(soak: Soak): Promise<void> {
  for (const path of ['/healthz', '/readyz']) {
    const { status } = await soak.street.relay.service.read(path)
    if (status !== 200)
      soak.lies.push({ rule: 'wrong-health', words: `${path} says ${status} after the relay was ready.` })
  }
}

export const playKillRelay: Play = async (options) => {
  const { seed, rounds, patience, tell } = options
  const random = createSeededRandom(seed)
  await using wiring = wireEach((relayUrl) => openHttpWire(relayUrl))
  const { ways: wires, through } = wiring
  await using soak = await openSoak({ seed, patience, through, relay: patientRelay, rules: { mayLoseCalls: true } })
  const { street } = soak
  const ofAgents = street.agents.flatMap(({ ids }) => ids)
  const all: Return[] = []
  let [sessions, logIns] = [0, 0]

  for (let round = 1; round <= rounds; round++) {
    await pause(300 + random.fraction() * 1500)
    const seen = wires.map(({ visits }) => visits.length)
    const readyMs = await soak.restartRelay('SIGKILL')
    await tellHealth(soak)
    const returns = await soak.returns(street.devices, readyMs)
    all.push(...returns)
    soak.lies.push(...checkReturns(returns, backWithinMs * patience))
    sessions += ofAgents.length
    logIns += wires
      .flatMap(({ visits }, at) => visits.slice(seen[at]))
      .filter(({ body }) => body.includes('<auth')).length
    tell(`kill-relay ${round}/${rounds}: back after ${renderSpread(timesOf(returns))} ms`)
    await street.restartAgents()
  }
  await soak.settle()
  const share = 1 - Math.min(1, logIns / sessions)
  if (share < continuedShare)
    soak.lies.push({ rule: 'not-back', words: `${Math.round(share * 100)} % of sessions continued without a log-in.` })
  return played('kill-relay', rounds, soak, {
    'back p50/p99/max ms': renderSpread(timesOf(all)),
    'continued without log-in': `${Math.round(share * 100)} %`,
  })
}

export const playKillAgent: Play = async (options) => {
  const { seed, rounds, patience, tell } = options
  const random = createSeededRandom(seed)
  await using soak = await openSoak({ seed, patience })
  const { street } = soak
  await using printing = await openPrinting(street.relay)
  const all: Return[] = []
  let longestDeadMs = 0

  for (let round = 1; round <= rounds; round++) {
    await pause(300 + random.fraction() * 1500)
    const agent = street.agents[Math.floor(random.fraction() * street.agents.length)] ?? street.agents[0]
    if (!agent) throw new Error('there is no agent')
    await agent.process().kill()
    const deadMs = performance.now()
    // Now and then it stays away for good, until the relay says so.
    if (round % 5 === 1) {
      const forMs = await onlineFor(soak, agent.ids, deadMs)
      longestDeadMs = Math.max(longestDeadMs, forMs)
      soak.lies.push(...checkDead(agent.ids.join(', '), forMs, inactivitySeconds * 1000 + pushMs + lookMs * patience))
      await soak.mustRefuse(agent.ids[0] ?? '')
    }
    const startedMs = performance.now()
    const answers = Promise.all(agent.ids.map((id) => answersAgain(soak, id, startedMs)))
    const [returns] = await Promise.all([answers, agent.start(), printing.restartAgent()])
    all.push(...returns)
    soak.lies.push(...checkReturns(returns, backWithinMs * patience))
    tell(`kill-agent ${round}/${rounds}: back after ${renderSpread(timesOf(returns))} ms`)
  }
  soak.lies.push(...(await printing.settle()))
  await soak.settle()
  return played('kill-agent', rounds, soak, {
    'pages answered + unclear': `${printing.counts.answered} + ${printing.counts.unclear}`,
    'back p50/p99/max ms': renderSpread(timesOf(all)),
    'dead but ONLINE, max ms': String(Math.round(longestDeadMs)),
  })
}

/** The session of before the kill may still stand, so ONLINE says nothing: the device is back when it answers. */
async function answersAgain({ street }: Soak, device: string, sinceMs: number): Promise<Return> {
  while (performance.now() - sinceMs < 3 * backWithinMs) {
    const { status } = await street.relay.service.ask(device, { get: [`note:${lookToken}`], timeoutSeconds: 1 })
    if (status === 200) return { device, afterMs: performance.now() - sinceMs }
    await pause(25)
  }
  return { device, afterMs: undefined }
}

/** How long after its death the relay still called one of them ONLINE. */
async function onlineFor({ street }: Soak, devices: readonly string[], deadMs: number): Promise<number> {
  for (;;) {
    const here = await street.online()
    const forMs = performance.now() - deadMs
    if ((here && !devices.some((id) => here.has(id))) || forMs > 60_000) return forMs
    await pause(50)
  }
}

const timesOf = (returns: readonly Return[]) => returns.map(({ afterMs }) => afterMs)
