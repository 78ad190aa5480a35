/** Bytes under a name that grow at their end: what documents are kept in, whatever it is kept on. */
import { Failure } from '@fairlead/base'

export interface Blobs {
  /**
   * Adds what comes to the end of a blob, which begins with its first part. Whatever is there when it ends, in whichever way,
   * is on disk and counts: a connection that is cut costs only what did not arrive.
   *
   * @param at how long it is now: whoever is wrong about that adds nothing
   * @returns how long it is then
   * @throws {Failure} `wrong-offset`; `unavailable`: there is no room; what `pieces` throws
   */
  append(name: string, at: number, pieces: AsyncIterable<Uint8Array>): Promise<number>
  /** 0 if there is none. */
  length(name: string): Promise<number>
  /**
   * From this byte on to the end of what is there: of one that is removed meanwhile, or was never there, what was read till then.
   * A piece is the reader's until it asks for the next one: the memory may be used again.
   */
  read(name: string, from: number): AsyncIterable<Uint8Array>
  /** None is as well. */
  remove(name: string): Promise<void>
  /** Those whose last part is older than this, by the clock of the wall. */
  olderThan(atMs: number): Promise<string[]>
}

export function wrongOffset(): Failure {
  return new Failure('wrong-offset', 'Ask how much is there, and go on from that.')
}
