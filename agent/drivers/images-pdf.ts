/** A PDF of images, a page each, written as they are read: nothing is recompressed, and no image is held in memory. */
import type { Image } from './image.ts'

export interface PageOfImage {
  readonly image: Image
  /** Width and height in points. */
  readonly sheet: readonly [number, number]
  /** Draws `/I`, the image, onto the sheet (ISO 32000-1 §8). */
  readonly drawing: string
}

/** Source: ISO 32000-1 §7.5. What is known only behind the data stands behind it: its length, and which pages there are. */
export async function* pdfOfImages(
  pages: Iterable<PageOfImage> | AsyncIterable<PageOfImage>,
): AsyncGenerator<Uint8Array> {
  const places: number[] = []
  let at = 0
  const text = (words: string) => {
    const bytes = Buffer.from(words, 'latin1')
    at += bytes.length
    return bytes
  }
  const object = (number: number, words: string) => {
    places[number - 1] = at
    return text(`${number} 0 obj\n${words}\n`)
  }
  // 1.5 is the first with 16 bits a sample.
  yield text('%PDF-1.5\n%\xe2\xe3\xcf\xd3\n')
  yield object(1, '<< /Type /Catalog /Pages 2 0 R >>\nendobj')
  const kids: string[] = []
  let next = 3
  for await (const { image, sheet, drawing } of pages) {
    const [page, contents, data, length] = [next, next + 1, next + 2, next + 3]
    next += 4
    kids.push(`${page} 0 R`)
    const inside = `/MediaBox [0 0 ${sheet.join(' ')}] /Contents ${contents} 0 R /Resources << /XObject << /I ${data} 0 R >> >>`
    yield object(page, `<< /Type /Page /Parent 2 0 R ${inside} >>\nendobj`)
    yield object(contents, `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream\nendobj`)
    const { width, height, dictionary } = image
    const form = `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} ${dictionary} /Length ${length} 0 R`
    yield object(data, `<< ${form} >>\nstream`)
    const from = at
    for await (const chunk of image.data()) {
      at += chunk.length
      yield chunk
    }
    const bytes = at - from
    yield text('\nendstream\nendobj\n')
    yield object(length, `${bytes}\nendobj`)
  }
  yield object(2, `<< /Type /Pages /Count ${kids.length} /Kids [${kids.join(' ')}] >>\nendobj`)
  const table = at
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')
  yield text(`xref\n0 ${next}\n0000000000 65535 f \n${rows}`)
  yield text(`trailer\n<< /Size ${next} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`)
}
