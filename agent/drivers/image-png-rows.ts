/** The rows of a PNG image: whether they are all there, and what they look like on white paper. One row is held at a time. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createDeflate, createInflate } from 'node:zlib'
import { damaged } from './image.ts'

export interface PngForm {
  width: number
  height: number
  bits: number
  /** Of a pixel, with the one that says how much of it is seen. */
  samples: number
}

/** Bytes of a row, without the one before it that names its filter. */
const rowBytes = ({ width, bits, samples }: PngForm) => Math.ceil((width * bits * samples) / 8)

/** @throws {ImageError} there are not as many as the head says; what would be more is not unpacked */
export async function checkRows(data: AsyncIterable<Uint8Array>, form: PngForm): Promise<void> {
  let rows = 0
  for await (const row of rowsIn(data, form))
    if ((row[0] ?? 0) > 4) throw damaged(`row ${rows} has no filter`)
    else rows++
  if (rows < form.height) throw damaged(`it has ${rows} of its ${form.height} rows`)
}

/** Eight bits a sample, deflated, without what is seen through. */
export async function* onWhite(data: AsyncIterable<Uint8Array>, form: PngForm): AsyncGenerator<Uint8Array> {
  const packed = createDeflate()
  const packing = pipeline(Readable.from(shownRows(data, form)), packed)
  // It is awaited below; until then the stream tells of it.
  packing.catch(() => {})
  yield* packed as AsyncIterable<Buffer>
  await packing
}

async function* shownRows(data: AsyncIterable<Uint8Array>, form: PngForm): AsyncGenerator<Uint8Array> {
  const step = (form.bits / 8) * form.samples
  let above = new Uint8Array(rowBytes(form))
  for await (const row of rowsIn(data, form)) {
    const plain = unfilter(row, above, step)
    yield shown(plain, form)
    above = plain
  }
}

async function* rowsIn(data: AsyncIterable<Uint8Array>, form: PngForm): AsyncGenerator<Uint8Array> {
  const length = rowBytes(form) + 1
  const row = new Uint8Array(length)
  let [filled, rows] = [0, 0]
  for await (const chunk of inflated(data)) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + length - filled)
      row.set(part, filled)
      filled += part.length
      at += part.length
      if (filled < length) continue
      yield row
      filled = 0
      // Whoever hides more behind the picture fills no memory and no time with it.
      if (++rows === form.height) return
    }
  }
}

async function* inflated(data: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const plain = createInflate()
  const source = Readable.from(data)
  source.on('error', (error) => plain.destroy(error))
  source.pipe(plain)
  try {
    yield* plain as AsyncIterable<Buffer>
  } catch (error) {
    if (/^Z_/.test(String(Object(error).code))) throw damaged('its data cannot be unpacked')
    throw error
  } finally {
    source.destroy()
    plain.destroy()
  }
}

/** Source: PNG §9.2. @param step bytes of a pixel */
function unfilter(row: Uint8Array, above: Uint8Array, step: number): Uint8Array<ArrayBuffer> {
  const filter = row[0] ?? 0
  const plain = new Uint8Array(above.length)
  for (let at = 0; at < plain.length; at++) {
    const left = at < step ? 0 : (plain[at - step] ?? 0)
    const up = above[at] ?? 0
    const upLeft = at < step ? 0 : (above[at - step] ?? 0)
    plain[at] = (row[at + 1] ?? 0) + predicted(filter, left, up, upLeft)
  }
  return plain
}

function predicted(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 0) return 0
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  const [toLeft, toUp, toUpLeft] = [Math.abs(up - upLeft), Math.abs(left - upLeft), Math.abs(left + up - 2 * upLeft)]
  if (toLeft <= toUp && toLeft <= toUpLeft) return left
  return toUp <= toUpLeft ? up : upLeft
}

/** Of 16 bits the upper eight. */
function shown(plain: Uint8Array, { width, bits, samples }: PngForm): Uint8Array {
  const bytes = bits / 8
  const colors = samples - 1
  const out = new Uint8Array(width * colors)
  for (let pixel = 0; pixel < width; pixel++) {
    const at = pixel * samples * bytes
    const share = plain[at + colors * bytes] ?? 0
    for (let color = 0; color < colors; color++)
      out[pixel * colors + color] = Math.round(255 - ((255 - (plain[at + color * bytes] ?? 0)) * share) / 255)
  }
  return out
}
