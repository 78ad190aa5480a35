/** How much of the heap is needed. What is in use holds garbage as well, so near the limit it is read when V8 has collected. */
import { constants, PerformanceObserver, performance } from 'node:perf_hooks'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

export interface Heap extends Disposable {
  /** 0 to 1: of the heap that this process may have, what it needs. */
  neededShare(): number
}

/** So much of what is in use is taken for garbage while nothing better is known: in a heap that is collected by need there is always some. */
const garbageShare = 0.1
/** V8 collects by need. A heap that has had none for so long is not short of room, whatever it needed then. */
const goodForMs = 30_000

/** @param used 0 to 1 @param left what there was after the last collection, if that is known */
export function neededOf(used: number, left: number | undefined): number {
  return Math.max(0, Math.min(used, Math.max(used - garbageShare, left ?? 0)))
}

/**
 * @param minds from this share on somebody wants to know. A tenth below it nothing is watched and nothing is paid; above, each
 * collection costs some 30 µs more: a ten-thousandth of the time or two.
 */
export function watchHeap(minds: number): Heap {
  const watchedFrom = minds - garbageShare
  const room = oldRoom()
  let left: number | undefined
  let collectedMs = 0
  let isWatched = false
  const observer = new PerformanceObserver((list) => {
    if (!list.getEntries().some((entry) => Object(entry).detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR)) return
    left = usedBytes() / room
    collectedMs = performance.now()
  })

  function watch(isToBe: boolean): void {
    if (isToBe === isWatched) return
    isWatched = isToBe
    if (isToBe) observer.observe({ entryTypes: ['gc'] })
    else observer.disconnect()
  }

  return {
    neededShare() {
      const used = usedBytes() / room
      watch(used >= watchedFrom)
      if (!isWatched || performance.now() - collectedMs > goodForMs) left = undefined
      return neededOf(used, left)
    },
    [Symbol.dispose]: () => watch(false),
  }
}

/**
 * Bytes that old objects may take, at the end of which a process ends. V8 tells them only together with the room for young
 * ones, which is half as much again where the heap is small.
 */
export function oldRoom(): number {
  const given = [...(process.env['NODE_OPTIONS'] ?? '').split(' '), ...process.execArgv]
    .map((option) => /^--max[-_]old[-_]space[-_]size=(\d+)$/.exec(option)?.[1])
    .findLast((megabytes) => megabytes !== undefined)
  const { heap_size_limit: limit } = getHeapStatistics()
  return given === undefined ? limit : Math.min(limit, Number(given) * 2 ** 20)
}

/** By old objects. */
function usedBytes(): number {
  let young = 0
  for (const { space_name: name, space_used_size: used } of getHeapSpaceStatistics())
    if (name.startsWith('new_')) young += used
  return getHeapStatistics().used_heap_size - young
}
