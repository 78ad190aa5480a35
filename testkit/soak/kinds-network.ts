/** The way between agents and the relay goes half-open, is cut when idle, or holds answers back. Rounds are played side by side. */
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { openEventStream } from '../event-stream.ts'
import { openHttpWire } from '../http-wire.ts'
import { openNginx } from '../nginx.ts'
import { openWire, type Wire, type WireFaults } from '../wire.ts'
import { checkDead, checkReturns, type Return } from './history.ts'
import { type Play, type PlayOptions, played } from './played.ts'
import { openSoak, type Soak } from './soak.ts'
import { inactivitySeconds, waitSeconds } from './street.ts'
import { wireEach } from './wiring.ts'

/** Rounds side by side: so many agents, each on a wire of its own. */
const widest = 5
/** What a silent wire may cost: a poll is held, nothing comes after it, and a push put off the end of the session. */
const goneAfterMs = (waitSeconds + inactivitySeconds + 5) * 1000
/** To look, and to be told. */
const lookMs = 1_000
/** Every fault over: all are ONLINE again within so long. */
const backWithinMs = 60_000

interface Round {
  device: string
  wire: Wire
}

/** Plays `rounds` in turns of at most five, each turn on a street of its own with one agent and one wire for each round. */
async function playOnWires(
  kind: string,
  { seed, rounds, patience, tell }: PlayOptions,
  turn: (soak: Soak, round: Round, random: () => number) => Promise<string>,
  notes: () => Record<string, string>,
): ReturnType<Play> {
  const random = createSeededRandom(seed).fraction
  await using wiring = wireEach((relayUrl) => openWire(relayUrl))
  const { ways: wires, through } = wiring
  const agents = Math.min(widest, rounds)
  await using soak = await openSoak({ seed, patience, agents, devicesPerAgent: 1, through })
  for (let played = 0; played < rounds; played += agents) {
    const side = wires.slice(0, rounds - played).map(async (wire, at) => {
      const words = await turn(soak, { device: soak.street.devices[at] ?? '', wire }, random)
      tell(`${kind} ${played + at + 1}/${rounds}: ${words}`)
    })
    await Promise.all(side)
  }
  await soak.settle()
  return played(kind, rounds, soak, notes())
}

export const playHalfOpen: Play = async (options) => {
  let longestMs = 0
  let next = options.seed
  const all: Return[] = []
  const ways: WireFaults['swallow'][] = ['to-relay', 'to-client', 'everything']
  const turn = async (soak: Soak, { device, wire }: Round, random: () => number) => {
    const swallow = ways[next++ % ways.length] ?? 'everything'
    await pause(random() * 1000)
    wire.set({ swallow })
    const sinceMs = performance.now()
    for (let here = true; here && performance.now() - sinceMs < backWithinMs; await pause(50))
      here = (await soak.street.online())?.has(device) ?? true
    const forMs = performance.now() - sinceMs
    longestMs = Math.max(longestMs, forMs)
    soak.lies.push(...checkDead(device, forMs, goneAfterMs + lookMs * options.patience))
    wire.set({ swallow: 'nothing' })
    // What was swallowed will not come again: to both sides such a connection looks alive until it is cut.
    wire.cutAll()
    const returns = await soak.returns([device], performance.now())
    all.push(...returns)
    soak.lies.push(...checkReturns(returns, backWithinMs))
    return `${swallow}: OFFLINE after ${forMs.toFixed()} ms, back after ${returns[0]?.afterMs?.toFixed()} ms`
  }
  return await playOnWires('half-open', options, turn, () => ({
    'gone but ONLINE, max ms': longestMs.toFixed(),
    'back max ms': Math.max(...all.map(({ afterMs = Number.POSITIVE_INFINITY }) => afterMs)).toFixed(),
  }))
}

export const playProxyCut: Play = async (options) => {
  let [cuts, offlines] = [0, 0]
  const hows: WireFaults['cutHow'][] = ['reset', 'close', 'reset', 'close', 'silence']
  let at = 0
  const turn = async (soak: Soak, { device, wire }: Round, random: () => number) => {
    const cutHow = hows[at++ % hows.length] ?? 'reset'
    // Less than calls leave between them, or nothing is ever idle.
    const cutIdleAfterMs = 800 + Math.floor(random() * 1200)
    const before = wire.counts.cut
    wire.set({ cutIdleAfterMs, cutHow })
    let wasOffline = false
    for (const sinceMs = performance.now(); performance.now() - sinceMs < 2.5 * waitSeconds * 1000; await pause(100))
      wasOffline ||= (await soak.street.online())?.has(device) === false
    wire.set({ cutIdleAfterMs: 0 })
    // What was cut in silence is found out by nobody before the next time-out: here the round is over.
    wire.cutAll()
    cuts += wire.counts.cut - before
    if (wasOffline) offlines++
    // Who is told that a connection is gone opens another within the same session; who is not told may lose it.
    if (wasOffline && cutHow !== 'silence')
      soak.lies.push({
        rule: 'not-back',
        words: `${device} went OFFLINE behind a proxy that cuts (${cutHow}) after ${cutIdleAfterMs} ms.`,
      })
    const returns = await soak.returns([device], performance.now())
    soak.lies.push(...checkReturns(returns, backWithinMs))
    return `${cutHow} after ${cutIdleAfterMs} ms: ${wire.counts.cut - before} cuts${wasOffline ? ', went OFFLINE' : ''}`
  }
  return await playOnWires('proxy-cut', options, turn, () => ({ cuts: String(cuts), 'went OFFLINE': String(offlines) }))
}

export const playProxyBuffer: Play = async ({ seed, rounds, patience, tell }) => {
  const random = createSeededRandom(seed).fraction
  // One agent behind an nginx as it comes, with buffering and HTTP/1.0; the next behind what keeps every answer until it is whole.
  await using proxies = wireEach<AsyncDisposable & { url: string }>((relayUrl, agent) =>
    agent === 0 ? openNginx(relayUrl, { setUp: 'out-of-the-box' }) : openHttpWire(relayUrl, { bufferAnswers: true }),
  )
  const relay = ['--trusted-proxies', '127.0.0.1/32']
  await using soak = await openSoak({ seed, patience, through: proxies.through, relay })
  const { street } = soak
  let longestMs = 0
  await using stream = await openEventStream({
    relayUrl: proxies.ways[0]?.url ?? '',
    key: street.relay.adminKey,
    query: 'type=device.removed',
  })
  for (let round = 1; round <= rounds; round++) {
    await pause(500 + random() * 1000)
    // An event that nothing follows: kept back, it would come with the next one, or never.
    const id = `buffered-${round}`
    await street.relay.service.post('/v1/devices', { id })
    await street.relay.service.call('DELETE', `/v1/devices/${id}`)
    const sinceMs = performance.now()
    while ((await stream.next()).data['device'] !== id);
    longestMs = Math.max(longestMs, performance.now() - sinceMs)
    const here = await street.online()
    for (const device of street.devices)
      if (!here?.has(device))
        soak.lies.push({ rule: 'not-back', words: `${device} is OFFLINE behind a proxy that buffers.` })
    tell(`proxy-buffer ${round}/${rounds}: an event through nginx took ${longestMs.toFixed()} ms`)
  }
  if (longestMs > 1000 * patience)
    soak.lies.push({ rule: 'late', words: `An event took ${longestMs} ms through nginx.` })
  await soak.settle()
  return played('proxy-buffer', rounds, soak, { 'event through nginx max ms': longestMs.toFixed() })
}
