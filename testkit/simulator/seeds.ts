/** Plays many seeds in several threads, until one breaks an invariant or time is up. */
import { Worker } from 'node:worker_threads'
import type { Broken } from './request-facts.ts'

/** Seeds in a row, for one thread. */
export interface Block {
  from: number
  seeds: number
}

export interface BlockPlayed {
  from: number
  played: number
  requests: number
  failed: FailedSeed | undefined
}

export interface FailedSeed {
  seed: number
  broken: Broken
}

export interface SeedsPlayed {
  played: number
  requests: number
  ms: number
  failed: FailedSeed | undefined
}

export interface SeedsOptions {
  from: number
  seeds: number
  jobs: number
  longestMs?: number
  told?: (sofar: SeedsPlayed) => void
}

/** Small enough that the threads end together, and large enough that they seldom talk. */
const blockSeeds = 25

export async function playSeeds({ from, seeds, jobs, longestMs, told }: SeedsOptions): Promise<SeedsPlayed> {
  const startMs = performance.now()
  const sofar: SeedsPlayed = { played: 0, requests: 0, ms: 0, failed: undefined }
  const end = from + seeds
  let next = from

  function nextBlock(): Block | undefined {
    const isLate = longestMs !== undefined && performance.now() - startMs > longestMs
    if (sofar.failed || isLate || next >= end) return undefined
    const block = { from: next, seeds: Math.min(blockSeeds, end - next) }
    next += block.seeds
    return block
  }

  function take({ played, requests, failed }: BlockPlayed): void {
    sofar.played += played
    sofar.requests += requests
    sofar.ms = performance.now() - startMs
    // The first one, whichever thread was faster.
    if (failed && (!sofar.failed || failed.seed < sofar.failed.seed)) sofar.failed = failed
    told?.({ ...sofar })
  }

  function work(): Promise<void> {
    const worker = new Worker(new URL('./seeds-worker.ts', import.meta.url))
    return new Promise<void>((resolve, reject) => {
      const goOn = () => {
        const block = nextBlock()
        if (block) worker.postMessage(block)
        else resolve()
      }
      worker.on('message', (played: BlockPlayed) => {
        take(played)
        goOn()
      })
      worker.on('error', reject)
      goOn()
    }).finally(() => worker.terminate())
  }

  await Promise.all(Array.from({ length: jobs }, work))
  return { ...sofar, ms: performance.now() - startMs }
}
