/** Levels of supplies as steps, a dashed line to where each may be empty, and the same as a table. */
import { useMemo } from 'preact/hooks'
import { Chart, type ColoredLine } from '../../charts/chart.tsx'
import { dayMs, gapsIn, type Level, type Prediction, predictionOf, stepAt } from '../../charts/levels.ts'
import { ticksFor } from '../../charts/ticks.ts'
import { useLanguage } from '../../language.ts'
import type { History } from '../../live/readings.ts'
import { type SayOfServices, useSay } from '../../messages/for-services.ts'
import { useTimes } from '../../parts/when.tsx'
import { objectInWords, readInWords } from '../services/words.ts'

interface Predicted extends Level {
  prediction: Prediction | undefined
}

/** So much of the chart is for what is to come. */
const future = 0.25
/** In percent, above each other. */
const footStep = 3

export function LevelChart({ history, levels }: { history: History; levels: readonly Level[] }) {
  const say = useSay()
  const language = useLanguage()
  const { moment, date } = useTimes()
  const { gapMs, toMs: nowMs } = history
  const predicted = useMemo(
    () => levels.map((level) => ({ ...level, prediction: predictionOf(level.steps, nowMs, gapMs) })),
    [levels, history],
  )
  const drawing = useMemo(() => drawingOf(history, predicted, language), [history, predicted, language])
  const stops = useMemo(
    () => [...new Set(levels.flatMap(({ steps }) => steps.map(({ fromMs }) => fromMs)))].sort((a, b) => a - b),
    [levels],
  )

  function at(atMs: number): string {
    const told = predicted.flatMap(({ object, steps, prediction }) => {
      const words = objectInWords(object, say)
      if (atMs > nowMs) return prediction ? [`${words} ~${Math.round(lineAt(prediction, atMs))} %`] : []
      const step = stepAt(steps, atMs, gapMs)
      return [`${words} ${step ? toldInWords(object, step.told, say) : say.charts.unread}`]
    })
    return [moment(atMs), ...told].join(' · ')
  }

  return (
    <Chart
      title={say.charts.levels}
      drawing={drawing}
      at={at}
      stops={stops}
      hint={say.charts.gaps}
      legend={
        <ul class="legend">
          {predicted.map(({ object, color, steps, prediction }) => (
            <li key={object}>
              <span class={`swatch is-${color}`} aria-hidden="true" />
              <span>
                <b>{objectInWords(object, say)}</b>: {lastInWords(object, steps, say, moment, nowMs - gapMs)}
                {' · '}
                {prediction ? say.charts.empty(date(prediction.emptyAtMs), prediction.days) : say.charts.noPrediction}
              </span>
            </li>
          ))}
        </ul>
      }
      table={() => <Table levels={levels} gapMs={gapMs} />}
    />
  )
}

function toldInWords(object: string, told: Level['steps'][number]['told'], say: SayOfServices): string {
  const words: Readonly<Record<string, string>> = say.device.amounts
  return typeof told === 'string' && Object.hasOwn(words, told) ? (words[told] ?? told) : readInWords(object, told, say)
}

function lastInWords(
  object: string,
  steps: Level['steps'],
  say: SayOfServices,
  moment: (atMs: number) => string,
  freshFromMs: number,
): string {
  const last = steps.at(-1)
  if (!last) return say.charts.unread
  const words = toldInWords(object, last.told, say)
  return last.untilMs >= freshFromMs ? say.charts.now(words) : say.charts.last(words, moment(last.untilMs))
}

function lineAt({ fromMs, percent, emptyAtMs }: Prediction, atMs: number): number {
  return Math.max(0, percent * (1 - (atMs - fromMs) / (emptyAtMs - fromMs)))
}

function drawingOf({ fromMs, toMs: nowMs, gapMs }: History, levels: readonly Predicted[], language: string) {
  const isPredicted = levels.some(({ prediction }) => prediction)
  const toMs = isPredicted ? nowMs + (nowMs - fromMs) * future : nowMs
  const ends = levels.flatMap(({ prediction }) => (prediction ? [prediction.fromMs, prediction.emptyAtMs] : []))
  const edges = levels.flatMap(({ steps }) => steps.flatMap((step) => [step.fromMs, step.untilMs, step.untilMs + 1]))
  const inside = [...edges, ...ends, nowMs, nowMs + 1].filter((atMs) => atMs > fromMs && atMs < toMs)
  const xs = [...new Set([fromMs, ...inside, toMs])].sort((a, b) => a - b)
  const lines = levels.flatMap(({ color, steps, prediction }, place): ColoredLine[] => {
    const property = knownColors.has(color) ? `supply-${color}` : 'quiet'
    const held = xs.map((atMs) => (atMs > nowMs ? undefined : stepAt(steps, atMs, gapMs)))
    const known = { as: 'steps' as const, property, values: held.map((step) => step?.percent) }
    const foot = footStep * (place + 1)
    const unknown = held.map((step) => (step && step.percent === undefined ? foot : undefined))
    const end = prediction && Math.min(prediction.emptyAtMs, toMs)
    const guessed = xs.map((atMs) =>
      prediction && (atMs === prediction.fromMs || atMs === end) ? lineAt(prediction, atMs) : undefined,
    )
    return [
      known,
      ...(unknown.some((value) => value !== undefined) ? [{ as: 'foot' as const, property, values: unknown }] : []),
      ...(prediction ? [{ as: 'prediction' as const, property, values: guessed }] : []),
    ]
  })
  const days = Math.round((toMs - fromMs) / dayMs)
  return { xs, lines, fromMs, toMs, most: 100, ticks: ticksFor(fromMs, toMs, days, language), amount }
}

const knownColors = new Set(['black', 'cyan', 'magenta', 'yellow', 'red', 'green', 'blue'])
const amount = (value: number) => `${value} %`

function Table({ levels, gapMs }: { levels: readonly Level[]; gapMs: number }) {
  const say = useSay()
  const { moment } = useTimes()
  const { columns, unread } = say.charts
  const rows = levels.flatMap(({ object, steps }) => [
    ...steps.map(({ fromMs, untilMs, told }) => ({ object, fromMs, untilMs, words: toldInWords(object, told, say) })),
    ...gapsIn(steps, gapMs).map(({ fromMs, toMs }) => ({ object, fromMs, untilMs: toMs, words: unread })),
  ])
  return (
    <table>
      <thead>
        <tr>
          {[columns.object, columns.value, columns.from, columns.until].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows
          .sort((one, other) => other.fromMs - one.fromMs)
          .map(({ object, fromMs, untilMs, words }) => (
            <tr key={`${object} ${fromMs} ${words}`}>
              <th scope="row">{objectInWords(object, say)}</th>
              <td>{words}</td>
              <td>{moment(fromMs)}</td>
              <td>{moment(untilMs)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  )
}
