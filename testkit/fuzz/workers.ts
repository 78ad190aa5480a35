/** Shares a target among threads, and watches them: one that says nothing for long hangs in the input that it noted. */
import { Worker } from 'node:worker_threads'
import type { Played } from './play.ts'

export interface WorkerTask {
  target: string
  seed: number
  inputs: number
  jobs: number
  job: number
  note: SharedArrayBuffer
}

export type FromWorker = { kind: 'progress'; tried: number } | { kind: 'played'; played: Played }

/** A batch takes a second or two, and what is found is made small within ten. */
const longestSilenceMs = 60_000
const noteBytes = 512 * 1024

/** The input that is being tried, where another thread can read it. */
export function createNote(shared: SharedArrayBuffer) {
  const length = new Int32Array(shared, 0, 1)
  const bytes = new Uint8Array(shared, 4)
  return {
    write(input: Uint8Array): void {
      const kept = input.subarray(0, bytes.length)
      bytes.set(kept)
      length[0] = kept.length
    },
    read: () => bytes.slice(0, length[0]),
  }
}

export interface PlayTask {
  target: string
  seed: number
  inputs: number
  jobs: number
  /** Called with what all threads have tried so far. */
  progress(tried: number): void
  silenceMs?: number
}

/** Plays a target in `jobs` threads. */
export async function playInThreads(task: PlayTask): Promise<Played> {
  const tried = new Array<number>(task.jobs).fill(0)
  const all = await Promise.all(
    tried.map((_, job) =>
      playInThread(
        { ...task, job, note: new SharedArrayBuffer(4 + noteBytes) },
        (count) => {
          tried[job] = count
          task.progress(tried.reduce((sum, each) => sum + each, 0))
        },
        task.silenceMs ?? longestSilenceMs,
      ),
    ),
  )
  const counts: Record<string, number> = {}
  for (const played of all)
    for (const [name, count] of Object.entries(played.counts)) counts[name] = (counts[name] ?? 0) + count
  return {
    tried: all.reduce((sum, played) => sum + played.tried, 0),
    counts,
    findings: all.flatMap(({ findings }) => findings),
  }
}

function playInThread(
  { target, seed, inputs, jobs, job, note }: WorkerTask,
  progress: (tried: number) => void,
  silenceMs: number,
): Promise<Played> {
  const { promise, resolve, reject } = Promise.withResolvers<Played>()
  const task: WorkerTask = { target, seed, inputs, jobs, job, note }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: task })
  let tried = 0
  const hang = () => {
    const input = createNote(note).read()
    const what = `it hangs: no word for ${silenceMs / 1000} s`
    resolve({ tried, counts: {}, findings: [{ what, nth: undefined, input }] })
    void worker.terminate()
  }
  let watch = setTimeout(hang, silenceMs)
  worker.on('message', (message: FromWorker) => {
    clearTimeout(watch)
    if (message.kind === 'played') return resolve(message.played)
    watch = setTimeout(hang, silenceMs)
    tried = message.tried
    progress(tried)
  })
  worker.once('error', reject)
  worker.once('exit', () => {
    clearTimeout(watch)
    reject(new Error(`A thread that fuzzed ${target} ended early.`))
  })
  return promise
}
