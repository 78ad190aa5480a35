/** "Why was this ordered?": the facts with their times, and each of them as a sentence. */
import type { AuditActor, Condition, Json, OrderFact } from '@fairlead/protocol/contract'
import type { Mandate } from './mandate.ts'
import type { Evidence, OrderEffect, Told } from './order-machine.ts'

export interface Ordered {
  mandate: Mandate
  subscription: string
  conditions: readonly Condition[]
  order: Extract<OrderEffect, { kind: 'order' }>
}

export function factsOf({ mandate, subscription, conditions, order }: Ordered): OrderFact[] {
  return [
    ...factsOfMandate(mandate),
    ...conditions.flatMap((condition, place) => {
      const evidence = order.evidence[place]
      return evidence ? [factOfEvidence(condition, evidence)] : []
    }),
    { kind: 'cartridge', object: conditions[0]?.object ?? '', life: order.life, subscription },
  ]
}

function factsOfMandate(mandate: Mandate): OrderFact[] {
  const at = time(mandate.sinceAt)
  if (mandate.kind === 'consent')
    return [{ kind: 'consented', by: actorIn(mandate.givenBy), at, registration: mandate.registration }]
  const { claimedBy, claimedAt, claimId } = mandate
  return [
    { kind: 'claimed', by: actorIn(claimedBy), at: time(claimedAt), claimId },
    { kind: 'confirmed', at },
  ]
}

function factOfEvidence(condition: Condition, { since, pair, last }: Evidence): OrderFact {
  const readings = [...(pair ?? [since, last])].map(({ value, at, source }: Told) => ({ value, at: time(at), source }))
  return { kind: 'condition', condition, readings, heldSince: time(since.at) }
}

/** @returns a sentence of its own */
export function sentenceOf(fact: OrderFact, device: string): string {
  switch (fact.kind) {
    case 'claimed':
      return `${device} is in the second registration state: ${who(fact.by)} claimed it with its code at ${fact.at} (claim ${fact.claimId}).`
    case 'confirmed':
      return `The instruction for that claim came from the device at ${fact.at}: somebody confirmed it there.`
    case 'consented': {
      const how = fact.registration === 'enrolled' ? 'was enrolled by hand' : 'is in the second registration state'
      return `${device} ${how}, and its owner consented: ${who(fact.by)}, at ${fact.at}.`
    }
    case 'condition':
      return sentenceOfCondition(fact)
    case 'cartridge':
      return fact.life === 1
        ? `Nothing was ordered before for this cartridge (${fact.object}) by the subscription "${fact.subscription}".`
        : `This is cartridge ${fact.life} (${fact.object}) of the subscription "${fact.subscription}", and nothing was ordered for it before.`
  }
}

function sentenceOfCondition({ condition, readings, heldSince }: Extract<OrderFact, { kind: 'condition' }>): string {
  const { object, op, value, forSeconds } = condition
  const [one = '', other = ''] = readings.map((each) => `${words(each.value)} at ${each.at} (${sources[each.source]})`)
  const [begin = 0, end = 0] = readings.map(({ at }) => Date.parse(at))
  const seconds = Math.round((end - begin) / 1000)
  const held = forSeconds === 0 ? '' : ` It has held without a break since ${heldSince}, for ${forSeconds} s at least.`
  return `${object} ${op} ${words(value)}: it read ${one} and ${other}, ${seconds} s apart, and the two agree.${held}`
}

const sources = {
  event: 'told by the device',
  register: 'told as it registered',
  poll: 'asked for by the relay',
} as const

const words = (value: Json) => (typeof value === 'string' ? value : JSON.stringify(value))
const time = (ms: number) => new Date(ms).toISOString()

/** @param asker as `askerOf` names them: a key by its ID alone */
function actorIn(asker: string): AuditActor {
  if (asker === 'admin') return { kind: 'admin' }
  const [, userId] = /^user (.+)$/.exec(asker) ?? []
  return userId === undefined ? { kind: 'key', id: asker } : { kind: 'user', id: userId }
}

function who({ kind, id }: AuditActor): string {
  return kind === 'admin' ? 'the admin' : `${kind} ${id}`
}
