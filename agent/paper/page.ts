/** What the agent prints, as text: 80 columns of ASCII, since that is what every printer with a raw port prints. */
import { inLargeLetters } from './letters.ts'

export interface PageFacts {
  id: string
  /** As the device itself says them; undefined: it does not. */
  name: string | undefined
  model: string | undefined
  /** The relay's address. */
  relay: string
  /** Milliseconds since 1970. */
  at: number
}

const margin = '    '

export function renderConfirmationPage({ word, ...facts }: PageFacts & { word: string }): string {
  return render(facts, [
    'CONFIRMATION PAGE',
    '',
    'Somebody has claimed this printer, and wants to confirm that they stand',
    'in front of it. Was that you? Then type this where you typed its code,',
    `at ${facts.relay}`,
    '',
    '',
    ...inLargeLetters(word),
    '',
    '',
    word,
    '',
    'Capitals and spaces do not matter. After five wrong tries, or when',
    'another page is printed, this one is worth nothing. Until it is',
    'confirmed, no service works for this printer.',
    '',
    'Was that not you? Keep this page from others, and tell whoever is in',
    'charge of the printer.',
  ])
}

/** @param pin 8 digits */
export function renderPinPage({ pin, ...facts }: PageFacts & { pin: string }): string {
  const digits = `${pin.slice(0, 4)} ${pin.slice(4)}`
  return render(facts, [
    'PIN OF THIS PRINTER',
    '',
    'Nobody owns this printer yet. To make it yours, open',
    facts.relay,
    'on a phone or computer in the network of the printer, choose Pair, and',
    'type this PIN:',
    '',
    '',
    ...inLargeLetters(digits),
    '',
    '',
    digits,
    '',
    'It is good for ten minutes at most, and for five tries. After that the',
    'printer has another one.',
  ])
}

function render({ id, name, model, at }: PageFacts, lines: readonly string[]): string {
  const called = [...new Set([name, model])].filter((text) => text !== undefined && text !== id && isPlain(text))
  const [day, time] = new Date(at).toISOString().split(/[T.]/)
  return [...lines, '', `Printer  ${[id, ...called].join(', ')}`, `Printed  ${day} ${time} UTC`]
    .map((line) => `${margin}${line}`.trimEnd())
    .join('\n')
}

/** A printer that knows no Japanese prints anything at all for it. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text)
}
