/** Pages per day as bars, days that nobody read as none, and the same as a table. */
import { useMemo } from 'preact/hooks'
import { Chart } from '../../charts/chart.tsx'
import { after, type Counted, type Day, type Span, startOf } from '../../charts/days.ts'
import { dayMs } from '../../charts/levels.ts'
import { ticksFor } from '../../charts/ticks.ts'
import { useLanguage } from '../../language.ts'
import type { History } from '../../live/readings.ts'
import { type SayOfServices, useSay } from '../../messages/for-services.ts'
import { useTimes } from '../../parts/when.tsx'

interface PageChartProps {
  history: History
  counted: Counted
  /** Nobody knows its counter; it told of its jobs. */
  isPrinted: boolean
}

export function PageChart({ history, counted, isPrinted }: PageChartProps) {
  const say = useSay()
  const language = useLanguage()
  const { date } = useTimes()
  const { days, spans } = counted
  const drawing = useMemo(() => drawingOf(history, days, language), [history, days, language])
  const at = (atMs: number) => {
    const day = days.find(({ fromMs }) => atMs >= fromMs && atMs < after(fromMs))
    const around = spans.filter(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
    const told = around.map((span) => `${spanInWords(span, date)}: ${togetherInWords(span, say)}`)
    return [date(atMs), countInWords(day?.count, say), ...told].join(' · ')
  }
  return (
    <Chart
      title={isPrinted ? say.charts.printed : say.charts.pages}
      drawing={drawing}
      at={at}
      stops={days.map(({ fromMs }) => fromMs)}
      hint={say.charts.gapsOfDays}
      legend={null}
      table={() => <Table counted={counted} />}
    />
  )
}

function Table({ counted: { days, spans } }: Pick<PageChartProps, 'counted'>) {
  const say = useSay()
  const { date } = useTimes()
  const rows = [
    ...days.map(({ fromMs, count }) => ({ toMs: after(fromMs), day: date(fromMs), words: countInWords(count, say) })),
    ...spans.map((span) => ({ toMs: span.toMs, day: spanInWords(span, date), words: togetherInWords(span, say) })),
  ]
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{say.charts.columns.day}</th>
          <th scope="col">{say.charts.columns.pages}</th>
        </tr>
      </thead>
      <tbody>
        {rows
          .sort((one, other) => other.toMs - one.toMs)
          .map(({ day, words }) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              <td>{words}</td>
            </tr>
          ))}
      </tbody>
    </table>
  )
}

function spanInWords({ fromMs, toMs }: Span, date: (atMs: number) => string): string {
  return `${date(fromMs)} – ${date(toMs - 1)}`
}

function togetherInWords({ count }: Span, { charts }: SayOfServices): string {
  return count === undefined ? charts.startedAnew : charts.together(count)
}

function countInWords(count: number | undefined, { charts }: SayOfServices): string {
  return count === undefined ? charts.unread : charts.pagesOf(count)
}

function drawingOf({ fromMs, toMs }: History, days: readonly Day[], language: string) {
  const first = startOf(fromMs)
  const end = after(startOf(toMs))
  const starts: number[] = []
  for (let day = first; day < end; day = after(day)) starts.push(day)
  const known = new Map(days.map((day) => [day.fromMs, day.count]))
  return {
    // A bar stands in the middle of its day.
    xs: starts.map((day) => day + dayMs / 2),
    lines: [{ as: 'bars' as const, property: 'accent', values: starts.map((day) => known.get(day)) }],
    ...{ fromMs: first, toMs: end, most: undefined },
    ticks: ticksFor(first, end, starts.length, language),
    amount: (value: number) => value.toLocaleString(language),
  }
}
