/** An honest device and an honest service beside the fuzzing: they must not notice it. */
import { setTimeout as pause } from 'node:timers/promises'
import { joinByHand } from '../hand-device.ts'
import type { Neighbourhood } from '../neighbourhood.ts'

export interface Honest extends AsyncDisposable {
  /** What went wrong so far, the worst first. */
  complaints(): string[]
  /** How long its calls took, in milliseconds, in order of length. */
  took(): number[]
}

const id = 'honest'
/** Far above what it takes: the fuzzing shares the machine with the relay, and with whoever else works on it. */
const longestMs = 10_000

export async function openHonest(street: Neighbourhood): Promise<Honest> {
  const device = await joinByHand(street, id)
  device.serve(({ request }) => ({ values: { model: `of ${request.get?.length}` } }))
  const wrong = new Set<string>()
  const took: number[] = []
  let isOver = false
  void device.over().then(
    (why) => isOver || wrong.add(`the honest device's session is over: ${why}`),
    (error) => isOver || wrong.add(`the honest device fails: ${error}`),
  )

  async function ask(): Promise<void> {
    const startMs = performance.now()
    const { status, outcome, body } = await street.service.ask(id, { get: ['model'] })
    const tookMs = performance.now() - startMs
    took.push(tookMs)
    if (tookMs > longestMs) wrong.add(`the honest service waits: ${Math.round(tookMs)} ms`)
    if (status !== 200 || outcome !== 'answered') wrong.add(`the honest service is refused: ${JSON.stringify(body)}`)
  }

  async function goOn(): Promise<void> {
    while (!isOver) {
      await ask()
      await pause(100)
    }
  }
  const going = goOn().catch((error) => wrong.add(`the honest service fails: ${error}`))
  return {
    complaints: () => [...wrong],
    took: () => took.toSorted((one, other) => one - other),
    async [Symbol.asyncDispose]() {
      isOver = true
      await going
      await device[Symbol.asyncDispose]()
    },
  }
}
