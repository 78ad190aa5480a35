/** The picture of a printer, drawn here: print clients want PNG, in three sizes (PWG 5100.13 §5.6.39). */
import { crc32, deflateSync } from 'node:zlib'

/** In sixteenths of its side: left, top, right, bottom, and how dark. Drawn one over the other. */
const shapes: readonly (readonly [left: number, top: number, right: number, bottom: number, gray: number])[] = [
  [4, 2, 12, 6, 0xdd],
  [2, 6, 14, 11, 0x33],
  [4, 9, 12, 14, 0xff],
  [5, 11, 11, 11.5, 0x99],
  [5, 12.5, 9, 13, 0x99],
  [12, 7, 13, 8, 0x66],
]

/** What is outside is left transparent. */
export function iconOf(side: number): Buffer {
  // Gray and alpha, and before each row how it is filtered: not at all (ISO 15948 §9).
  const row = 1 + 2 * side
  const pixels = Buffer.alloc(row * side)
  const edge = (sixteenths: number) => Math.round((sixteenths * side) / 16)
  for (const [left, top, right, bottom, gray] of shapes)
    for (let y = edge(top); y < edge(bottom); y++)
      for (let x = edge(left); x < edge(right); x++) pixels.set([gray, 0xff], row * y + 1 + 2 * x)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  head.set([8, 4, 0, 0, 0], 8)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
