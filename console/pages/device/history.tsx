/** A device over time: levels of its supplies, and pages per day. */
import { useMemo, useState } from 'preact/hooks'
import { after, daysOf } from '../../charts/days.ts'
import { levelsOf } from '../../charts/levels.ts'
import { ranges, useHistory } from '../../live/readings.ts'
import { useSay } from '../../messages/for-services.ts'
import { Problem } from '../../parts/forms.tsx'
import { LevelChart } from './level-chart.tsx'
import { PageChart } from './page-chart.tsx'

/** Loaded by itself, behind what one looks at first. */
export function History({ device }: { device: string }) {
  const { charts } = useSay()
  const [range, setRange] = useState<(typeof ranges)[number]>(30)
  const { history, error, reload } = useHistory(device, range)
  const drawn = useMemo(() => {
    if (!history) return undefined
    const { readings, gapMs, fromMs } = history
    const ofObject = (name: string) => readings.filter(({ object }) => object === name)
    const pages = ofObject('pages')
    const { days, spans } = daysOf(pages.length > 0 ? pages : ofObject('printed'), gapMs)
    // The first reading may have held for long before.
    const counted = { days: days.filter((day) => after(day.fromMs) > fromMs), spans }
    return { levels: levelsOf(readings), counted, isPrinted: pages.length === 0 }
  }, [history])
  return (
    <section aria-labelledby="history" class="history">
      <div class="section-head">
        <h2 id="history">{charts.title}</h2>
        <fieldset class="segments">
          <legend class="hidden">{charts.range}</legend>
          {ranges.map((days) => (
            <button key={days} type="button" aria-pressed={days === range} onClick={() => setRange(days)}>
              {charts.ranges[days]}
            </button>
          ))}
        </fieldset>
      </div>
      <Problem error={error} retry={reload} />
      {!history && error === undefined && (
        <div class="skeleton" aria-busy="true">
          <span class="hidden" role="status">
            {charts.loading}
          </span>
          <div class="block" />
        </div>
      )}
      {history && drawn && (
        <>
          {drawn.levels.length === 0 && drawn.counted.days.length === 0 && <p class="sub">{charts.none}</p>}
          {drawn.levels.length > 0 && <LevelChart history={history} levels={drawn.levels} />}
          {drawn.counted.days.length > 0 && (
            <PageChart history={history} counted={drawn.counted} isPrinted={drawn.isPrinted} />
          )}
        </>
      )}
    </section>
  )
}
