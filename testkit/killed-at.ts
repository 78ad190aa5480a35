/** Many do the same at once, and their relay is killed in the middle of it. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turnOfLoop } from 'node:timers/promises'
import type { Neighbourhood } from './neighbourhood.ts'
import { isPlayedOnNodes } from './relays.ts'
import type { Reply } from './service.ts'

/** So many answers, or the first change of what this counts (as `n`) in the record: as soon as it could be seen on the disk. */
export type Moment = number | string

/**
 * The relay is killed at that moment, and started again.
 * @returns undefined: that one had no answer
 */
export async function killedAt<Thing>(
  street: Neighbourhood,
  moment: Moment,
  things: readonly Thing[],
  work: (thing: Thing) => Promise<Reply>,
): Promise<(Reply | undefined)[]> {
  // The record of several nodes is no file.
  const enough = typeof moment === 'string' && !isPlayedOnNodes ? firstChangeOf(street, moment) : undefined
  const mostAnswers = typeof moment === 'string' ? 1 : moment
  const answered = Promise.withResolvers<void>()
  let answers = 0
  const working = things.map(async (thing) => {
    const reply = await work(thing).catch(() => undefined)
    // A balancer's word for a relay that is gone.
    if (reply && reply.status >= 500) return undefined
    if (reply && ++answers === mostAnswers) answered.resolve()
    return reply
  })
  await (enough ?? answered.promise)
  const restarted = street.restartRelay('SIGKILL')
  const replies = await Promise.all(working)
  await restarted
  return replies
}

export async function firstChangeOf(street: Neighbourhood, count: string): Promise<void> {
  using record = new DatabaseSync(join(street.data, 'fairlead.db'), { readOnly: true })
  const counting = record.prepare(count)
  const before = Object(counting.get()).n
  while (Object(counting.get()).n === before) await turnOfLoop()
}
