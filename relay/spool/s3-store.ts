/** Objects in a bucket of an S3-compatible storage: put, read and removed, tried again where that may help. */
import type { IncomingMessage } from 'node:http'
import { backoffMs, type Clock, Failure, type Log, passing, type Random } from '@fairlead/base'
import type { SpoolConfig } from '../spool-config.ts'
import { adviceFor, mayPass, saidBy } from './s3-advice.ts'
import { createS3Caller, S3Refusal } from './s3-call.ts'

export interface S3Store extends Disposable {
  /** It is stored when this resolves. @throws {Failure} `unavailable` */
  put(key: string, body: readonly Uint8Array[]): Promise<void>
  /** From this byte on, to the end of an object that has so many. @throws {Failure} `unavailable`; `not-found`: it is gone */
  read(key: string, from: number, bytes: number): AsyncIterable<Uint8Array>
  /** None is as well. @throws {Failure} `unavailable` */
  remove(key: string): Promise<void>
}

export interface S3StoreNeeds {
  place: SpoolConfig
  clock: Clock
  random: Random
  log: Log
  /** A call came to nothing for good. */
  failed(): void
}

/** Five tries within four seconds: whoever waits for the answer is still there, and a server that starts again has done so. */
const pauses = { firstMs: 250, longestMs: 4_000 }
const mostTries = 5
/** As long as a storage may have us wait for it (`Retry-After`). */
const longestAskedMs = 5_000

/**
 * Opens it, and tries it with a small object first.
 *
 * A storage that is only away does not keep the relay from its start: devices and requests need no documents, and those are
 * refused until it answers. One that refuses would refuse for ever.
 *
 * @throws {Failure} `unavailable`, one sentence that says what to do: the storage refuses this relay
 */
export async function openS3Store({ place, clock, random, log, failed }: S3StoreNeeds): Promise<S3Store> {
  using opening = new DisposableStack()
  const caller = opening.use(createS3Caller(place, clock.wallNow))
  const inWords = `s3://${place.bucket}/${place.prefix} at ${place.endpoint}`

  async function trying<Done>(work: () => Promise<Done>): Promise<Done> {
    for (let tries = 1; ; tries++)
      try {
        return await work()
      } catch (error) {
        if (tries === mostTries || !mayPass(error)) throw error
        const asked = error instanceof S3Refusal ? (error.retryAfterSeconds ?? 0) * 1000 : 0
        const own = backoffMs(tries - 1, pauses, random.fraction())
        await passing(clock, Math.max(own, Math.min(asked, longestAskedMs)))
      }
  }

  /** Who asks learns that it is not their fault; where the storage is, and what is wrong there, is the operator's to know. */
  function told(error: unknown): Failure {
    failed()
    log.warn('spool.storage-failed', `The storage of documents, ${inWords}, failed: ${adviceFor(error)}.`, {
      said: saidBy(error),
    })
    return error instanceof S3Refusal && error.code === 'NoSuchKey'
      ? new Failure('not-found', 'The document is not in the spool any more.', { cause: error })
      : new Failure('unavailable', 'The storage of documents does not do its work at the moment: try again later.', {
          retryAfterSeconds: 30,
          cause: error,
        })
  }

  const put = async (key: string, body: readonly Uint8Array[]) => drop(await caller.call({ method: 'PUT', key, body }))

  async function remove(key: string): Promise<void> {
    try {
      drop(await caller.call({ method: 'DELETE', key }))
    } catch (error) {
      if (!(error instanceof S3Refusal && error.code === 'NoSuchKey')) throw error
    }
  }

  /** What comes over one connection. */
  async function* readOnce(key: string, from: number): AsyncGenerator<Uint8Array> {
    const answer = await caller.call({ method: 'GET', key, from })
    if (from === 0 || answer.statusCode === 206) return yield* answer
    // It takes no ranges, and would begin at the beginning.
    answer.destroy()
    throw new S3Refusal(answer.statusCode ?? 0, '')
  }

  /** A connection that breaks costs one of the tries, and whatever came makes up for all before. */
  async function* read(key: string, from: number, bytes: number): AsyncGenerator<Uint8Array> {
    let [at, tries] = [from, 0]
    while (at < bytes)
      try {
        for await (const piece of readOnce(key, at)) {
          at += piece.length
          tries = 0
          yield piece
        }
        if (at < bytes) throw Object.assign(new Error('it ended early'), { code: 'ECONNRESET' })
      } catch (error) {
        if (++tries >= mostTries || !mayPass(error)) throw error
        await passing(clock, backoffMs(tries - 1, pauses, random.fraction()))
      }
  }

  /** Once: a storage that is busy or away is found out soon enough. */
  async function tryIt(): Promise<void> {
    const [key, word] = [`check-${random.token(18)}`, Buffer.from('This may be removed.')]
    await put(key, [word])
    const seen: Uint8Array[] = []
    for await (const piece of read(key, 0, word.length)) seen.push(piece)
    if (!word.equals(Buffer.concat(seen))) throw new Error('what was read is not what was written')
    await remove(key)
  }

  try {
    await tryIt()
  } catch (error) {
    if (!mayPass(error))
      throw new Failure(
        'unavailable',
        `The storage of documents, ${inWords}, cannot be used (${saidBy(error)}): ${adviceFor(error)}.`,
        { cause: error },
      )
    failed()
    log.warn(
      'spool.storage-away',
      `The storage of documents, ${inWords}, does not answer: documents are refused until it does: ${adviceFor(error)}.`,
      { said: saidBy(error) },
    )
  }

  const opened = opening.move()
  return {
    put: (key, body) => trying(() => put(key, body)).catch((error) => Promise.reject(told(error))),
    remove: (key) => trying(() => remove(key)).catch((error) => Promise.reject(told(error))),
    async *read(key, from, bytes) {
      try {
        yield* read(key, from, bytes)
      } catch (error) {
        throw told(error)
      }
    },
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  }
}

/** Its connection is free for the next call once nothing of it is left. */
function drop(answer: IncomingMessage): void {
  answer.resume()
  // It has said that it is done; how the rest of that ends changes nothing.
  answer.on('error', () => {})
}
