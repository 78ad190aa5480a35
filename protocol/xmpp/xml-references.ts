/** References and white space inside text and attribute values, turned into what they stand for. */
import { isCharacter } from './xml-characters.ts'
import { XmlError } from './xml-error.ts'

const predefined = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['apos', "'"],
  ['quot', '"'],
])

/** Text as written, made into text. Literal line ends first (XML 1.0 §2.11), so that `&#13;` survives. */
export function expandText(raw: string, offset: number): string {
  return expandReferences(normaliseLines(raw), offset)
}

/** An attribute value as written, made into its value: each literal white space is one space (XML 1.0 §3.3.3). */
export function expandValue(raw: string, offset: number): string {
  return expandReferences(raw.replace(/\r\n|[\t\n\r]/g, ' '), offset)
}

/** Source: XML 1.0 §2.11. */
export function normaliseLines(raw: string): string {
  return raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
}

function expandReferences(raw: string, offset: number): string {
  return raw.replace(/&([^&;]*)(;?)/g, (_reference, name: string, semicolon: string) => {
    if (semicolon === '') throw new XmlError('malformed', offset, 'A reference does not end.')
    const known = predefined.get(name)
    if (known !== undefined) return known
    if (name.startsWith('#')) return characterOf(name, offset)
    throw new XmlError('restricted', offset, 'Only the five predefined entities may be referred to.')
  })
}

function characterOf(name: string, offset: number): string {
  const [, hexadecimal, decimal] = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(name) ?? []
  const code = hexadecimal === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hexadecimal, 16)
  if (!isCharacter(code)) throw new XmlError('malformed', offset, 'A character reference names no character.')
  return String.fromCodePoint(code)
}
