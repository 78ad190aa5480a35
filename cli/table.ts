/** Lists as tables: whole in a pipe, and on a terminal no wider than it is. */
import Table from 'cli-table3'

const gap = '  '
/** Below this a cell says nothing any more. */
const narrowest = 6
/** Scripts whose characters take two columns (Unicode TR11, East Asian Width). */
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u

/** @param columns how wide the terminal is; left out: as wide as the rows are */
export function tableOf(
  head: readonly string[],
  rows: readonly string[][],
  columns = Number.POSITIVE_INFINITY,
): string {
  const plain = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' }
  const rest = { 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '' }
  const table = new Table({
    head: [...head],
    colWidths: fit(naturalWidths([head, ...rows]), columns),
    chars: { ...plain, ...rest, 'right-mid': '', middle: gap },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows)
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, text] of row.entries()) widths[column] = Math.max(widths[column] ?? 1, widthOf(text))
  return widths
}

function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += wide.test(character) ? 2 : 1
  return width
}

/** Takes from the widest column first; never from the first, because people copy the ID out of it. */
function fit(widths: readonly number[], columns: number): number[] {
  const fitted = [...widths]
  const most = columns - gap.length * (widths.length - 1)
  while (fitted.reduce((sum, width) => sum + width, 0) > most) {
    const widest = Math.max(...fitted.slice(1))
    if (widest <= narrowest) break
    fitted[fitted.lastIndexOf(widest)] = widest - 1
  }
  return fitted
}
