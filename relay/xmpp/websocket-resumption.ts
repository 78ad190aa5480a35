/** Which streams can be resumed by which SM-ID, and how far those had come that are over (XEP-0198 §5). */
import { createHash } from 'node:crypto'
import { InOrder } from '@fairlead/base'

/** How many streams that are over are remembered: enough for a storm of reconnects, at some 100 bytes each. */
const maxRemembered = 10_000

export interface Resumptions<Session> {
  add(id: string, device: string, session: Session): void
  /** Only for the device that it belongs to: an SM-ID is no credential. */
  find(id: string, device: string): Session | undefined
  /** @returns how many stanzas of the device were handled, if its stream is over and remembered */
  handledBy(id: string, device: string): number | undefined
  over(id: string, handled: number): void
}

/** @param replaced a device has one stream to come back to; this is the one before (converse.js#4101) */
export function createResumptions<Session>(replaced: (session: Session) => void): Resumptions<Session> {
  const open = new Map<string, { device: string; session: Session }>()
  const byDevice = new Map<string, string>()
  const ended = new InOrder<string, { device: string; handled: number }>()

  return {
    add(id, device, session) {
      const before = open.get(byDevice.get(device) ?? '')
      open.set(keyOf(id), { device, session })
      byDevice.set(device, keyOf(id))
      if (before) replaced(before.session)
    },
    find(id, device) {
      const found = open.get(keyOf(id))
      return found?.device === device ? found.session : undefined
    },
    handledBy(id, device) {
      const found = ended.get(keyOf(id))
      return found?.device === device ? found.handled : undefined
    },
    over(id, handled) {
      const key = keyOf(id)
      const found = open.get(key)
      if (!found) return
      open.delete(key)
      if (byDevice.get(found.device) === key) byDevice.delete(found.device)
      ended.add(key, { device: found.device, handled })
      ended.limitTo(maxRemembered)
    },
  }
}

/** Looked up by their hash: how long the look-up takes tells nothing about the ids there are (S-A1). */
function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('base64')
}
