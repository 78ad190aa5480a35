/** Makes IPP messages by the grammar of RFC 8010, of all syntaxes, and here and there against it. */
import type { Chance } from './chance.ts'

const names = ['a', 'b', 'job-name', 'media-col', 'requested-attributes', '__proto__', ''] as const

/** Of each tag: values that are right, and one that is not. */
const values: Readonly<Record<number, readonly [string, ...string[]]>> = {
  16: [''],
  19: ['', '', 'x'],
  23: [''],
  33: ['\0\0\0\x07', '\x80\0\0\0', '\0'],
  34: ['\0', '\x01', '\x02'],
  35: ['\0\0\0\x03'],
  48: ['', '\0\xff', 'x'.repeat(1023)],
  49: ['\x07\xea\x0b\x1c\x09\0\0\0+\0\0', '\x07\xea\x0b\x1c\x09\0\0\0 \0\0'],
  50: ['\0\0\x02\x58\0\0\x02\x58\x03'],
  51: ['\0\0\0\x01\0\0\0\x09'],
  53: ['\0\x02en\0\x01x', '\0\x02en\0\x09x'],
  54: ['\0\0\0\0'],
  65: ['x', '', '\xc3\xa4', '\xff'],
  66: ['x'.repeat(255), 'x', 'x'.repeat(256)],
  68: ['all', 'none'],
  69: ['ipp://localhost/ipp/print'],
  71: ['utf-8', 'utf-8', 'utf-8', 'latin1'],
  73: ['application/pdf'],
  127: ['\0\0\0\x01x'],
  200: ['anything'],
}
const tags = Object.keys(values).map(Number) as [number, ...number[]]

export function makeMessage(chance: Chance): Buffer {
  const parts: Buffer[] = [Buffer.of(chance.oneIn(40) ? chance.below(4) : 1 + chance.below(2), chance.below(3))]
  parts.push(Buffer.of(0, chance.below(80), 0, 0, 0, chance.oneIn(40) ? 0 : 1))
  for (let groups = chance.below(4); groups >= 0; groups--) {
    parts.push(Buffer.of(chance.pick([1, 1, 2, 4, 5, 10, 11, chance.below(16)])))
    for (let attributes = chance.below(5); attributes > 0; attributes--)
      parts.push(...makeAttribute(chance, attributes))
  }
  parts.push(Buffer.of(3))
  if (chance.oneIn(4)) parts.push(Buffer.from('%PDF-1.7'))
  return Buffer.concat(parts)
}

function makeAttribute(chance: Chance, nth: number): Buffer[] {
  // Mostly of a name of its own: each that comes twice is refused.
  const name = chance.oneIn(8) ? chance.pick(names) : `${nth}-${chance.pick(names)}`
  const made = makeValue(chance, name, 0)
  for (let more = chance.oneIn(3) ? 1 + chance.below(4) : 0; more > 0; more--) made.push(...makeValue(chance, '', 0))
  return made
}

function makeValue(chance: Chance, name: string, depth: number): Buffer[] {
  if (chance.oneIn(5 + 3 * depth)) return makeCollection(chance, name, depth)
  const tag = chance.pick(tags)
  const all = values[tag] ?? ['']
  // The first is the most usual, so that not every message is refused.
  return [Buffer.of(tag), field(name), field(chance.oneIn(12) ? chance.pick(all) : all[0])]
}

function makeCollection(chance: Chance, name: string, depth: number): Buffer[] {
  const made = [Buffer.of(0x34), field(name), field('')]
  for (let members = chance.below(4); members > 0; members--) {
    made.push(Buffer.of(0x4a), field(''), field(`${members}${chance.pick(names)}`))
    for (let more = chance.below(3); more >= 0; more--) made.push(...makeValue(chance, '', depth + 1))
  }
  if (!chance.oneIn(50)) made.push(Buffer.of(0x37), field(''), field(''))
  return made
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes])
}
