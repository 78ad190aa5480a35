/** Media by their self-describing names (PWG 5101.1), and as the collections that IPP has for them (PWG 5100.7). */
import { attributesFrom, findOne, type IppAttributes, ipp } from '@fairlead/protocol/ipp'

/** In hundredths of a millimetre, as all of IPP's measures of media. */
export interface MediaSize {
  x: number
  y: number
}

/** What is taken where a device has not told what it has: one of the two lies in nearly every printer. */
export const usualMedia: readonly string[] = ['iso_a4_210x297mm', 'na_letter_8.5x11in']

/** Devices do not tell what they cannot print on; this is what laser printers usually leave free. */
const margin = 423

const perUnit = { mm: 100, in: 2540 }

/** @returns undefined: it is no such name */
export function sizeOf(name: string): MediaSize | undefined {
  const [, x, y, unit] = /_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)$/.exec(name) ?? []
  if (x === undefined || y === undefined || (unit !== 'mm' && unit !== 'in')) return undefined
  const size = { x: Math.round(Number(x) * perUnit[unit]), y: Math.round(Number(y) * perUnit[unit]) }
  return size.x > 0 && size.y > 0 && size.x < 1e7 && size.y < 1e7 ? size : undefined
}

export function sizeCollection({ x, y }: MediaSize): IppAttributes {
  return attributesFrom({ 'x-dimension': ipp.integer(x), 'y-dimension': ipp.integer(y) })
}

/** `media-col` of what has this name. @returns undefined: the name tells no size */
export function collectionOf(name: string): IppAttributes | undefined {
  const size = sizeOf(name)
  if (!size) return undefined
  return attributesFrom({
    'media-size': ipp.collection(sizeCollection(size)),
    'media-size-name': ipp.keyword(name),
    'media-bottom-margin': ipp.integer(margin),
    'media-left-margin': ipp.integer(margin),
    'media-right-margin': ipp.integer(margin),
    'media-top-margin': ipp.integer(margin),
    'media-source': ipp.keyword('auto'),
    'media-type': ipp.keyword('auto'),
  })
}

export const collectionMembers = [
  'media-bottom-margin',
  'media-left-margin',
  'media-right-margin',
  'media-size',
  'media-size-name',
  'media-source',
  'media-top-margin',
  'media-type',
] as const

export const margins = ipp.integer(margin)

/** Systems round inches and millimetres in their own ways. */
const nearly = 50

/** Which of these names a `media-col` means. @throws {IppError} */
export function nameOfCollection(collection: IppAttributes, names: readonly string[]): string | undefined {
  const named =
    findOne(collection, 'media-size-name', 'keyword', 'name') ?? findOne(collection, 'media-key', 'keyword', 'name')
  if (named !== undefined && names.includes(named)) return named
  const size = findOne(collection, 'media-size', 'collection')
  const x = size && findOne(size, 'x-dimension', 'integer')
  const y = size && findOne(size, 'y-dimension', 'integer')
  if (x === undefined || y === undefined) return undefined
  return names.find((name) => {
    const known = sizeOf(name)
    return known !== undefined && Math.abs(known.x - x) <= nearly && Math.abs(known.y - y) <= nearly
  })
}
