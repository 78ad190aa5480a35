/** The words of IPP as those of the contract: reasons of a printer's state as alerts, colours and kinds of what it consumes. */
import type { Status } from './condition.ts'
import { type Alert, alertWords } from './printer-words.ts'

/** printer-state-reasons without their severity (RFC 8011 §5.4.12, PWG 5100.9). */
const alertOfReason: Readonly<Record<string, Alert>> = {
  'media-low': 'low-paper',
  'media-needed': 'no-paper',
  'media-empty': 'no-paper',
  'media-jam': 'jammed',
  'toner-low': 'low-toner',
  'marker-supply-low': 'low-toner',
  'marker-ink-almost-empty': 'low-toner',
  'marker-toner-almost-empty': 'low-toner',
  'toner-empty': 'no-toner',
  'marker-supply-empty': 'no-toner',
  'marker-ink-empty': 'no-toner',
  'marker-toner-empty': 'no-toner',
  'cover-open': 'door-open',
  'door-open': 'door-open',
  'interlock-open': 'door-open',
  shutdown: 'offline',
  'timed-out': 'offline',
  'fuser-over-temp': 'service-requested',
  'fuser-under-temp': 'service-requested',
  'opc-life-over': 'service-requested',
  'developer-empty': 'service-requested',
  'marker-waste-full': 'service-requested',
  'marker-waste-ink-receptacle-full': 'service-requested',
  'marker-waste-toner-receptacle-full': 'service-requested',
  'input-tray-missing': 'input-tray-missing',
  'output-tray-missing': 'output-tray-missing',
  'marker-supply-missing': 'marker-supply-missing',
  'marker-ink-missing': 'marker-supply-missing',
  'marker-toner-missing': 'marker-supply-missing',
  'marker-toner-cartridge-missing': 'marker-supply-missing',
  'output-area-almost-full': 'output-near-full',
  'output-area-full': 'output-full',
}

const severity = /-(report|warning|error)$/

/** In the printer's words, without how bad it is. */
export const reasonWord = (reason: string) => reason.replace(severity, '')

export function alertsOfReasons(reasons: readonly string[]): Alert[] {
  const alerts = new Set<Alert | undefined>(reasons.map(alertOf))
  return alertWords.filter((word) => alerts.has(word))
}

/** A tray that is empty while the printer goes on is not the end of its paper. */
function alertOf(reason: string): Alert | undefined {
  const word = reasonWord(reason)
  if (word === 'media-empty' && /-(report|warning)$/.test(reason)) return 'input-tray-empty'
  return Object.hasOwn(alertOfReason, word) ? alertOfReason[word] : undefined
}

export const printerState = { idle: 3, processing: 4, stopped: 5 } as const

/** RFC 8011 §5.4.11; what is idle may sleep or warm up, as its reasons say. */
export function statusOfState(state: number | undefined, reasons: readonly string[]): Status {
  if (state === printerState.processing) return 'printing'
  if (state === printerState.stopped) return 'stopped'
  if (state !== printerState.idle) return 'unknown'
  const words = reasons.map(reasonWord)
  if (words.some((word) => /warming-up$/.test(word))) return 'warmup'
  return words.some((word) => /^(hibernate|standby|suspend|sleep|power-saving)/.test(word)) ? 'sleeping' : 'idle'
}

/** `wasteToner` and `waste-toner` are one word. */
export const kebab = (word: string) => word.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '-').toLowerCase()

const colorOfHex: Readonly<Record<string, string>> = {
  '#000000': 'black',
  '#00ffff': 'cyan',
  '#ff00ff': 'magenta',
  '#ffff00': 'yellow',
  '#808080': 'gray',
  '#ff0000': 'red',
  '#00ff00': 'green',
  '#0000ff': 'blue',
  '#ffffff': 'white',
}

/** marker-colors: `#00FFFF`, or several in one word, which is no colour. */
export const colorOfMarker = (told: string): string | undefined => colorOfHex[told.toLowerCase()]
