/** What a printer told over IPP, read as it may be: a value of a syntax that an attribute cannot have is not there. */
import type { IppAttributes, IppRange, IppResolution, IppValue } from '@fairlead/protocol/ipp'

const none: readonly IppValue[] = []
const valuesOf = (attributes: IppAttributes, name: string) => attributes.get(name) ?? none

/** Without control characters, trimmed. */
const clean = (text: string) => text.replaceAll(/\p{Cc}/gu, '').trim()

/** Texts, names, keywords, URIs and media types alike; one may be empty. */
export function texts(attributes: IppAttributes, name: string): string[] {
  return valuesOf(attributes, name).flatMap((value) =>
    'value' in value && typeof value.value === 'string' ? [clean(value.value)] : [],
  )
}

/** The first; undefined where there is none, or nothing in it. */
export const text = (attributes: IppAttributes, name: string): string | undefined =>
  texts(attributes, name)[0] || undefined

/** Integers and enums. */
export function numbers(attributes: IppAttributes, name: string): number[] {
  return valuesOf(attributes, name).flatMap((value) =>
    value.tag === 'integer' || value.tag === 'enum' ? [value.value] : [],
  )
}

export const number = (attributes: IppAttributes, name: string): number | undefined => numbers(attributes, name)[0]

export function flag(attributes: IppAttributes, name: string): boolean | undefined {
  const [value] = valuesOf(attributes, name)
  return value?.tag === 'boolean' ? value.value : undefined
}

export function range(attributes: IppAttributes, name: string): IppRange | undefined {
  const [value] = valuesOf(attributes, name)
  return value?.tag === 'rangeOfInteger' ? value.value : undefined
}

export function resolutions(attributes: IppAttributes, name: string): IppResolution[] {
  return valuesOf(attributes, name).flatMap((value) => (value.tag === 'resolution' ? [value.value] : []))
}

export function collections(attributes: IppAttributes, name: string): IppAttributes[] {
  return valuesOf(attributes, name).flatMap((value) => (value.tag === 'collection' ? [value.value] : []))
}

/** `key=value;key=value;` in octets, as printer-supply and printer-input-tray are (PWG 5100.13 §5.5); the keys in lower case. */
export function rows(attributes: IppAttributes, name: string): Map<string, string>[] {
  return valuesOf(attributes, name).flatMap((value) => {
    // Some write them as text.
    const row =
      value.tag === 'octetString' ? new TextDecoder().decode(value.value) : value.tag === 'text' && value.value
    return row ? [pairsOf(row, '=')] : []
  })
}

/** `KEY:value;` of IEEE 1284 and `key=value;` alike; what has no value is left out. */
export function pairsOf(row: string, between: ':' | '='): Map<string, string> {
  const pairs = row.split(';').map((pair) => {
    const at = pair.indexOf(between)
    return [clean(pair.slice(0, at)).toLowerCase(), clean(pair.slice(at + 1))] as const
  })
  return new Map(pairs.filter(([key, value]) => key !== '' && value !== ''))
}
