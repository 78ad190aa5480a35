/** The PIN on paper (C1), for whoever stands at a device that shows nothing: each PIN once, so that nobody empties a tray by asking. */
import { type Clock, Failure } from '@fairlead/base'
import type { Paper } from '../drivers/driver.ts'
import { createTurns } from '../drivers/turns.ts'
import { type PageFacts, renderPinPage } from './page.ts'

export interface PinPage {
  /** There is a PIN that has not been printed, and paper to print it on. */
  isPossible(): boolean
  /** @throws {Failure} `device-refused`, `device-timeout`: in words for whoever asked */
  print(): Promise<void>
}

export interface PinPageNeeds {
  paper: Paper | undefined
  /** The one that is shown now; undefined: none is. */
  pin(): string | undefined
  facts(): Promise<Omit<PageFacts, 'at'>>
  clock: Pick<Clock, 'wallNow'>
}

export function createPinPage({ paper, pin, facts, clock }: PinPageNeeds): PinPage {
  let printed: string | undefined
  const oneAtATime = createTurns(1)

  async function print(): Promise<void> {
    const shown = pin()
    if (!paper) throw refusal('This device cannot print its PIN: read it on its panel.')
    if (shown === undefined) throw refusal('This device shows no PIN: there is nothing to print.')
    if (shown === printed)
      throw refusal(
        'This PIN has been printed: look in the tray. The next one, within ten minutes, can be printed too.',
      )
    const page = renderPinPage({ ...(await facts()), pin: shown, at: clock.wallNow() })
    const before = printed
    printed = shown
    try {
      await paper.print(page)
    } catch (error) {
      // It has surely not come out.
      if (error instanceof Failure && error.code === 'device-refused') printed = before
      throw error
    }
  }

  return {
    isPossible: () => paper !== undefined && pin() !== undefined && pin() !== printed,
    print: () => oneAtATime(print),
  }
}

function refusal(words: string): Failure {
  return new Failure('device-refused', words)
}
