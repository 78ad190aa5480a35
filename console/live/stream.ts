/** One event stream for the whole console: it keeps what is known up to date, and says when the relay is lost. */
import type { EventData } from '@fairlead/protocol/contract'
import { RelayError, type RelayEvent } from '@fairlead/sdk'
import { useEffect, useRef, useState } from 'preact/hooks'
import { relay } from '../relay.ts'
import { createStore, useStore } from '../store.ts'
import {
  change,
  markAllStale,
  markRemoved,
  markStale,
  markWaitingStale,
  readFailedAgain,
  toldObjects,
} from './known-devices.ts'

/** `refused`: the relay is there, but lets this stream not be; its words say why. */
export type Connection =
  | { is: 'connecting' | 'connected' }
  | { is: 'lost'; sinceMs: number }
  | { is: 'refused'; error: RelayError }

export const connection = createStore<Connection>({ is: 'connecting' })

const listeners = new Set<(event: RelayEvent) => void>()

/** Runs until it is aborted. */
export async function follow(signal: AbortSignal): Promise<void> {
  connection.set({ is: 'connecting' })
  let hasStood = false
  try {
    const changed = (state: { connected: boolean }) => {
      if (state.connected) {
        // From here on nothing is missed; what was read before may have changed since.
        if (!hasStood) hear(beginning())
        hasStood = true
        connection.set({ is: 'connected' })
        readFailedAgain()
      } else if (connection.get().is !== 'lost') connection.set({ is: 'lost', sinceMs: Date.now() })
    }
    for await (const event of relay.events({ signal, changed })) hear(event)
  } catch (error) {
    if (!(error instanceof RelayError)) throw error
    connection.set({ is: 'refused', error })
  }
}

function beginning(): RelayEvent {
  return { id: undefined, type: 'reset', data: { at: new Date().toISOString(), account: '' } }
}

function hear(event: RelayEvent): void {
  apply(event)
  for (const listener of [...listeners]) listener(event)
}

/** On a line that swallows everything nobody waits for longer. */
const longestWaitMs = 1_000

/**
 * Whether the stream stands, or it is known that it does not: a page that is shown only then reads what it shows once, and
 * nothing falls between its reading and the first event.
 */
export function useStreamTried(): boolean {
  const isTried = useStore(connection, ({ is }) => is !== 'connecting')
  const [isLate, setIsLate] = useState(false)
  useEffect(() => {
    const waited = setTimeout(() => setIsLate(true), longestWaitMs)
    return () => clearTimeout(waited)
  }, [])
  return isTried || isLate
}

function apply({ type, data }: RelayEvent): void {
  const { device } = data
  if (type === 'reset') markAllStale()
  else if (type === 'request.finished' && device !== undefined) {
    // What it has taken is known of it.
    if (data['kind'] === 'set') markStale(device)
    else markWaitingStale(device)
  } else if (device === undefined || !type.startsWith('device.')) return
  else if (type === 'device.removed') markRemoved(device)
  else if (type === 'device.event') applyTold(device, data)
  else {
    if (isOfState(type)) applyState(type, device, data)
    markStale(device)
  }
}

function isOfState(type: string): boolean {
  return type === 'device.online' || type === 'device.offline' || type === 'device.asleep'
}

/** At once, as far as the event says it; the rest is read behind it. */
function applyState(type: string, device: string, { at, reason, transport }: EventData): void {
  const isOnline = type === 'device.online'
  change(device, (before) => ({
    ...before,
    state: isOnline ? 'online' : type === 'device.asleep' ? 'asleep' : 'offline',
    stateSinceAt: at,
    reason: isOnline ? null : ((reason ?? null) as typeof before.reason),
    suspect: false,
    transport: isOnline ? ((transport ?? null) as typeof before.transport) : null,
    lastSeenAt: isOnline ? at : before.lastSeenAt,
  }))
}

function applyTold(device: string, { at, event }: EventData): void {
  const told = event as { type?: string; values?: Parameters<typeof toldObjects>[1] } | undefined
  if (told?.type === 'objects' && told.values) toldObjects(device, told.values, at)
}

/** Hears of every event while the component is shown. */
export function useEvents(hear: (event: RelayEvent) => void): void {
  const latest = useRef(hear)
  latest.current = hear
  useEffect(() => {
    const listener = (event: RelayEvent) => latest.current(event)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }, [])
}
