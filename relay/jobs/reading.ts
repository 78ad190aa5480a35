/** A job's document on its way to who prints it: one that is lost ends its job, with that reason. */
import { Failure } from '@fairlead/base'
import type { Spool } from '../spool/spool.ts'
import type { JobEvent } from './job-machine.ts'

export const lost: JobEvent = { kind: 'impossible', reason: 'The relay has lost the document: send it again.' }

/**
 * Resolves when its first piece is there, since what cannot even begin is better refused than broken off.
 *
 * @param end of the job, which can come to no other
 * @throws {Failure} `job-ended`, also while it is read
 */
export async function readDocument(
  spool: Pick<Spool, 'open'>,
  digest: string,
  from: number,
  end: () => Promise<unknown>,
): Promise<AsyncIterable<Uint8Array>> {
  async function* content(): AsyncGenerator<Uint8Array, undefined> {
    try {
      yield* await spool.open(digest, from)
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'not-found')) throw error
      await end()
      throw new Failure('job-ended', 'The document is lost.')
    }
  }
  return begun(content())
}

async function begun<Piece>(pieces: AsyncGenerator<Piece, undefined>): Promise<AsyncIterable<Piece>> {
  const first = await pieces.next()
  let isFirst = true
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (!isFirst) return await pieces.next()
        isFirst = false
        return first
      },
      return: () => pieces.return(undefined),
    }),
  }
}
