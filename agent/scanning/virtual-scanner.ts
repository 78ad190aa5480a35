/** The scanner of a virtual device: it finds drawn pages on its glass and in its feeder, so that scanning can be tried without one. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { crc32, deflateSync } from 'node:zlib'
import { inLargeLetters } from '../paper/letters.ts'
import { pageFile, type ScanFailed, type Scanner, type ScanOrder, sources } from './scanner.ts'

/** A drawing gains nothing by more dots. */
const mostDots = 100
/** ISO A4, in inches. */
const paper = { width: 8.27, height: 11.69 }
const words = ['SCANNED', 'BY A', 'VIRTUAL', 'DEVICE']

interface Picture {
  dpi: number
  width: number
  height: number
  /** Bytes of a dot: 3 of red, green, blue, or 1 of gray. */
  depth: 1 | 3
  /** Row by row. */
  dots: Buffer
}

/** @param sheets how many lie in its feeder whenever it scans; undefined: it has none */
export function createVirtualScanner(sheets: () => number | undefined = () => undefined): Scanner {
  async function scan(order: ScanOrder, signal: AbortSignal): Promise<{ readonly pages: number } | ScanFailed> {
    const { settings, source, folder, first, most, mostBytes, onPage } = order
    if (settings.format === 'image/jpeg')
      return { problem: 'unsupported', detail: 'A virtual scanner makes PDF and PNG.' }
    const sides = source === 'feeder-duplex' ? 2 : 1
    const pages = source === 'glass' ? 1 : Math.min(most, sides * (sheets() ?? 0))
    let bytes = 0
    try {
      for (let page = first; page < first + pages; page++) {
        await turn()
        if (signal.aborted) return { problem: 'cancelled' }
        const image = pngOf(draw(settings, page))
        bytes += image.length
        if (bytes > mostBytes) return { problem: 'too-large' }
        await keep(join(folder, pageFile(page)), image)
        onPage()
      }
      return { pages }
    } catch (error) {
      return { problem: 'no-room', detail: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    sources: async () => ({ sources: sheets() === undefined ? ['glass'] : sources }),
    scan,
  }
}

async function keep(file: string, bytes: Buffer): Promise<void> {
  await using handle = await open(file, 'w', 0o600)
  await handle.writeFile(bytes)
  await handle.sync()
}

/** A frame, words, and a band of colours. */
function draw({ resolution, color }: ScanOrder['settings'], number: number): Picture {
  const dpi = Math.min(resolution, mostDots)
  const [width, height] = [Math.round(paper.width * dpi), Math.round(paper.height * dpi)]
  const depth = color === 'color' ? 3 : 1
  const dots = Buffer.alloc(width * height * depth, 0xff)
  const fill = (x: number, y: number, w: number, h: number, ink: (column: number) => readonly number[]) => {
    for (let row = y; row < Math.min(height, y + h); row++)
      for (let column = x; column < Math.min(width, x + w); column++) {
        const [red = 0, green = 0, blue = 0] = ink((column - x) / w)
        const at = (row * width + column) * depth
        if (depth === 1) dots[at] = Math.round(0.3 * red + 0.59 * green + 0.11 * blue)
        else dots.set([red, green, blue], at)
      }
  }
  const black = () => [20, 20, 20]
  const [edge, line] = [Math.round(dpi / 2), Math.max(1, Math.round(dpi / 25))]
  for (const y of [edge, height - edge - line]) fill(edge, y, width - 2 * edge, line, black)
  for (const x of [edge, width - edge - line]) fill(x, edge, line, height - 2 * edge, black)
  const cell = Math.floor((width - 4 * edge) / 42)
  for (const [at, word] of [...words, `PAGE ${number}`].entries())
    for (const [row, text] of inLargeLetters(word).entries())
      for (const [column, mark] of [...text].entries())
        if (mark === '#') fill(2 * edge + column * cell, 2 * edge + (at * 7 + row) * cell, cell, cell, black)
  fill(2 * edge, height - 4 * edge, width - 4 * edge, edge, (part) => [255 * part, 200 * (1 - part), 255 * (1 - part)])
  return { dpi, width, height, depth, dots }
}

/** Source: PNG (Third Edition) §5, §11.2, §11.3.4.3 */
function pngOf({ dpi, width, height, depth, dots }: Picture): Buffer {
  const row = width * depth
  const filtered = Buffer.alloc((row + 1) * height)
  for (let at = 0; at < height; at++) dots.copy(filtered, at * (row + 1) + 1, at * row, (at + 1) * row)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, depth === 3 ? 2 : 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  // How many dots a metre has, both ways.
  const density = Buffer.alloc(9, 1)
  for (const at of [0, 4]) density.writeUInt32BE(Math.round(dpi / 0.0254), at)
  const chunks = [
    chunk('IHDR', header),
    chunk('pHYs', density),
    chunk('IDAT', deflateSync(filtered)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return Buffer.concat([signature, ...chunks])
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
