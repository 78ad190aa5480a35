/** What the console knows of devices, each told to those alone who show it. */
import type { Device, Json } from '@fairlead/protocol/contract'
import { RelayError } from '@fairlead/sdk'
import { useMemo } from 'preact/hooks'
import { hasCode, relay } from '../relay.ts'
import { useStore } from '../store.ts'

/** `removed`: it was there a moment ago, and somebody may still look at it. */
export type Known = { is: 'there'; device: Device } | { is: 'removed'; atMs: number } | { is: 'failed'; error: unknown }

const known = new Map<string, Known>()
const listeners = new Map<string, Set<() => void>>()
/** What is known of them is not so any more, and nobody looks. */
const stale = new Set<string>()
const toRead = new Set<string>()
let reading: ReturnType<typeof setTimeout> | undefined

/** Many changes of one device within this time are one read. */
const gatherMs = 150
/** So that a fleet that comes back all at once does not ask for itself all at once. */
const readsAtOnce = 8

/**
 * As just read; what the device has answered here since it told the relay is newer, and stays.
 * @param askedAtMs when the relay was asked, by `performance.now()`: if it was removed since, what was read is not so any more
 */
export function learn(device: Device, askedAtMs: number): void {
  const before = known.get(device.id)
  if (before?.is === 'removed' && before.atMs >= askedAtMs) return
  stale.delete(device.id)
  const answered = before?.is === 'there' ? before.device.objects : {}
  put(device.id, { is: 'there', device: { ...device, objects: newest(device.objects, answered) } })
}

/** Of two tellings of an object the later one. */
function newest(one: Device['objects'], other: Device['objects']): Device['objects'] {
  const later = Object.entries(other).filter(([name, { at }]) => at > (one[name]?.at ?? ''))
  return { ...one, ...Object.fromEntries(later) }
}

function put(id: string, what: Known): void {
  known.set(id, what)
  for (const told of [...(listeners.get(id) ?? [])]) told()
}

export function change(id: string, edit: (device: Device) => Device): void {
  const before = known.get(id)
  if (before?.is === 'there') put(id, { is: 'there', device: edit(before.device) })
}

/** What a device has just told, unless something later is known already. */
export function toldObjects(id: string, values: Readonly<Record<string, Json>>, at: string): void {
  const told = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, at }]))
  change(id, (device) => ({ ...device, objects: newest(told, device.objects) }))
}

export function markRemoved(id: string): void {
  put(id, { is: 'removed', atMs: performance.now() })
}

/** It is another one now: read at once if somebody looks at it, else when somebody does. */
export function markStale(id: string): void {
  stale.add(id)
  if (listeners.has(id)) readSoon(id)
}

/** One request less may wait for it. */
export function markWaitingStale(id: string): void {
  const device = known.get(id)
  if (device?.is === 'there' && device.device.waiting > 0) markStale(id)
}

/** Events were missed: nothing that is known is sure. */
export function markAllStale(): void {
  for (const id of known.keys()) markStale(id)
}

/** Somebody else looks now. */
export function forgetDevices(): void {
  known.clear()
  stale.clear()
}

function readSoon(id: string): void {
  toRead.add(id)
  if (reading === undefined) reading = setTimeout(() => void readAll(), gatherMs)
}

async function readAll(): Promise<void> {
  const some = [...toRead].slice(0, readsAtOnce)
  for (const id of some) toRead.delete(id)
  await Promise.all(some.map(read))
  reading = toRead.size > 0 ? setTimeout(() => void readAll(), 0) : undefined
}

async function read(id: string): Promise<void> {
  const askedAtMs = performance.now()
  try {
    learn(await relay.devices.find(id), askedAtMs)
  } catch (error) {
    const before = known.get(id)?.is
    if (hasCode(error, 'unknown-device') && (before === 'there' || before === 'removed')) return markRemoved(id)
    // A relay that is lost is told of elsewhere: what was known is kept, with its age.
    if (known.get(id)?.is !== 'there' || error instanceof RelayError) putFailure(id, error)
  }
}

function putFailure(id: string, error: unknown): void {
  if (known.get(id)?.is !== 'there') put(id, { is: 'failed', error })
}

/** The relay is back: what could not be read, and is looked at, is read now. */
export function readFailedAgain(): void {
  for (const [id, what] of known) if (what.is === 'failed' && listeners.has(id)) readSoon(id)
}

export function readAgain(id: string): void {
  readSoon(id)
}

/** @returns undefined: not read yet */
export function useDevice(id: string): Known | undefined {
  const store = useMemo(
    () => ({
      get: () => known.get(id),
      subscribe(told: () => void) {
        const mine = listeners.get(id) ?? new Set()
        listeners.set(id, mine.add(told))
        if (!known.has(id) || stale.has(id) || known.get(id)?.is === 'failed') readSoon(id)
        return () => {
          mine.delete(told)
          if (mine.size === 0 && listeners.get(id) === mine) listeners.delete(id)
        }
      },
    }),
    [id],
  )
  return useStore(store)
}
