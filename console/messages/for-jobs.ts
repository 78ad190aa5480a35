/** The words of jobs: they come with the pages that say them, and with no other. */
import { useMemo } from 'preact/hooks'
import { type Messages, useSay as useSayOfAll, useWords } from '../language.ts'
import { enJobs } from './en-jobs.ts'
import { jaJobs } from './ja-jobs.ts'

export type SayOfJobs = Messages & { jobs: typeof enJobs }

const spoken = { en: enJobs, ja: jaJobs }

export function useSay(): SayOfJobs {
  const say = useSayOfAll()
  const jobs = useWords(spoken)
  return useMemo(() => ({ ...say, jobs }), [say, jobs])
}
