/** What a printer tells over IPP of how it prints, in the contract's form. */
import { ColorMode, MediaType, type PrintAbilities, Sides } from '@fairlead/protocol/contract'
import type { IppAttributes } from '@fairlead/protocol/ipp'
import { qualityOf } from './ipp-ticket.ts'
import { flag, numbers, range, text, texts } from './ipp-told.ts'

export const abilityAttributes = [
  'document-format-supported',
  'media-supported',
  'media-default',
  'sides-supported',
  'print-color-mode-supported',
  'print-quality-supported',
  'copies-supported',
  'page-ranges-supported',
] as const

/** "Anything; I look at it": no format that is better than the one it is. */
const anything = 'application/octet-stream'

/** Its own formats, without parameters; whether it prints what it only guesses comes last. */
export function formatsOf(told: IppAttributes): string[] {
  const formats = texts(told, 'document-format-supported').map((format) => format.split(';')[0]?.trim().toLowerCase())
  const known = new Set(formats.filter((format) => format !== undefined && MediaType.safeParse(format).success))
  const guesses = known.delete(anything)
  return [...(known as Set<string>), ...(guesses ? [anything] : [])]
}

/** As the printer writes it: some know `application/vnd.hp-PCL` only. */
export const spellingOf = (told: IppAttributes, format: string): string =>
  texts(told, 'document-format-supported').find((each) => each.toLowerCase() === format) ?? format

export function abilitiesOf(told: IppAttributes, converted: readonly string[]): PrintAbilities {
  const media = texts(told, 'media-supported').filter((name) => name !== '')
  const mediaDefault = text(told, 'media-default')
  const sides = texts(told, 'sides-supported').flatMap((each) => Sides.safeParse(each).data ?? [])
  const colors = texts(told, 'print-color-mode-supported').flatMap((each) => ColorMode.safeParse(each).data ?? [])
  const qualities = numbers(told, 'print-quality-supported').flatMap((each) => qualityOf(each) ?? [])
  const mostCopies = range(told, 'copies-supported')?.upper
  // What is converted has no more than the pages that were asked for.
  const takesPageRanges = converted.includes('application/pdf') || flag(told, 'page-ranges-supported')
  return {
    formats: [...new Set([...formatsOf(told), ...converted])].slice(0, 64),
    ...(media.length > 0 && { media: media.slice(0, 256) }),
    ...(mediaDefault !== undefined && { mediaDefault }),
    ...(sides.length > 0 && { sides: [...new Set(sides)] }),
    ...(colors.length > 0 && { colors: [...new Set(colors)] }),
    ...(qualities.length > 0 && { qualities: [...new Set(qualities)] }),
    ...(mostCopies !== undefined && mostCopies > 0 && { mostCopies }),
    ...(takesPageRanges !== undefined && { takesPageRanges }),
  }
}
