/** What an image is, as far as a page has to know that shows it; and which images are too much. */

export interface Image {
  /** In pixels, as they are stored. */
  readonly width: number
  readonly height: number
  /** How it is turned to be looked at: 1 to 8 (EXIF 2.32, tag 0x0112). */
  readonly orientation: number
  /** What a PDF says of the data (ISO 32000-1 §8.9.5): colour space, bits, filter. */
  readonly dictionary: string
  /** Of the image in that filter, from its beginning. @throws {ImageError} */
  data(): AsyncIterable<Uint8Array>
}

/** Why nothing is made of it: one sentence for whoever sent it. */
export class ImageError extends Error {
  override readonly name = 'ImageError'
}

/** A sheet of A3 at 1,200 dpi has 278 million. */
const mostPixels = 300_000_000
/** As JPEG has them at most; a row of PNG is held in memory. */
const longestSide = 65_535

/** @throws {ImageError} by the numbers in its head alone, before anything of it is read */
export function checkSize(width: number, height: number): void {
  if (width < 1 || height < 1) throw new ImageError('The image is damaged: its head says that it has no size.')
  if (width * height > mostPixels || Math.max(width, height) > longestSide)
    throw new ImageError(
      `The image has ${width} x ${height} pixels; ${mostPixels / 1_000_000} million at most are printed, ${longestSide} to a side: make it smaller.`,
    )
}

export const damaged = (what: string) => new ImageError(`The image is damaged: ${what}.`)
