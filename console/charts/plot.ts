/** Draws a chart with uPlot on a canvas: loaded only where there is one. What stands in it is said by who asks. */
import uPlot from 'uplot'

export interface Line {
  /** undefined: not known there. */
  values: readonly (number | undefined)[]
  color: string
  /** `foot`: a dotted line along the foot, wherever there is a value. */
  as: 'steps' | 'prediction' | 'bars' | 'foot'
}

export interface Drawing {
  /** Milliseconds since 1970, rising. */
  xs: readonly number[]
  lines: readonly Line[]
  fromMs: number
  toMs: number
  /** Of the scale; undefined: as high as the highest. */
  most: number | undefined
  /** Where something stands below the chart, and what. */
  ticks: readonly { atMs: number; words: string }[]
  amount(value: number): string
}

export interface Look {
  ink: string
  line: string
  font: string
}

export interface Plot {
  resize(width: number): void
  /** The cursor; undefined: none. */
  moveTo(atMs: number | undefined): void
  destroy(): void
}

const height = 200

/** @param moved the pointer is at that moment; undefined: it has left */
export function drawPlot(
  box: HTMLElement,
  drawing: Drawing,
  look: Look,
  moved: (atMs: number | undefined) => void,
): Plot {
  const { xs, lines, fromMs, toMs, most, ticks, amount } = drawing
  const axis = { stroke: look.ink, font: look.font, ticks: { show: false } }
  const plot = new uPlot(
    {
      ...{ width: box.clientWidth, height, legend: { show: false } },
      cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
      scales: {
        x: { time: false, range: [fromMs, toMs] },
        y: { range: (_, __, highest) => [0, topOf(most, highest)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          splits: () => ticks.map(({ atMs }) => atMs),
          values: () => ticks.map(({ words }) => words),
        },
        {
          ...axis,
          grid: { stroke: look.line, width: 1 },
          size: 52,
          incrs: [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000],
          space: 36,
          values: (_, splits) => splits.map(amount),
        },
      ],
      series: [{}, ...lines.map(seriesFor)],
    },
    [[...xs], ...lines.map(({ values }) => values.map((value) => value ?? null))],
    box,
  )
  const tell = ({ offsetX, target }: PointerEvent) => {
    if (target === plot.over) moved(plot.posToVal(offsetX, 'x'))
  }
  plot.over.addEventListener('pointermove', tell)
  plot.over.addEventListener('pointerdown', tell)
  plot.over.addEventListener('pointerleave', ({ pointerType }) => pointerType === 'mouse' && moved(undefined))
  return {
    resize: (width) => plot.setSize({ width, height }),
    moveTo: (atMs) => plot.setCursor({ left: atMs === undefined ? -10 : plot.valToPos(atMs, 'x'), top: 1 }, false),
    destroy: () => plot.destroy(),
  }
}

function topOf(most: number | undefined, highest: number | null): number {
  return most ?? Math.max(5, Math.ceil((highest ?? 0) * 1.1))
}

function seriesFor({ color, as }: Line): uPlot.Series {
  const bare = { stroke: color, points: { show: false } }
  if (as === 'bars') {
    const paths = uPlot.paths.bars?.({ size: [0.8, 32], align: 0 })
    return { ...bare, fill: color, width: 0, ...(paths && { paths }) }
  }
  if (as === 'prediction') return { ...bare, width: 2, dash: [6, 6], spanGaps: true }
  if (as === 'foot') return { ...bare, width: 3, dash: [2, 4] }
  const paths = uPlot.paths.stepped?.({ align: 1 })
  return { ...bare, width: 2, ...(paths && { paths }) }
}
