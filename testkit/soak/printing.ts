/** `fairlead agent` with a virtual printer that is killed while it prints: its page counter says how often it did. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Neighbourhood } from '../neighbourhood.ts'
import { startHouseFile } from '../process.ts'
import { until } from '../until.ts'
import type { Lie } from './history.ts'

export interface Printing extends AsyncDisposable {
  /** Kills the agent, and starts it again from its data folder alone. */
  restartAgent(): Promise<void>
  /** Prints no more. @returns what the counter gives the lie to */
  settle(): Promise<Lie[]>
  readonly counts: { answered: number; unclear: number }
}

const device = 'virtual-1'

export async function openPrinting({ service, openAgent }: Neighbourhood): Promise<Printing> {
  await using building = new AsyncDisposableStack()
  const { process: first, data } = await openAgent({ id: device, driver: 'virtual?pages=0' })
  let agent = first
  building.defer(async () => void (await agent.kill()))
  const counts = { answered: 0, unclear: 0 }
  const stopping = new AbortController()

  async function printOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      const page = { command: 'print-test-page', arguments: { pages: 1 }, timeoutSeconds: 2 }
      const { status, outcome } = await service.ask(device, page)
      if (status === 200) counts.answered++
      else if (outcome !== 'not-sent') counts.unclear++
      await pause(50)
    }
  }
  const printing = printOn()
  building.defer(async () => {
    stopping.abort()
    await printing
  })

  const built = building.move()
  return {
    counts,
    async restartAgent() {
      await agent.kill()
      agent = await startHouseFile('cli/main.ts', ['agent', '--data', data])
      await agent.nextEvent('device.online')
    },
    async settle() {
      stopping.abort()
      await printing
      const pages = await until('the printer tells how many pages it printed', async () => {
        const { status, body } = await service.ask(device, { get: ['pages'] })
        return status === 200 && Object(Object(body).values.pages).value
      })
      const { answered, unclear } = counts
      const words = `${pages} pages were printed; ${answered} were answered and of ${unclear} nothing is known.`
      if (pages < answered) return [{ rule: 'not-done', words }]
      return pages > answered + unclear ? [{ rule: 'done-twice', words }] : []
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
