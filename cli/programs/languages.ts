/** The languages of the hosted programs, which are those of the panel; and which of them somebody reads. */
import type { ProgramWords } from './words.ts'
import { wordsEn } from './words-en.ts'
import { wordsJa } from './words-ja.ts'

export const programLanguages = ['en', 'ja'] as const
export type ProgramLanguage = (typeof programLanguages)[number]

export const programWords: Readonly<Record<ProgramLanguage, ProgramWords>> = { en: wordsEn, ja: wordsJa }

/** @param told a language tag (BCP 47), as a panel tells it @returns `otherwise` where it is none of ours */
export function languageFor(told: string | undefined, otherwise: ProgramLanguage): ProgramLanguage {
  const wanted = told?.split('-')[0]?.toLowerCase()
  return programLanguages.find((language) => language === wanted) ?? otherwise
}
