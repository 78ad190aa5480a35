/** What came of a soak, as one table and the lies below it. */
import type { Played } from './played.ts'

const head = ['kind', 'rounds', 'calls', 'done', 'promises', 'lost', 'lies', 'figures']

/** Markdown: it can be copied as it is. */
export function renderTable(all: readonly Played[]): string {
  const rows = all.map(({ kind, rounds, calls, executions, promises, lost, lies, notes }) => {
    const figures = Object.entries(notes).map(([name, value]) => `${name}: ${value}`)
    return [kind, rounds, calls, executions, promises, lost, lies.length, figures.join('; ')]
  })
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The first few of each kind say it all. */
const shownLies = 5

export function renderLies({ kind, lies }: Played): string {
  if (lies.length === 0) return ''
  const shown = lies.slice(0, shownLies).map(({ rule, words }) => `${kind}: ${rule}: ${words}`)
  const more = lies.length - shown.length
  return [...shown, ...(more > 0 ? [`${kind}: and ${more} more.`] : [])].join('\n')
}
