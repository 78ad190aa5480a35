/** The most telling figures as bars, in an SVG that is readable on light and dark pages. */
import { type BenchResult, type FigureName, figures, isOwn, type ServerResult } from './figures.ts'
import { renderFigure } from './table.ts'

const shown: readonly FigureName[] = [
  'setUpPerSecond',
  'idleKb',
  'roundTripsPerSecond',
  'openP99Ms',
  'idlePollMs',
  'comeBackSeconds',
]

const [width, margin, labelWidth, valueWidth, barHeight, headHeight, gap] = [760, 16, 190, 80, 18, 26, 18]
const title = 'This relay beside the servers that people run today'
const [own, other] = ['#0f766e', '#94a3b8']

export function renderPicture({ servers }: BenchResult): string {
  const parts: string[] = []
  let y = margin
  for (const name of shown) {
    const rows = servers.flatMap((server) => rowOf(server, name))
    if (rows.length === 0) continue
    parts.push(text(margin, y + 14, `${figures[name].title}: ${figures[name].better} is better`, 'font-weight="bold"'))
    y += headHeight
    // All of them may be nothing.
    const largest = Math.max(...rows.map(({ value }) => value)) || 1
    for (const { title, value, colour } of rows) {
      const length = Math.max(1, ((width - 2 * margin - labelWidth - valueWidth) * value) / largest)
      parts.push(text(margin, y + 13, title))
      parts.push(bar(margin + labelWidth, y + 2, length, colour))
      parts.push(text(margin + labelWidth + length + 6, y + 13, renderFigure(name, value)))
      y += barHeight
    }
    y += gap
  }
  const frame = `<rect width="${width}" height="${y}" rx="6" fill="#ffffff"/>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" font-family="sans-serif" font-size="12" fill="#1e293b">`,
    ...[`<title>${title}</title>`, frame, ...parts].map((part) => `  ${part}`),
    '</svg>\n',
  ].join('\n')
}

function rowOf(server: ServerResult, figure: FigureName) {
  const value = server.figures[figure]
  return value === undefined ? [] : [{ title: server.title, value, colour: isOwn(server) ? own : other }]
}

function bar(x: number, y: number, length: number, colour: string): string {
  return `<rect x="${x}" y="${y}" width="${length.toFixed(1)}" height="${barHeight - 4}" fill="${colour}"/>`
}

function text(x: number, y: number, content: string, more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y}"${more && ` ${more}`}>${escaped}</text>`
}
