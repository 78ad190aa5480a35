/** Something that is done again and again. */
import type { Clock } from '@fairlead/base'

export function every(clock: Clock, ms: number, run: () => void): Disposable {
  let timer = clock.at(clock.now() + ms, ring)
  function ring(): void {
    timer = clock.at(clock.now() + ms, ring)
    run()
  }
  return { [Symbol.dispose]: () => timer.cancel() }
}
