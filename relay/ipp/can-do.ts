/** What a device can do in IPP's words, with what is assumed where it has not told. */
import type { PrintAbilities } from '@fairlead/protocol/contract'
import { sizeOf, usualMedia } from './media.ts'

export interface CanDo {
  /** The best first; never empty. */
  formats: readonly string[]
  media: readonly string[]
  mediaDefault: string
  sides: readonly string[]
  colors: readonly string[]
  qualities: readonly (keyof typeof qualityEnums)[]
  mostCopies: number
  takesPageRanges: boolean
}

/** RFC 8011 §5.2.13. */
export const qualityEnums = { draft: 3, normal: 4, high: 5 } as const

/** What the relay sees by itself (`relay/jobs/document-format.ts`). */
export const anyFormat = 'application/octet-stream'

/** Nothing is promised that nobody told: one side, no colour that is asked for, whole documents. */
export function canDo(abilities: PrintAbilities | null): CanDo {
  const named = abilities?.media?.filter((name) => /^[a-z0-9][a-z0-9._-]*$/.test(name) && sizeOf(name)) ?? []
  const media = named.length > 0 ? [...new Set(named)] : usualMedia
  const told = abilities?.mediaDefault
  const formats = abilities?.formats ?? []
  return {
    formats: [...new Set([...formats, anyFormat])],
    media,
    mediaDefault: told !== undefined && media.includes(told) ? told : (media[0] ?? ''),
    sides: orElse(abilities?.sides, 'one-sided'),
    colors: orElse(abilities?.colors, 'auto'),
    qualities: orElse(abilities?.qualities, 'normal'),
    mostCopies: Math.min(abilities?.mostCopies ?? 999, 999),
    takesPageRanges: abilities?.takesPageRanges ?? false,
  }
}

function orElse<Word>(words: readonly Word[] | undefined, otherwise: Word): readonly Word[] {
  return words === undefined || words.length === 0 ? [otherwise] : [...new Set(words)]
}
