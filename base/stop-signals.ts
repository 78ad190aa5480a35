/** A program is asked to stop by a signal. A terminal's Ctrl-C comes twice: from the terminal, and again through the launcher. */

/** Signals so close together are one wish. */
const oneWishMs = 1_000

/**
 * Resolves with the name of the first SIGTERM, SIGINT or SIGHUP. Who asks again after a second wants it at once: the
 * process then exits with 1.
 */
export function askedToStop(): Promise<string> {
  return new Promise((resolve) => {
    let firstMs: number | undefined
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => {
        firstMs ??= performance.now()
        if (performance.now() - firstMs > oneWishMs) process.exit(1)
        resolve(signal)
      })
  })
}
