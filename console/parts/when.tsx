/** Times in the reader's zone and language: how long ago, with the exact instant on hover. */
import { now } from '../clock.ts'
import { type Messages, useLanguage, useSay } from '../language.ts'
import { useStore } from '../store.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

export function agoInWords(atMs: number, nowMs: number, { time }: Messages): string {
  // A relay's clock may be a little ahead of the reader's.
  const age = Math.max(0, nowMs - atMs)
  if (age < 2 * second) return time.now
  if (age < minute) return time.seconds(Math.floor(age / second))
  if (age < hour) return time.minutes(Math.floor(age / minute))
  if (age < day) return time.hours(Math.floor(age / hour))
  return time.days(Math.floor(age / day))
}

/** Kept, because to make one costs more than to use it a hundred times. */
const formats = new Map<string, Intl.DateTimeFormat>()

function format(language: string, style: keyof typeof styles): Intl.DateTimeFormat {
  const key = `${language} ${style}`
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, styles[style])
  formats.set(key, made)
  return made
}

const styles = {
  exact: { dateStyle: 'medium', timeStyle: 'long', hour12: false },
  time: { hour: '2-digit', minute: '2-digit', hour12: false },
  day: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false },
  timeToTheSecond: { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false },
  dayToTheSecond: {
    ...{ month: 'short', day: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false },
  },
  dayOfYear: {
    ...{ year: 'numeric', month: 'short', day: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', hour12: false },
  },
  date: { year: 'numeric', month: 'short', day: 'numeric' },
  monthAndDay: { month: 'short', day: 'numeric' },
  moment: { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false },
} satisfies Record<string, Intl.DateTimeFormatOptions>

/** The zone is part of it, and the milliseconds of the wire. */
function exactly(at: string, language: string): string {
  return `${format(language, 'exact').format(new Date(at))} (${at})`
}

/** `12 s ago`, put right every second. */
export function Ago({ at, wrap = (age) => age }: { at: string; wrap?: (age: string) => string }) {
  const say = useSay()
  const language = useLanguage()
  const words = useStore(now, (nowMs) => agoInWords(Date.parse(at), nowMs, say))
  return (
    <time dateTime={at} title={exactly(at, language)}>
      {wrap(words)}
    </time>
  )
}

interface SinceProps {
  at: string
  wrap?: (when: string) => string
  /** For what follows upon each other within a minute. */
  toTheSecond?: boolean
}

/** `14:02` of today, `27 Nov 14:02` of another day. */
export function Since({ at, wrap = (when) => when, toTheSecond = false }: SinceProps) {
  const language = useLanguage()
  const date = new Date(at)
  const isToday = useStore(now, (nowMs) => new Date(nowMs).toDateString() === date.toDateString())
  return (
    <time dateTime={at} title={exactly(at, language)}>
      {wrap(format(language, styleOf(isToday, toTheSecond)).format(date))}
    </time>
  )
}

function styleOf(isToday: boolean, toTheSecond: boolean): keyof typeof styles {
  if (toTheSecond) return isToday ? 'timeToTheSecond' : 'dayToTheSecond'
  return isToday ? 'time' : 'day'
}

/** The whole instant with its zone, for what somebody will have to account for. */
export function Exact({ at }: { at: string }) {
  const language = useLanguage()
  return (
    <time dateTime={at} title={exactly(at, language)}>
      {format(language, 'exact').format(new Date(at))}
    </time>
  )
}

/** To the millisecond, for what follows quickly upon each other. */
export function Moment({ at }: { at: string }) {
  const language = useLanguage()
  return (
    <time dateTime={at} title={exactly(at, language)}>
      {format(language, 'moment').format(new Date(at))}
    </time>
  )
}

/** A day, for what is good until then. */
export function useDay(): (at: string) => string {
  const language = useLanguage()
  return (at) => new Date(at).toLocaleDateString(language, { dateStyle: 'medium' })
}

/** For charts and their tables: a moment, and a day. */
export function useTimes(): { moment(atMs: number): string; date(atMs: number): string } {
  const language = useLanguage()
  return {
    moment: (atMs) => format(language, isThisYear(atMs) ? 'day' : 'dayOfYear').format(atMs),
    date: (atMs) => format(language, isThisYear(atMs) ? 'monthAndDay' : 'date').format(atMs),
  }
}

function isThisYear(atMs: number): boolean {
  return new Date(atMs).getFullYear() === new Date().getFullYear()
}
