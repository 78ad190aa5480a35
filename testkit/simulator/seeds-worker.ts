/** Plays the seeds that it is given, in a thread of its own; tells of each block, and of what was broken in it. */
import { parentPort } from 'node:worker_threads'
import { playHour } from './hour.ts'
import type { Block, BlockPlayed } from './seeds.ts'

async function play({ from, seeds }: Block): Promise<BlockPlayed> {
  let requests = 0
  for (let seed = from; seed < from + seeds; seed++) {
    const hour = await playHour(seed)
    requests += hour.requests
    const [broken] = hour.broken
    if (broken) return { from, played: seed - from + 1, requests, failed: { seed, broken } }
  }
  return { from, played: seeds, requests, failed: undefined }
}

parentPort?.on('message', (block: Block) => {
  // The thread ends on what play() throws, and whoever started it is told.
  void play(block).then((played) => parentPort?.postMessage(played))
})
