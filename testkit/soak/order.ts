/** Decides whether devices were asked in the order in which the relay took what was asked (G3, I5); pure. */
import { type Deed, type Lie, renderDeed } from './history.ts'

/**
 * A change that was told to be pending before another was asked for was made before it. Reads wait for no change.
 *
 * @param mayOvertakeLive only what is deferred is sure of its place
 */
export function checkOrder(deeds: readonly Deed[], mayOvertakeLive = false): Lie[] {
  const changes = deeds.filter(({ kind }) => kind !== 'get')
  const byDevice = Map.groupBy(changes, ({ device }) => device)
  return [...byDevice.values()].flatMap((each) => checkDevice(each, mayOvertakeLive))
}

interface Done {
  deed: Deed
  /** Of all that its device did. */
  place: number
}

function checkDevice(deeds: readonly Deed[], mayOvertakeLive: boolean): Lie[] {
  const done: Done[] = deeds
    .flatMap((deed) => (deed.executions.length > 0 ? [{ deed, place: firstPlace(deed) }] : []))
    .sort((one, other) => one.place - other.place)
  const lies: Lie[] = []
  let newest: Deed | undefined
  for (const { deed } of done) {
    const isSure = deed.isDeferred || !mayOvertakeLive
    if (newest && isSure && takenMs(deed) < begunMs(newest))
      lies.push({ rule: 'overtaken', words: wordsOf(newest, deed) })
    if (!newest || begunMs(deed) > begunMs(newest)) newest = deed
  }
  return lies
}

const wordsOf = (fast: Deed, slow: Deed) =>
  `${fast.token} was asked after ${slow.token}, and done before it.\n${renderDeed(slow)}\n${renderDeed(fast)}`
const firstPlace = ({ executions }: Deed) => Math.min(...executions.map(({ place }) => place))
const begunMs = ({ attempts }: Deed) => Math.min(...attempts.map(({ startedMs }) => startedMs))

/** From then on it had its place in the line, if it was not given up and asked anew; what has no word of it may have come later. */
function takenMs({ attempts, receipts }: Deed): number {
  const isGivenUp = (id: string) =>
    receipts.some(({ requestId, outcome }) => requestId === id && outcome === 'not-sent')
  const told = attempts.filter(({ told }) => told?.outcome === 'pending' && !isGivenUp(told.requestId))
  return Math.min(...told.map(({ endedMs = Number.POSITIVE_INFINITY }) => endedMs))
}
