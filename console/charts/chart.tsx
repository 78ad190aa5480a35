/** A chart with what it says: a cursor for pointer, finger and arrow keys, the value there in words, and the same as a table. */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useSay } from '../messages/for-services.ts'
import { Problem } from '../parts/forms.tsx'
import type { Drawing, Line, Plot } from './plot.ts'

/** Its colour is that of a style sheet: `supply-black` stands for `--supply-black`. */
export type ColoredLine = Omit<Line, 'color'> & { property: string }

interface ChartProps {
  title: string
  drawing: Omit<Drawing, 'lines'> & { lines: readonly ColoredLine[] }
  /** What holds there, in words. */
  at(atMs: number): string
  /** Moments where the arrow keys stop, by time; at least one. */
  stops: readonly number[]
  /** What is drawn with which colour, and what is said while no moment is chosen. */
  legend: ComponentChildren
  hint: string
  table(): ComponentChildren
}

export function Chart({ title, drawing, at, stops, legend, hint, table }: ChartProps) {
  const say = useSay()
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | undefined>(undefined)
  const [chosen, choose] = useState<number>()
  const [isOpen, setOpen] = useState(false)
  const [error, setError] = useState<unknown>()
  const scheme = useScheme()

  useLayoutEffect(() => {
    let isCurrent = true
    const draw = ({ drawPlot }: typeof import('./plot.ts')) => {
      const place = box.current
      if (!isCurrent || !place) return
      const lines = drawing.lines.map(({ property, ...line }) => ({ ...line, color: colorOf(place, property) }))
      const { fontFamily } = getComputedStyle(place)
      const look = { ink: colorOf(place, 'quiet'), line: colorOf(place, 'line'), font: `12px ${fontFamily}` }
      plot.current = drawPlot(place, { ...drawing, lines }, look, choose)
    }
    import('./plot.ts').then(draw, setError)
    return () => {
      isCurrent = false
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [drawing, scheme])

  useEffect(() => {
    const place = box.current
    if (!place) return
    const observer = new ResizeObserver(() => plot.current?.resize(place.clientWidth))
    observer.observe(place)
    return () => observer.disconnect()
  }, [])

  useEffect(() => plot.current?.moveTo(chosen), [chosen])

  const stop = chosen === undefined ? stops.length - 1 : nearestTo(stops, chosen)
  function press(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowLeft: stop - 1, ArrowRight: stop + 1, ArrowDown: stop - 1, ArrowUp: stop + 1 },
      ...{ Home: 0, End: stops.length - 1 },
    }
    const to = steps[event.key]
    if (event.key === 'Escape') choose(undefined)
    if (to === undefined) return
    event.preventDefault()
    choose(stops[Math.min(Math.max(chosen === undefined ? stop : to, 0), stops.length - 1)])
  }
  const words = at(chosen ?? stops[stop] ?? drawing.toMs)
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
      </figcaption>
      {legend}
      <Problem error={error} />
      <div
        ref={box}
        class="plot"
        role="slider"
        tabIndex={0}
        aria-label={title}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={stops.length - 1}
        aria-valuenow={stop}
        aria-valuetext={words}
        title={say.charts.keys}
        onKeyDown={press}
        onBlur={() => choose(undefined)}
      />
      <p class="readout" aria-hidden="true">
        {words}
      </p>
      <p class="sub">{hint}</p>
      <details class="why" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          {say.charts.asTable}
          <span class="hidden"> {title}</span>
        </summary>
        {isOpen && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
          <section class="table-box" tabIndex={0} aria-label={title}>
            {table()}
          </section>
        )}
      </details>
    </figure>
  )
}

function nearestTo(stops: readonly number[], atMs: number): number {
  const next = stops.findIndex((stop) => stop >= atMs)
  if (next <= 0) return next < 0 ? stops.length - 1 : 0
  return atMs - (stops[next - 1] ?? 0) < (stops[next] ?? 0) - atMs ? next - 1 : next
}

/** As the browser makes it of `light-dark()`, which a canvas does not know. */
function colorOf(place: HTMLElement, property: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--${property})`
  place.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** What is on a canvas does not change its colours by itself. */
function useScheme(): boolean {
  const query = '(prefers-color-scheme: dark)'
  const [isDark, setDark] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const media = matchMedia(query)
    const look = () => setDark(media.matches)
    media.addEventListener('change', look)
    return () => media.removeEventListener('change', look)
  }, [])
  return isDark
}
