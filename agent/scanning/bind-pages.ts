/** Scanned pages become what is sent: one PDF with a page for each, as large as the paper was; or the one image. */
import { createWriteStream } from 'node:fs'
import { open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Image } from '../drivers/image.ts'
import { readJpeg } from '../drivers/image-jpeg.ts'
import { readPng } from '../drivers/image-png.ts'
import { type PageOfImage, pdfOfImages } from '../drivers/images-pdf.ts'
import { pageFile, type ScanSettings } from './scanner.ts'

/**
 * @param pages files of `folder` from the first one on: JPEG or PNG
 * @param file is made, whole and on disk when this returns
 * @returns its bytes
 */
export async function bindPages(
  folder: string,
  pages: number,
  { format, resolution }: Pick<ScanSettings, 'format' | 'resolution'>,
  file: string,
): Promise<number> {
  const part = format === 'application/pdf' ? `${file}.part` : join(folder, pageFile(1))
  if (format === 'application/pdf') {
    const files = Array.from({ length: pages }, (_, at) => join(folder, pageFile(at + 1)))
    await pipeline(pdfOfImages(pagesOf(files, resolution)), createWriteStream(part, { mode: 0o600, flush: true }))
  }
  await rename(part, file)
  return (await stat(file)).size
}

async function* pagesOf(files: readonly string[], resolution: number): AsyncGenerator<PageOfImage> {
  for (const file of files) {
    const head = await headOf(file)
    const image = await (isPng(head) ? readPng(file) : readJpeg(file))
    const sheet = sheetOf(image, dotsPerInch(head) ?? resolution)
    yield { image, sheet, drawing: `q ${sheet[0]} 0 0 ${sheet[1]} 0 0 cm /I Do Q` }
  }
}

/** In points, to a hundredth. */
function sheetOf({ width, height }: Image, dpi: number): readonly [number, number] {
  const points = (dots: number) => Math.round((dots * 7200) / dpi) / 100
  return [points(width), points(height)]
}

async function headOf(file: string): Promise<Buffer> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0)
  return buffer.subarray(0, bytesRead)
}

function isPng(head: Buffer): boolean {
  return head[0] === 0x89
}

/**
 * A scanner need not keep to the resolution that it is asked for, and says so in what it makes.
 * Source: JFIF 1.02, APP0; PNG (Third Edition) §11.3.4.3
 *
 * @returns undefined: it does not say
 */
function dotsPerInch(head: Buffer): number | undefined {
  const inch = isPng(head) ? inchOfPng(head) : inchOfJpeg(head)
  return inch !== undefined && inch >= 1 ? inch : undefined
}

function inchOfPng(head: Buffer): number | undefined {
  // Behind the signature and IHDR.
  const isMetric = head.length >= 50 && head.toString('latin1', 37, 41) === 'pHYs' && head[49] === 1
  return isMetric ? head.readUInt32BE(41) * 0.0254 : undefined
}

function inchOfJpeg(head: Buffer): number | undefined {
  if (head.length < 18 || head.toString('latin1', 6, 11) !== 'JFIF\0') return undefined
  const density = head.readUInt16BE(14)
  return { 1: density, 2: density * 2.54 }[head[13] ?? 0]
}
