/** The words of programs: they come with the page that says them, and with no other. */
import { useMemo } from 'preact/hooks'
import { type Language, type Messages, useSay as useSayOfAll, useWords } from '../language.ts'
import { enPrograms } from './en-programs.ts'
import { jaPrograms } from './ja-programs.ts'

const spoken: Record<Language, typeof enPrograms> = { en: enPrograms, ja: jaPrograms }

export type SayOfPrograms = Messages & { programs: typeof enPrograms }

/** What is said, in the language of the moment. */
export function useSay(): SayOfPrograms {
  const say = useSayOfAll()
  const programs = useWords(spoken)
  return useMemo(() => ({ ...say, programs }), [say, programs])
}
