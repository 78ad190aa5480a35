/** How a printer stands, by what its device has told and whether it is there (RFC 8011 §5.4.11, §5.4.12). */
import type { Device } from '@fairlead/protocol/contract'
import { isServed } from './served.ts'

export interface Condition {
  state: 'idle' | 'processing' | 'stopped'
  reasons: readonly string[]
  message: string
}

/** RFC 8011 §5.4.11. */
export const printerStates = { idle: 3, processing: 4, stopped: 5 } as const

/** The words of RFC 2790 in those of IPP; the end says how bad it is. */
const reasonsOfAlerts: Readonly<Record<string, string>> = {
  'low-paper': 'media-low-warning',
  'no-paper': 'media-empty-error',
  'low-toner': 'toner-low-warning',
  'no-toner': 'toner-empty-error',
  'door-open': 'door-open-error',
  jammed: 'media-jam-error',
  offline: 'offline-report',
  'service-requested': 'other-warning',
  'input-tray-missing': 'input-tray-missing-error',
  'output-tray-missing': 'output-tray-missing-error',
  'marker-supply-missing': 'marker-supply-missing-error',
  'output-near-full': 'output-area-almost-full-warning',
  'output-full': 'output-area-full-error',
  'input-tray-empty': 'media-empty-warning',
  'overdue-prevent-maint': 'other-warning',
}

/** The same from the other side, and what else printers say for it (PWG 5100.9). */
const alertsOfReasons = new Map([
  ...Object.entries(reasonsOfAlerts)
    .map(([alert, reason]): [string, string] => [withoutSeverity(reason), alert])
    .filter(([reason]) => reason !== 'other' && reason !== 'media-empty'),
  ['media-empty', 'no-paper'],
  ['media-needed', 'no-paper'],
  ['marker-supply-low', 'low-toner'],
  ['marker-supply-empty', 'no-toner'],
  ['cover-open', 'door-open'],
])

function withoutSeverity(reason: string): string {
  return reason.replace(/-(report|warning|error)$/, '')
}

/** Of a printer's `printer-state-reasons`, what the contract has a word for. */
export function alertsOf(reasons: readonly string[]): string[] {
  const alerts = reasons.flatMap((reason) => {
    // A tray that is empty while the printer goes on is not the end of its paper.
    if (/^media-empty-(report|warning)$/.test(reason)) return 'input-tray-empty'
    return alertsOfReasons.get(withoutSeverity(reason)) ?? []
  })
  return [...new Set(alerts)]
}

/** @param open how many jobs of it have not ended @param isPrinting one of them is coming out */
export function conditionOf(
  { state, objects, proxy }: Pick<Device, 'state' | 'objects' | 'proxy'>,
  open: number,
  isPrinting: boolean,
  now: number,
): Condition {
  if (state !== 'online' && !isServed(proxy, now))
    // It takes jobs all the same. What the device told last is not how it is now.
    return {
      state: 'idle',
      reasons: ['offline-report', ...(open > 0 ? ['connecting-to-device'] : [])],
      message:
        state === 'asleep'
          ? 'The device is asleep: jobs wait here until it is back.'
          : 'The device is offline: jobs wait here until it is back.',
    }
  const told = objects['alerts']?.value
  const alerts = Array.isArray(told) ? told.map(String) : []
  const reasons = [...new Set(alerts.flatMap((alert) => reasonsOfAlerts[alert] ?? []))]
  const status = objects['status']?.value
  if (status === 'stopped')
    return { state: 'stopped', reasons: orNone(reasons), message: 'The device has stopped: somebody must see to it.' }
  if (isPrinting || status === 'printing')
    return { state: 'processing', reasons: orNone(reasons), message: 'It prints.' }
  return { state: 'idle', reasons: orNone(reasons), message: 'The device is there.' }
}

const orNone = (reasons: readonly string[]) => (reasons.length === 0 ? ['none'] : reasons)
