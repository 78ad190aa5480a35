/** What keeps a printer from printing, as a person in front of it reads it. */
import type { Alert } from './printer-words.ts'

const stoppers: Readonly<Partial<Record<Alert, string>>> = {
  'door-open': 'a door is open',
  jammed: 'paper is jammed',
  offline: 'it is offline',
  'no-paper': 'all trays are empty',
  'output-full': 'the output tray is full',
}

/** @returns undefined: none of these alerts does */
export function stopperOf(alerts: Iterable<unknown>): string | undefined {
  const told = new Set(alerts)
  return Object.entries(stoppers).find(([alert]) => told.has(alert))?.[1]
}
