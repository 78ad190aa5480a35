/** The file that a record is written to or read from: whole or not there at all, packed with gzip where its name says so. */
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline as join, Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { Failure } from '@fairlead/base'

/** The name of standard input and output. */
export const standard = '-'

export interface RecordOutput extends AsyncDisposable {
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>
  /** On disk under its own name when it resolves. Disposed of before that, nothing of it is left. */
  finish(): Promise<void>
}

/** @throws {Failure} `unavailable`: there is such a file already, or it cannot be written */
export async function openOutput(path: string): Promise<RecordOutput> {
  if (path === standard) return standardOutput()
  if (existsSync(path)) throw new Failure('unavailable', `There is a file ${path} already: name another.`)
  const part = `${path}.part`
  await rm(part, { force: true })
  // Hashes and SCRAM keys are in it: nobody else on this machine reads them.
  const file = createWriteStream(part, { flags: 'wx', mode: 0o600 })
  const head: Writable = path.endsWith('.gz') ? createGzip() : file
  const done = head === file ? finished(file) : pipeline(head as ReturnType<typeof createGzip>, file)
  done.catch(() => {})
  const failing = async (doing: Promise<unknown>) => {
    try {
      await doing
    } catch (error) {
      // The first reason is the one to tell.
      const cause = await done.then(
        () => error,
        (reason) => reason,
      )
      throw cannotWrite(path, cause)
    }
  }
  return {
    write: (text) => failing(written(head, text)),
    async finish() {
      head.end()
      await failing(done)
      await failing(
        sync(part)
          .then(() => rename(part, path))
          .then(() => sync(dirname(path))),
      )
    },
    async [Symbol.asyncDispose]() {
      head.destroy()
      file.destroy()
      await done.catch(() => {})
      await rm(part, { force: true })
    },
  }
}

function standardOutput(): RecordOutput {
  return {
    write: (text) => written(process.stdout, text),
    async finish() {},
    async [Symbol.asyncDispose]() {},
  }
}

function written(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

function finished(stream: Writable): Promise<void> {
  return new Promise((resolve, reject) => stream.once('error', reject).once('close', resolve))
}

async function sync(path: string): Promise<void> {
  await using file = await open(path)
  await file.sync()
}

function cannotWrite(path: string, cause: unknown): Failure {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new Failure('unavailable', `${path} cannot be written (${said}): make room, or name another file.`, { cause })
}

/** Its bytes, unpacked. @throws {Failure} `unavailable`: it cannot be read */
export async function* readInput(path: string): AsyncGenerator<Uint8Array> {
  const source: Readable = path === standard ? process.stdin : createReadStream(path)
  const chunks = source[Symbol.asyncIterator]()
  try {
    const first = await chunks.next()
    if (first.done) return
    const all = Readable.from(andThen(first.value, chunks))
    // Source: RFC 1952 §2.3.1, the first two bytes of a gzip file.
    const isPacked = first.value[0] === 0x1f && first.value[1] === 0x8b
    // An error of the one is an error of the other, which is being read.
    yield* isPacked ? join(all, createGunzip(), () => {}) : all
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause
    throw new Failure('unavailable', `${path} cannot be read (${cause.message}).`, { cause })
  } finally {
    source.destroy()
  }
}

async function* andThen<Chunk>(first: Chunk, rest: AsyncIterator<Chunk>): AsyncGenerator<Chunk> {
  yield first
  yield* { [Symbol.asyncIterator]: () => rest }
}
