/** The words of the page of people, in each language. */
import { useWords } from '../language.ts'
import { enPeople } from './en-people.ts'
import { jaPeople } from './ja-people.ts'

export type PeopleWords = typeof enPeople

export function usePeopleWords(): PeopleWords {
  return useWords({ en: enPeople, ja: jaPeople })
}
