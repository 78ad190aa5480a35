/** Reads the head of a PNG image, whose data a PDF can mostly have as it is: deflated, with PNG's own predictors. */
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { checkSize, damaged, type Image, ImageError } from './image.ts'
import { checkRows, onWhite, type PngForm } from './image-png-rows.ts'

const signature = '\x89PNG\r\n\x1a\n'
const mostChunks = 100_000

/** Source: PNG (W3C REC, third edition) §11.2.1: samples of a pixel, by colour type. */
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const bitsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}
const palette = 3

interface Head extends PngForm {
  type: number
  colors: Buffer | undefined
  /** tRNS: a colour that is not seen, or how much of each of the palette is. */
  seen: Buffer | undefined
  /** Where the pieces of the data are. */
  pieces: { at: number; length: number }[]
}

/** @throws {ImageError} what is wrong with it */
export async function readPng(file: string): Promise<Image> {
  const head = await readHead(file)
  const { width, height, bits, type, samples, pieces } = head
  if (pieces.length === 0) throw damaged('it has no data')
  const data = () => dataOf(file, pieces)
  await checkRows(data(), head)
  const common = { width, height, orientation: 1 }
  if (type === 4 || type === 6) {
    const space = type === 4 ? '/DeviceGray' : '/DeviceRGB'
    const dictionary = `/ColorSpace ${space} /BitsPerComponent 8 /Filter /FlateDecode`
    return { ...common, dictionary, data: () => onWhite(data(), head) }
  }
  const predictors = `<< /Predictor 15 /Colors ${samples} /BitsPerComponent ${bits} /Columns ${width} >>`
  const dictionary = `${colorsOf(head)} /BitsPerComponent ${bits} /Filter /FlateDecode /DecodeParms ${predictors}`
  return { ...common, dictionary, data }
}

function colorsOf({ type, bits, colors, seen }: Head): string {
  if (type === palette) return `/ColorSpace ${paletteOf(colors, seen, bits)}`
  const space = type === 0 ? '/DeviceGray' : '/DeviceRGB'
  if (seen === undefined) return `/ColorSpace ${space}`
  if (seen.length !== (type === 0 ? 2 : 6)) throw damaged('its transparent colour is none')
  // The page is white: what is masked out is paper.
  const masked = Array.from({ length: seen.length / 2 }, (_, i) => seen.readUInt16BE(2 * i) & (2 ** bits - 1))
  return `/ColorSpace ${space} /Mask [${masked.flatMap((each) => [each, each]).join(' ')}]`
}

/** The colours as they look on white paper. */
function paletteOf(colors: Buffer | undefined, seen: Buffer | undefined, bits: number): string {
  if (colors === undefined || colors.length === 0 || colors.length % 3 !== 0) throw damaged('it has no palette')
  // What goes beyond it is black in most readers, and an error in PDF.
  const whole = Buffer.alloc(3 * 2 ** bits)
  colors.copy(whole)
  for (const [i, share] of (seen ?? Buffer.alloc(0)).subarray(0, 2 ** bits).entries())
    for (let at = 3 * i; at < 3 * i + 3; at++) whole[at] = Math.round(255 - ((255 - (whole[at] ?? 0)) * share) / 255)
  return `[/Indexed /DeviceRGB ${2 ** bits - 1} <${whole.toString('hex')}>]`
}

async function readHead(file: string): Promise<Head> {
  await using handle = await open(file)
  if ((await readAt(handle, 0, 8)).toString('latin1') !== signature) throw damaged('it does not begin as a PNG does')
  const start = await readAt(handle, 8, 25)
  if (start.toString('latin1', 4, 8) !== 'IHDR' || start.readUInt32BE(0) !== 13) throw damaged('it has no head')
  const head = readForm(start.subarray(8))
  let at = 33
  for (let chunks = 0; chunks < mostChunks; chunks++) {
    const chunk = await readAt(handle, at, 8)
    const length = chunk.readUInt32BE(0)
    const kind = chunk.toString('latin1', 4, 8)
    if (kind === 'IEND') return head
    if (kind === 'IDAT') head.pieces.push({ at: at + 8, length })
    if (kind === 'PLTE') head.colors = await readAt(handle, at + 8, Math.min(length, 768))
    if (kind === 'tRNS') head.seen = await readAt(handle, at + 8, Math.min(length, 256))
    at += 12 + length
  }
  throw damaged('it has no end')
}

function readForm(form: Buffer): Head {
  const [width, height] = [form.readUInt32BE(0), form.readUInt32BE(4)]
  const [bits = 0, type = 0, compression, filter, interlace] = form.subarray(8)
  checkSize(width, height)
  const samples = samplesOf[type]
  if (samples === undefined || !bitsOf[type]?.includes(bits) || compression !== 0 || filter !== 0)
    throw damaged('its head says what no PNG has')
  if (interlace !== 0)
    throw new ImageError('An interlaced PNG image is not printed: save it without "interlaced" (Adam7).')
  return { width, height, bits, type, samples, colors: undefined, seen: undefined, pieces: [] }
}

async function* dataOf(file: string, pieces: Head['pieces']): AsyncGenerator<Uint8Array> {
  for (const { at, length } of pieces)
    if (length > 0) yield* createReadStream(file, { start: at, end: at + length - 1 }) as AsyncIterable<Buffer>
}

/** @throws {ImageError} it is shorter */
async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at)
  if (bytesRead < length) throw damaged('it breaks off')
  return buffer
}
