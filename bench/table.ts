/** The results as Markdown: absolute figures, then how many times better than each other server, then the growth. */
import {
  type BenchResult,
  type FigureName,
  figureNames,
  figures,
  isOwn,
  ratioOf,
  type ServerResult,
} from './figures.ts'

type Cells = readonly string[]

/** Where nothing was measured. */
const none = '–'

export function renderTables(result: BenchResult): string {
  return [
    renderFigures(result),
    renderRatios(result),
    renderGrowth(result),
    renderTroubles(result),
    renderMachine(result),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function renderFigures({ servers }: BenchResult): string {
  const head = ['', ...servers.map(({ title, version }) => `${title} ${version}`)]
  const rows = figureNames.map((name) => [
    figures[name].title,
    ...servers.map(({ figures: all }) => renderFigure(name, all[name])),
  ])
  const failed = ['answers that were wrong or missing', ...servers.map((server) => String(server.failed + server.lost))]
  const busy = [
    "the generator's own processor in the closed loop",
    ...servers.map(({ generatorBusy }) => `${Math.round(100 * generatorBusy)} %`),
  ]
  return renderTable([head, ...rows, failed, busy])
}

/** A table for each way in which this relay was measured; figures that either of the two lacks have no ratio. */
function renderRatios({ servers }: BenchResult): string {
  const others = servers.filter((server) => !isOwn(server))
  const tables = servers.filter(isOwn).map((own) => {
    const rows = figureNames
      .filter((name) => others.some((other) => ratioText(name, own, other) !== none))
      .map((name) => [figures[name].title, ...others.map((other) => ratioText(name, own, other))])
    const head = [`${own.title} is so many times better than`, ...others.map(({ title }) => title)]
    return rows.length === 0 ? '' : renderTable([head, ...rows])
  })
  return tables.filter((table) => table !== '').join('\n\n')
}

function renderGrowth({ servers }: BenchResult): string {
  const grown = servers.filter(({ growth }) => growth.length > 0)
  const [first] = grown
  if (first === undefined) return ''
  const head = ['sessions held', ...grown.flatMap(({ title }) => [`${title}, KB each`, 'ms a poll'])]
  const rows = first.growth.map(({ devices }) => [
    String(devices),
    ...grown.flatMap((server) => stepOf(server, devices)),
  ])
  return renderTable([head, ...rows])
}

function stepOf({ growth }: ServerResult, devices: number): Cells {
  const step = growth.find((one) => one.devices === devices)
  return step ? [step.kbPerSession.toFixed(1), step.pollMs.toFixed(3)] : ['', '']
}

/** Figures beside a trouble are worth little, so it stands beside them. */
function renderTroubles({ servers }: BenchResult): string {
  return servers
    .filter(({ trouble }) => trouble !== '')
    .map(
      ({ title, failed, lost, trouble }) =>
        `**${title}**: ${failed} answers failed, ${lost} sessions were lost. ${trouble}`,
    )
    .join('\n\n')
}

function renderMachine({ at, machine }: BenchResult): string {
  const facts = [
    `${machine['cores']} × ${machine['processor']}`,
    `${machine['memoryGb']} GB`,
    machine['system'],
    `Node ${machine['node']}`,
    `${machine['diskSyncMs']} ms until a page is on the disk`,
  ]
  return `Measured ${at.slice(0, 10)} on ${facts.join(', ')}. Server and generator had a processor each; the load before was ${machine['loadBefore']}.`
}

export function renderFigure(name: FigureName, value: number | undefined): string {
  if (value === undefined) return none
  // Beyond a hundred, what is behind the point is noise.
  if (value < 100) return value.toFixed(figures[name].digits)
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',')
}

function ratioText(name: FigureName, { figures: own }: ServerResult, { figures: others }: ServerResult): string {
  const [one, other] = [own[name], others[name]]
  if (!one || !other) return none
  const ratio = ratioOf(name, one, other)
  return `${ratio.toFixed(ratio < 10 ? 1 : 0)} ×`
}

function renderTable([head = [], ...rows]: readonly Cells[]): string {
  const line = (cells: Cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
