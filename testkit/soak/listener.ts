/** One who listens to the relay's events through everything, and continues where it was cut off. */
import { setTimeout as pause } from 'node:timers/promises'
import { type EventStream, openEventStream } from '../event-stream.ts'

export interface Listener {
  /** Every event that it has heard, by number. */
  readonly heard: readonly number[]
  /** Events that came again or out of their order, and resets: none, if the relay keeps its word. */
  readonly faults: string[]
  readonly counts: { events: number; streams: number }
  stop(): Promise<void>
  /** Once it has stopped: how many of what the relay keeps it has left out, up to the last that it heard. */
  countMissed(): Promise<number>
}

export interface ListenerNeeds {
  relayUrl: string
  key: string
  /** Where nothing has come for so long it goes elsewhere: what is silent may never come back. Default: never. */
  patienceMs?: number
}

export function startListener({ patienceMs, ...source }: ListenerNeeds): Listener {
  const faults: string[] = []
  const counts = { events: 0, streams: 0 }
  const heard: number[] = []
  let stopping = false
  let stream: EventStream | undefined

  async function listenOnce(): Promise<void> {
    const lastEventId = String(heard.at(-1) ?? 0)
    const watch = patienceMs === undefined ? undefined : createWatch(patienceMs)
    using _ = watch
    await using opened = await openEventStream({ ...source, lastEventId, ...(watch && { signal: watch.signal }) })
    stream = opened
    counts.streams++
    while (!stopping) {
      const { id, type } = await opened.next()
      watch?.heard()
      if (type === 'reset') faults.push(`a reset after ${lastEventId}`)
      if (Number(id) <= (heard.at(-1) ?? 0)) faults.push(`${id} after ${heard.at(-1)}`)
      heard.push(Number(id))
      counts.events++
    }
  }

  async function listen(): Promise<void> {
    while (!stopping) {
      // Cut off: that is when it has to continue.
      await listenOnce().catch(() => {})
      await pause(50)
    }
  }

  const listening = listen()
  return {
    heard,
    faults,
    counts,
    async stop() {
      stopping = true
      await stream?.[Symbol.asyncDispose]()
      await listening
    },
    async countMissed() {
      const newest = heard.at(-1) ?? 0
      const known = new Set(heard)
      let missed = 0
      await using all = await openEventStream({ ...source, lastEventId: '0' })
      for (let seq = 0; seq < newest; ) {
        seq = Number((await all.next()).id)
        if (seq <= newest && !known.has(seq)) missed++
      }
      return missed
    },
  }
}

function createWatch(patienceMs: number) {
  const givenUp = new AbortController()
  const giveUp = () => givenUp.abort()
  let timer = setTimeout(giveUp, patienceMs)
  return {
    signal: givenUp.signal,
    heard() {
      clearTimeout(timer)
      timer = setTimeout(giveUp, patienceMs)
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
