/** The scanner of a virtual device: it finds a drawn page on its glass, so that scanning can be tried without one. */
import { open, rename, rm } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { crc32, deflateSync } from 'node:zlib'
import { inLargeLetters } from '../paper/letters.ts'
import type { Scanned, Scanner, ScanSettings } from './scanner.ts'

/** A drawing gains nothing by more dots. */
const mostDots = 100
/** ISO A4, in inches. */
const page = { width: 8.27, height: 11.69 }
const words = ['SCANNED', 'BY A', 'VIRTUAL', 'DEVICE']

interface Picture {
  width: number
  height: number
  /** Bytes of a dot: 3 of red, green, blue, or 1 of gray. */
  depth: 1 | 3
  /** Row by row. */
  dots: Buffer
}

export function createVirtualScanner(): Scanner {
  return {
    async scan(settings, file, signal): Promise<Scanned> {
      await turn()
      if (signal.aborted) return { state: 'failed', problem: 'cancelled' }
      if (settings.format === 'image/jpeg')
        return { state: 'failed', problem: 'unsupported', detail: 'A virtual scanner makes PDF and PNG.' }
      const bytes = settings.format === 'image/png' ? pngOf(draw(settings)) : pdfOf(draw(settings))
      const part = `${file}.part`
      try {
        await using handle = await open(part, 'w', 0o600)
        await handle.writeFile(bytes)
        await handle.sync()
        await rename(part, file)
        return { state: 'done', bytes: bytes.length }
      } catch (error) {
        await rm(part, { force: true })
        return { state: 'failed', problem: 'no-room', detail: error instanceof Error ? error.message : String(error) }
      }
    },
  }
}

/** A frame, words, and a band of colours. */
function draw({ resolution, color }: ScanSettings): Picture {
  const dpi = Math.min(resolution, mostDots)
  const [width, height] = [Math.round(page.width * dpi), Math.round(page.height * dpi)]
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
  for (const [at, word] of words.entries())
    for (const [row, text] of inLargeLetters(word).entries())
      for (const [column, mark] of [...text].entries())
        if (mark === '#') fill(2 * edge + column * cell, 2 * edge + (at * 7 + row) * cell, cell, cell, black)
  fill(2 * edge, height - 4 * edge, width - 4 * edge, edge, (part) => [255 * part, 200 * (1 - part), 255 * (1 - part)])
  return { width, height, depth, dots }
}

/** Source: PNG (Third Edition) §5, §11.2 */
function pngOf({ width, height, depth, dots }: Picture): Buffer {
  const row = width * depth
  const filtered = Buffer.alloc((row + 1) * height)
  for (let at = 0; at < height; at++) dots.copy(filtered, at * (row + 1) + 1, at * row, (at + 1) * row)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, depth === 3 ? 2 : 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(filtered)), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([signature, ...chunks])
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}

/** One page that is the picture. Source: ISO 32000-1 §7.5, §8.9.5 */
function pdfOf({ width, height, depth, dots }: Picture): Buffer {
  const [wide, high] = [page.width * 72, page.height * 72].map((points) => points.toFixed(2))
  const image = deflateSync(dots)
  const content = Buffer.from(`q ${wide} 0 0 ${high} 0 0 cm /Scan Do Q`)
  const space = depth === 3 ? '/DeviceRGB' : '/DeviceGray'
  const stream = (dictionary: string, data: Buffer) => [
    Buffer.from(`<< ${dictionary} /Length ${data.length} >>\nstream\n`),
    data,
    Buffer.from('\nendstream'),
  ]
  const objects = [
    [Buffer.from('<< /Type /Catalog /Pages 2 0 R >>')],
    [Buffer.from('<< /Type /Pages /Count 1 /Kids [3 0 R] >>')],
    [
      Buffer.from(
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${wide} ${high}] /Contents 4 0 R /Resources << /XObject << /Scan 5 0 R >> >> >>`,
      ),
    ],
    stream('', content),
    stream(
      `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace ${space} /BitsPerComponent 8 /Filter /FlateDecode`,
      image,
    ),
  ]
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1')]
  const places: number[] = []
  for (const [at, object] of objects.entries()) {
    places.push(lengthOf(parts))
    parts.push(Buffer.from(`${at + 1} 0 obj\n`), ...object, Buffer.from('\nendobj\n'))
  }
  const table = lengthOf(parts)
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  parts.push(
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`,
    ),
  )
  return Buffer.concat(parts)
}

function lengthOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}
