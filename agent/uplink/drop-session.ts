/** Leaves the session that an uplink has, and whatever it waits for; what may stand at the relay is remembered. */
import { isLive } from './bosh-window.ts'
import type { Uplink, UplinkEffect } from './uplink-state.ts'

export function dropSession(uplink: Uplink, effects: UplinkEffect[]): void {
  const { session } = uplink
  for (const entry of session?.outstanding ?? [])
    if (entry.exchange !== undefined)
      effects.push({
        kind: 'session',
        session: uplink.sessionNumber,
        effect: { kind: 'abort', exchange: entry.exchange },
      })
  if (session && isLive(session)) uplink.former = session
  uplink.session = undefined
  uplink.survivalAtMs = undefined
  uplink.surviving = undefined
  uplink.registering = undefined
  uplink.enrolling = undefined
  uplink.retryAtMs = undefined
  uplink.upSinceMs = undefined
}
