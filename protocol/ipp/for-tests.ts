/** Messages for tests, written byte by byte as the RFC draws them. */

/** A number is a byte; [bytes, number] one of so many bytes; a text is itself; {text} stands behind its length. */
type Piece = number | readonly [bytes: number, value: number] | string | { readonly text: string }

export function bytesOf(...pieces: readonly Piece[]): Buffer {
  return Buffer.concat(pieces.map(pieceOf))
}

function pieceOf(piece: Piece): Buffer {
  if (typeof piece === 'number') return Buffer.of(piece)
  if (typeof piece === 'string') return Buffer.from(piece)
  if ('text' in piece) return bytesOf([2, Buffer.byteLength(piece.text)], piece.text)
  const number = Buffer.alloc(piece[0])
  number.writeUIntBE(piece[1], 0, piece[0])
  return number
}

/** An attribute, or with an empty name one more value of it, whose value is a text. */
export const withText = (tag: number, name: string, text: string) => bytesOf(tag, { text: name }, { text })

/** The same with a number of four bytes. */
export const withNumber = (tag: number, name: string, value: number) => bytesOf(tag, { text: name }, [2, 4], [4, value])

/** The beginning of all examples in RFC 8010 appendix A. */
export const start = (code: number, requestId = 1) =>
  Buffer.concat([
    bytesOf(1, 1, [2, code], [4, requestId], 1),
    withText(0x47, 'attributes-charset', 'utf-8'),
    withText(0x48, 'attributes-natural-language', 'en-us'),
  ])

export const pinetree = 'ipp://printer.example.com/ipp/print/pinetree'
