/** "Why was this ordered?", in sentences with the facts and their times. */
import type { Condition, Json } from '@fairlead/protocol/contract'
import type { Mandate } from './mandate.ts'
import type { Evidence, OrderEffect, Told } from './order-machine.ts'

export interface Reason {
  device: string
  mandate: Mandate
  subscription: string
  conditions: readonly Condition[]
  order: Extract<OrderEffect, { kind: 'order' }>
}

export function reasonsFor({ device, mandate, subscription, conditions, order }: Reason): string[] {
  const object = conditions[0]?.object ?? ''
  return [
    ...mandateInWords(device, mandate),
    ...conditions.flatMap((condition, place) => {
      const evidence = order.evidence[place]
      return evidence ? [evidenceInWords(condition, evidence)] : []
    }),
    order.life === 1
      ? `Nothing was ordered before for this cartridge (${object}) by the subscription "${subscription}".`
      : `This is cartridge ${order.life} (${object}) of the subscription "${subscription}", and nothing was ordered for it before.`,
  ]
}

function mandateInWords(device: string, mandate: Mandate): string[] {
  if (mandate.kind === 'instruction')
    return [
      `${device} is in the second registration state: ${who(mandate.claimedBy)} claimed it with its code at ${time(mandate.claimedAt)} (claim ${mandate.claimId}).`,
      `The instruction for that claim came from the device at ${time(mandate.sinceAt)}: somebody confirmed it there.`,
    ]
  const how = mandate.registration === 'enrolled' ? 'was enrolled by hand' : 'is in the second registration state'
  return [`${device} ${how}, and its owner consented: ${who(mandate.givenBy)}, at ${time(mandate.sinceAt)}.`]
}

function evidenceInWords({ object, op, value, forSeconds }: Condition, { since, pair, last }: Evidence): string {
  const [one, other] = pair ?? [since, last]
  const seconds = Math.round((other.at - one.at) / 1000)
  const held =
    forSeconds === 0 ? '' : ` It has held without a break since ${time(since.at)}, for ${forSeconds} s at least.`
  return `${object} ${op} ${words(value)}: it read ${reading(one)} and ${reading(other)}, ${seconds} s apart, and the two agree.${held}`
}

const sources = {
  event: 'told by the device',
  register: 'told as it registered',
  poll: 'asked for by the relay',
} as const

const reading = ({ value, at, source }: Told) => `${words(value)} at ${time(at)} (${sources[source]})`
const words = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value))
const time = (ms: number) => new Date(ms).toISOString()
/** As `askerOf` names them: a key by its ID alone. */
function who(asker: string): string {
  if (asker === 'admin') return 'the admin'
  return asker.startsWith('user ') ? asker : `key ${asker}`
}
