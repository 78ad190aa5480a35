/** Documents that print clients send compressed (RFC 8011 §4.2.1.1): into the spool they go as they were before. */
import { createGunzip } from 'node:zlib'
import { IppRefusal } from './refusal.ts'

export const compressions = ['none', 'gzip'] as const
export type Compression = (typeof compressions)[number]

/** @throws {IppRefusal} */
export function compressionOf(told: string | undefined): Compression {
  const known = compressions.find((each) => each === (told ?? 'none'))
  if (known) return known
  throw new IppRefusal(
    'client-error-compression-not-supported',
    `The printer takes documents that are compressed with gzip, or not at all; not with ${told}.`,
  )
}

/** Made in one step; whoever takes it decides how much is too much. */
const pieceBytes = 64 * 1024
/** So much may come without anything to show for it: blocks, members and names that hold nothing can go on for ever. */
const spareBytes = 256 * 1024

/**
 * No more of it is made than is taken, and no more of `document` is asked for than is needed: whoever breaks off waits for nobody.
 *
 * @throws {IppRefusal} of what is no gzip, is damaged or ends too early @throws what `document` throws
 */
export async function* unpacked(document: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacking = createGunzip({ chunkSize: pieceBytes })
  let failure: Error | undefined
  let isOver = false
  let stir = () => {}
  unpacking
    .on('readable', () => stir())
    .on('end', () => {
      isOver = true
      stir()
    })
    .on('error', (error) => {
      failure = error
      stir()
    })
  let came = 0
  let made = 0

  async function* madeUntil(isTaken: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece: Uint8Array | null = unpacking.read()
      if (failure) throw damaged(failure)
      if (piece) {
        made += piece.length
        yield piece
      } else if (isOver || isTaken()) return
      else
        await new Promise<void>((resolve) => {
          stir = resolve
        })
    }
  }

  try {
    for await (const piece of document) {
      let isTaken = false
      unpacking.write(piece, () => {
        isTaken = true
        stir()
      })
      yield* madeUntil(() => isTaken)
      // Behind the end zeros are borne, and nothing else.
      if (isOver) return
      came += piece.length
      if (came > made + spareBytes) throw damaged()
    }
    unpacking.end()
    yield* madeUntil(() => false)
  } finally {
    unpacking.destroy()
  }
}

function damaged(cause?: Error): IppRefusal {
  const refusal = new IppRefusal(
    'client-error-compression-error',
    'What came is no gzip, or it is damaged or cut off: nothing of it is kept.',
  )
  refusal.cause = cause
  return refusal
}
