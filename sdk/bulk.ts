/** The same for many devices: so many at once, and what became of each as soon as it is known. */

/** What became of it at one device. */
export type BulkResult<Done> =
  | { device: string; is: 'done'; done: Done }
  | { device: string; is: 'failed'; error: unknown }

export interface BulkOptions<Done> {
  /** 8 by default: a relay that serves others as well is not flooded. */
  atOnce?: number
  /** Once it is aborted nothing more is begun; what is under way is waited for, so that its result is known. */
  signal?: AbortSignal
  told(result: BulkResult<Done>): void
}

/** Resolves when all are done, or when it was stopped and what was under way has ended. Each is tried once. */
export async function inBulk<Done>(
  devices: readonly string[],
  act: (device: string) => Promise<Done>,
  { atOnce = 8, signal, told }: BulkOptions<Done>,
): Promise<void> {
  let next = 0
  async function work(): Promise<void> {
    while (next < devices.length && !signal?.aborted) {
      const device = devices[next++] as string
      told(await tried(device, act))
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, devices.length) }, work))
}

async function tried<Done>(device: string, act: (device: string) => Promise<Done>): Promise<BulkResult<Done>> {
  try {
    return { device, is: 'done', done: await act(device) }
  } catch (error) {
    return { device, is: 'failed', error }
  }
}
