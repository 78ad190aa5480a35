/** The words of services, orders and charts: they come with the pages that say them, and with no other. */
import { useMemo } from 'preact/hooks'
import { type Language, type Messages, useSay as useSayOfAll, useWords } from '../language.ts'
import { enCharts } from './en-charts.ts'
import { enServices } from './en-services.ts'
import { jaCharts } from './ja-charts.ts'
import { jaServices } from './ja-services.ts'

interface Words {
  services: typeof enServices
  charts: typeof enCharts
}

const spoken: Record<Language, Words> = {
  en: { services: enServices, charts: enCharts },
  ja: { services: jaServices, charts: jaCharts },
}

export type SayOfServices = Messages & Words

/** What is said, in the language of the moment. */
export function useSay(): SayOfServices {
  const say = useSayOfAll()
  const words = useWords(spoken)
  return useMemo(() => ({ ...say, ...words }), [say, words])
}
