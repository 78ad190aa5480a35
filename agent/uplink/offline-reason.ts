/** Why a device is OFFLINE, as an event line says it. */
import type { OfflineReason, Standing } from './uplink-state.ts'

/** @returns undefined: it is not, or a try is under way */
export function offlineReason(standing: Standing): OfflineReason | undefined {
  switch (standing.state) {
    case 'online':
      return undefined
    case 'off':
      return 'mode-off'
    case 'stopped':
      return 'stopped'
    default:
      return standing.reason === 'starting' ? undefined : standing.reason
  }
}
