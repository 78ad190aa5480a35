/**
 * A claim is confirmed by a printed page (B5): the word on it is bound to the claim and known to the paper alone; whoever types it
 * stands before the device as surely as whoever presses the button. What is kept of it survives a power cut.
 */
import { type Clock, Failure, type Random } from '@fairlead/base'
import { confirmationCommands, type Json, type WordCompared } from '@fairlead/protocol/contract'
import type { Paper } from '../drivers/driver.ts'
import { createTurns } from '../drivers/turns.ts'
import type { DeviceRecord } from '../memory/device-record.ts'
import { type PageFacts, renderConfirmationPage } from './page.ts'
import { hashWord, isWord, makeWord } from './word.ts'

export type KeptPages = DeviceRecord['confirmationPages']
type Args = Readonly<Record<string, Json>>

export interface ConfirmationPage {
  /** The device can print one. */
  readonly isPossible: boolean
  /** One lies there whose word is still good. */
  isOut(): boolean
  /** @throws {Failure} `device-refused`, `device-timeout`: in words for whoever asked */
  print(): Promise<{ tries: number }>
  /** What the relay alone may have it do. @returns undefined: it is none of these */
  command(name: string, args: Args): Promise<Json> | undefined
}

export interface ConfirmationPageNeeds {
  paper: Paper | undefined
  claim(): DeviceRecord['claim']
  kept(): KeptPages
  /** On disk when it returns. */
  keep(pages: KeptPages): void
  /** As the button does. On disk when it returns. */
  confirm(): void
  facts(): Promise<Omit<PageFacts, 'at'>>
  clock: Pick<Clock, 'wallNow'>
  random: Random
}

const triesOfPage = 5
const pagesAnHour = 3
const hourMs = 3_600_000

export function createConfirmationPage(needs: ConfirmationPageNeeds): ConfirmationPage {
  const { paper, clock } = needs
  /** Somebody at the panel and somebody at the relay may ask at once, and each try counts before the next. */
  const oneAtATime = createTurns(1)

  /** @param claimId undefined: whichever there is */
  function claimToConfirm(claimId: Json | undefined): string {
    const claim = needs.claim()
    if (!claim) throw refusal('Nobody has claimed this device by its code: there is nothing to confirm.')
    if (claimId !== undefined && claimId !== claim.id)
      throw refusal('This device knows another claim: there is nothing to confirm for this one.')
    if (claim.confirmedAt !== null) throw refusal('It has been confirmed at the device: nothing more is to be done.')
    return claim.id
  }

  function mustHavePagesLeft(printedAt: readonly number[]): void {
    const [oldest] = printedAt
    if (oldest === undefined || printedAt.length < pagesAnHour) return
    const minutes = Math.max(1, Math.ceil((oldest + hourMs - clock.wallNow()) / 60_000))
    throw refusal(
      `${pagesAnHour} pages have been printed within the hour: type the word of the last one, press "Confirm" on the panel, or wait ${minutes} min.`,
    )
  }

  async function print(claimId?: Json): Promise<{ tries: number }> {
    const claim = claimToConfirm(claimId)
    if (!paper) throw refusal('This device cannot print such a page: press "Confirm" on its panel.')
    const before = needs.kept()
    const now = clock.wallNow()
    const printedAt = before.printedAt.filter((at) => Math.abs(now - at) < hourMs)
    mustHavePagesLeft(printedAt)
    const word = makeWord(needs.random)
    const text = renderConfirmationPage({ ...(await needs.facts()), word, at: now })
    const page = { claim, ...(await hashWord(word, needs.random)), triesLeft: triesOfPage }
    // Before it is printed: a page that comes out is good, whatever happens meanwhile.
    needs.keep({ page, printedAt: [...printedAt, now] })
    try {
      await paper.print(text)
    } catch (error) {
      // Of one that has not come out nothing is kept, and the one before stays good.
      if (error instanceof Failure && error.code === 'device-refused') needs.keep(before)
      throw error
    }
    return { tries: triesOfPage }
  }

  async function compare({ claim: claimId, word }: Args): Promise<WordCompared> {
    const claim = needs.claim()
    // Said before, and the answer got lost.
    if (claim?.id === claimId && claim?.confirmedAt) return { confirmed: true }
    claimToConfirm(claimId ?? null)
    const { page, printedAt } = needs.kept()
    if (!page || page.claim !== claimId) throw refusal('No page has been printed for this claim: have one printed.')
    if (page.triesLeft === 0) return { confirmed: false, triesLeft: 0 }
    // Counted before it is compared, so that nobody tries twice by pulling the plug.
    const triesLeft = page.triesLeft - 1
    needs.keep({ page: { ...page, triesLeft }, printedAt })
    if (typeof word !== 'string' || !(await isWord(word, page))) return { confirmed: false, triesLeft }
    needs.confirm()
    return { confirmed: true }
  }

  return {
    isPossible: paper !== undefined,
    isOut() {
      const { page } = needs.kept()
      return page !== null && page.triesLeft > 0 && page.claim === needs.claim()?.id
    },
    print: () => oneAtATime(() => print()),
    command(name, args) {
      if (name === confirmationCommands.print) return oneAtATime(() => print(args['claim'] ?? null))
      if (name === confirmationCommands.compare) return oneAtATime(() => compare(args))
      return undefined
    },
  }
}

function refusal(words: string): Failure {
  return new Failure('device-refused', words)
}
