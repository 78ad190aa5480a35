/** The session maintenance mode of devices goes OFF and ON under load, by the command line and by the panel (A1). */
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { runAgentCommand } from '../agent-command.ts'
import { openHttpWire } from '../http-wire.ts'
import { checkFarewell, checkReturns, checkSilence, type Farewell, type Return } from './history.ts'
import { type Play, played, renderSpread } from './played.ts'
import { openSoak, type Soak } from './soak.ts'
import type { SoakAgent } from './street.ts'
import { wireEach } from './wiring.ts'

/** A1, and before that the longest that a device of a soak takes for what was pushed. */
const offWithinMs = 1_000 + 1_500
const backWithinMs = 5_000
/** Longer than the survival timer of the street. */
const longestOffMs = 2_500
const sessionCalls = /register|survival|http-bind/

type Switch = (agent: SoakAgent, mode: 'on' | 'off') => Promise<unknown>

const byCommand: Switch = ({ folder }, mode) => runAgentCommand(['mode', mode, '--data', folder])

/** Presses the switch of the device's own page, as a person would. */
const byPanel: Switch = async (agent, mode) => {
  const page = agent.page()
  const html = await (await fetch(page)).text()
  const token = /name="token" value="([^"]+)"/.exec(html)?.[1] ?? ''
  const form = new URLSearchParams({ token, mode })
  const { status } = await fetch(`${page}/mode`, { method: 'POST', body: form, redirect: 'manual' })
  if (status !== 303) throw new Error(`The panel does not switch the mode ${mode}: ${status}`)
}

/** Until it is OFFLINE, or has been ONLINE for far too long. */
async function watchOff({ street }: Soak, device: string, sinceMs: number): Promise<Farewell> {
  for (;;) {
    const { state, reason } = Object((await street.relay.service.read(`/v1/devices/${device}`)).body)
    const afterMs = performance.now() - sinceMs
    if (state !== 'online' || afterMs > 30_000) return { state, reason, afterMs }
    await pause(20)
  }
}

export const playMode: Play = async ({ seed, rounds, patience, tell }) => {
  const random = createSeededRandom(seed).fraction
  await using wiring = wireEach((relayUrl) => openHttpWire(relayUrl))
  const { ways: wires, through } = wiring
  const rules = { mayLoseSessions: false }
  await using soak = await openSoak({ seed, patience, through, rules, agents: 3, devicesPerAgent: 1 })
  const { street, lies } = soak
  const survivals = () =>
    wires.flatMap(({ visits }) => visits).filter(({ path }) => path === '/device/v1/survival').length
  const [offs, backs]: [Farewell[], Return[]] = [[], []]

  for (let round = 1; round <= rounds; round++) {
    // The first one has the quiet device beside its own.
    const at = 1 + Math.floor(random() * (street.agents.length - 1))
    const [agent, wire] = [street.agents[at], wires[at]]
    const device = agent?.ids[0]
    if (!agent || !wire || device === undefined) throw new Error('there is no agent')
    const switchMode = random() < 0.5 ? byCommand : byPanel
    await pause(300 + random() * 700)

    await switchMode(agent, 'off')
    const farewell = await watchOff(soak, device, performance.now())
    offs.push(farewell)
    lies.push(...checkFarewell(device, farewell, offWithinMs * patience))
    const seen = wire.visits.length
    await soak.mustRefuse(device)
    // The first time longer than its survival timer, for which it would say that it lives.
    await pause(round === 1 ? longestOffMs : random() * 1000)
    const sent = wire.visits.slice(seen).map(({ path }) => path)
    lies.push(
      ...checkSilence(
        device,
        sent.filter((path) => sessionCalls.test(path)),
      ),
    )

    await switchMode(agent, 'on')
    const returns = await soak.returns([device], performance.now())
    backs.push(...returns)
    lies.push(...checkReturns(returns, backWithinMs * patience))
    tell(
      `mode ${round}/${rounds}: OFFLINE after ${farewell.afterMs.toFixed()} ms, back after ${returns[0]?.afterMs?.toFixed()} ms`,
    )
  }
  await soak.settle()
  return played('mode', rounds, soak, {
    'survival notifications': String(survivals()),
    'OFFLINE p50/p99/max ms': renderSpread(offs.map(({ afterMs }) => afterMs)),
    'back p50/p99/max ms': renderSpread(backs.map(({ afterMs }) => afterMs)),
  })
}
