/** Services that call a relay without pause, each call by seeded chance; what they were told is written down. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '@fairlead/base'
import { createToken, isOidsOnly, isTwin, type Kind, requestOf, workMsOf } from './deed.ts'
import type { Attempt, Deed, Told } from './history.ts'

export interface LoadNeeds {
  /** Stands in every token: the name of this run. */
  run: string
  relayUrl: string
  key: string
  devices: readonly string[]
  /** By device: the account that has only this one, and is asked in its place (A8). */
  accounts: ReadonlyMap<string, string>
  random: Random
  /** At the same time. */
  callers: number
  /** Between two calls of one caller, at most. */
  pauseMs: number
}

export interface Load {
  /** By token; who has judged one may take it away. */
  readonly deeds: Map<string, Deed>
  readonly counts: { calls: number; lost: number; hungUp: number }
  /** How long GETs took beyond the device's own time, in milliseconds, since this was last asked; changes wait for each other. */
  takeTimes(): number[]
  /** No new calls; resolves when the last one has ended. */
  stop(): Promise<void>
}

interface Plan {
  deed: Deed
  body: string
  headers: Record<string, string>
  timeoutMs: number
  isAsync: boolean
  hangUpAfterMs: number | undefined
}

/** A call that has not ended so long after its time-out never will: it is given up, and held against the relay. */
const giveUpMs = 60_000

export function startLoad(needs: LoadNeeds): Load {
  const { random } = needs
  const deeds = new Map<string, Deed>()
  const counts = { calls: 0, lost: 0, hungUp: 0 }
  const stopping = new AbortController()
  let times: number[] = []
  let made = 0

  const happens = (fraction: number) => random.fraction() < fraction
  const upTo = (most: number) => Math.floor(random.fraction() * most)
  const oneOf = <Item>(items: readonly Item[]): Item => {
    const item = items[upTo(items.length)]
    if (item === undefined) throw new Error('there is nothing to choose from')
    return item
  }

  function plan(): Plan {
    const device = oneOf(needs.devices)
    const kind = oneOf<Kind>(isOidsOnly(device) ? ['set', 'set', 'command'] : ['get', 'get', 'set', 'set', 'command'])
    const timeoutSeconds = 1 + upTo(4)
    // Some take longer than anybody waits.
    const workMs = happens(0.02) ? 1500 : happens(0.4) ? upTo(300) : 0
    const token = createToken(needs.run, ++made, workMs, kind === 'get' && happens(0.1))
    const isKeyed = kind !== 'get' && happens(0.4)
    const isAsync = happens(0.15)
    const isDeferred = happens(0.15)
    const deed: Deed = {
      token,
      device,
      kind,
      isDeferred,
      key: isKeyed ? `key-${token}` : undefined,
      attempts: [],
      executions: [],
      receipts: [],
    }
    deeds.set(token, deed)
    const deliverWithinSeconds = isDeferred ? 20 : 0
    return {
      deed,
      body: JSON.stringify({ ...requestOf(deed), timeoutSeconds, deliverWithinSeconds }),
      headers: {
        authorization: `Bearer ${needs.key}`,
        'content-type': 'application/json',
        ...(deed.key !== undefined && { 'idempotency-key': deed.key }),
        ...(isAsync && { prefer: 'respond-async' }),
      },
      timeoutMs: timeoutSeconds * 1000,
      isAsync,
      hangUpAfterMs: happens(0.06) ? upTo(200) : undefined,
    }
  }

  async function call({ deed, body, headers, timeoutMs, isAsync, hangUpAfterMs }: Plan): Promise<void> {
    const startedMs = performance.now()
    const attempt: Attempt = { startedMs, timeoutMs, isAsync, endedMs: undefined, told: undefined, hungUp: false }
    deed.attempts.push(attempt)
    counts.calls++
    const signal = AbortSignal.timeout(hangUpAfterMs ?? timeoutMs + giveUpMs)
    try {
      const account = needs.accounts.get(deed.device)
      const to = account === undefined ? `devices/${deed.device}` : `accounts/${account}`
      const url = `${needs.relayUrl}/v1/${to}/requests`
      const answer = await fetch(url, { method: 'POST', headers, body, signal })
      attempt.told = await readTold(answer)
      if (deed.kind === 'get' && attempt.told.outcome === 'answered')
        times.push(performance.now() - startedMs - workMsOf(deed.token))
    } catch {
      // Ours to hang up, or the relay's connection is gone: nothing is known.
      if (hangUpAfterMs !== undefined && signal.aborted) {
        attempt.hungUp = true
        counts.hungUp++
      } else counts.lost++
      if (hangUpAfterMs === undefined && signal.aborted) return
    }
    attempt.endedMs = performance.now()
  }

  /** As a careful service: what it has given a key it asks again, whether it was told or not. */
  async function carryOut(planned: Plan): Promise<void> {
    await call(planned)
    if (planned.deed.key === undefined) return
    for (let repeats = upTo(3); repeats > 0; repeats--) {
      await pause(upTo(400))
      await call({ ...planned, hangUpAfterMs: undefined })
    }
  }

  async function callOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      const lostBefore = counts.lost
      const planned = plan()
      // A repeat may meet the first one: the caller goes on without it.
      if (planned.deed.key !== undefined && happens(0.2)) keep(call(planned))
      if (isTwin(planned.deed.token)) keep(call(planned))
      await carryOut(planned)
      await pause(upTo(needs.pauseMs) + (counts.lost > lostBefore ? 50 : 0))
    }
  }

  function keep(work: Promise<void>): void {
    const kept = work.finally(() => running.delete(kept))
    running.add(kept)
  }

  const running = new Set<Promise<void>>()
  for (let caller = 0; caller < needs.callers; caller++) keep(callOn())
  return {
    deeds,
    counts,
    takeTimes() {
      const taken = times
      times = []
      return taken
    },
    async stop() {
      stopping.abort()
      while (running.size > 0) await Promise.all(running)
    },
  }
}

export async function readTold(answer: Response): Promise<Told> {
  const body = Object(await answer.json())
  const { values, result, code, detail } = body
  const said = values === undefined ? (result === undefined ? undefined : { result }) : { values }
  return {
    status: answer.status,
    outcome: answer.headers.get('fairlead-outcome'),
    code,
    requestId: answer.headers.get('fairlead-request-id') ?? '',
    replayed: answer.headers.get('idempotency-replayed') === 'true',
    answer: said ?? (code === 'device-refused' ? detail : undefined),
  }
}
