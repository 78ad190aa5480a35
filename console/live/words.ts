/** What a search can be completed with, asked of the relay when somebody begins to type. */
import type { DeviceWords } from '@fairlead/protocol/contract'
import { relay } from '../relay.ts'
import { createStore } from '../store.ts'

export const words = createStore<DeviceWords>({ tags: [], models: [], objects: [] })

/** Tags that somebody has just made are there after this time. */
const goodForMs = 30_000
let readAtMs = Number.NEGATIVE_INFINITY

export async function readWords(): Promise<void> {
  if (performance.now() - readAtMs < goodForMs) return
  readAtMs = performance.now()
  try {
    words.set(await relay.devices.words())
  } catch {
    // One types without help then; the list beside it tells what is wrong.
    readAtMs = Number.NEGATIVE_INFINITY
  }
}

/** Somebody else looks now. */
export function forgetWords(): void {
  words.set({ tags: [], models: [], objects: [] })
  readAtMs = Number.NEGATIVE_INFINITY
}
