/** Makes a PDF of one page of an image, as large as the sheet lets it be, without recompressing what is compressed. */
import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Converted } from './convert.ts'
import { type Image, ImageError } from './image.ts'
import { readJpeg } from './image-jpeg.ts'
import { readPng } from './image-png.ts'
import { pdfOfImages } from './images-pdf.ts'

const readers: Readonly<Record<string, (file: string) => Promise<Image>>> = {
  'image/jpeg': readJpeg,
  'image/png': readPng,
}

/** Images of which a PDF is made. */
export const imageFormats: readonly string[] = Object.keys(readers)

/** Most printers leave 4.23 mm white at each edge, in points. */
const margin = 12

/**
 * It stands beside the image until it is disposed of.
 * @param sheet width and height in points
 * @throws the reason of `stop`
 */
export async function makeImagePdf(
  { file, format }: { file: string; format: string },
  sheet: readonly [number, number],
  stop: AbortSignal,
): Promise<Converted | { readonly refusal: string }> {
  const made = `${file}.pdf`
  await using folder = new AsyncDisposableStack()
  folder.defer(() => rm(made, { force: true }))
  try {
    const image = await (readers[format] ?? unknown)(file)
    stop.throwIfAborted()
    const page = { image, sheet, drawing: drawingOf(image, sheet) }
    await pipeline(pdfOfImages([page]), createWriteStream(made, { mode: 0o600 }), { signal: stop })
  } catch (error) {
    stop.throwIfAborted()
    if (error instanceof ImageError) return { refusal: error.message }
    throw error
  }
  const { size } = await stat(made)
  const kept = folder.move()
  return { file: made, bytes: size, [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() }
}

function unknown(): never {
  throw new ImageError('The document is no image that can be printed.')
}

/** What each orientation does to the square that an image is drawn into, as numbers of `cm`. */
const turns: Readonly<Record<number, string>> = {
  2: '-1 0 0 1 1 0',
  3: '-1 0 0 -1 1 1',
  4: '1 0 0 -1 0 1',
  5: '0 -1 -1 0 1 1',
  6: '0 -1 1 0 0 1',
  7: '0 1 1 0 0 0',
  8: '0 1 -1 0 1 0',
}

/** In the middle of the sheet, as large as it can be; turned where it lies the other way, since the paper in the tray is not. */
function drawingOf(
  { width, height, orientation }: Image,
  [sheetWidth, sheetHeight]: readonly [number, number],
): string {
  const isTurned = orientation >= 5
  const [seenWidth, seenHeight] = isTurned ? [height, width] : [width, height]
  const liesOtherWay = seenWidth > seenHeight !== sheetWidth > sheetHeight && seenWidth !== seenHeight
  const [drawnWidth, drawnHeight] = liesOtherWay ? [seenHeight, seenWidth] : [seenWidth, seenHeight]
  const scale = Math.min((sheetWidth - 2 * margin) / drawnWidth, (sheetHeight - 2 * margin) / drawnHeight)
  const [boxWidth, boxHeight] = [drawnWidth * scale, drawnHeight * scale]
  const [left, bottom] = [(sheetWidth - boxWidth) / 2, (sheetHeight - boxHeight) / 2]
  const box = [boxWidth, 0, 0, boxHeight, left, bottom].map((each) => each.toFixed(3)).join(' ')
  const matrices = [box, liesOtherWay ? turns[8] : undefined, turns[orientation]].filter((each) => each !== undefined)
  return `q ${matrices.map((matrix) => `${matrix} cm`).join(' ')} /I Do Q`
}
