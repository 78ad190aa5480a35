/** Why something was ordered, in the reader's language: a sentence for each fact, in which times stand as they were recorded. */
import type { AuditActor, OrderFact } from '@fairlead/protocol/contract'
import type { Names } from '../../live/names.ts'
import type { SayOfServices } from '../../messages/for-services.ts'
import { conditionInWords, objectInWords, readInWords } from './words.ts'

export function reasonOf(fact: OrderFact, device: string, names: Names, say: SayOfServices): string {
  const { reasons: words } = say.services.order
  switch (fact.kind) {
    case 'claimed':
      return words.claimed(device, whoIs(fact.by, names, say), fact.at)
    case 'confirmed':
      return words.confirmed(fact.at)
    case 'consented':
      return words.consented(whoIs(fact.by, names, say), fact.at)
    case 'condition':
      return conditionHeld(fact, say)
    case 'cartridge': {
      const { life, subscription } = fact
      const object = objectInWords(fact.object, say)
      return life === 1 ? words.first(object, subscription) : words.next(life, object, subscription)
    }
  }
}

function conditionHeld(
  { condition, readings, heldSince }: Extract<OrderFact, { kind: 'condition' }>,
  say: SayOfServices,
) {
  const { reasons: words } = say.services.order
  const [one = '', other = ''] = readings.map(({ value, at, source }) =>
    words.reading(readInWords(condition.object, value, say), at, words.sources[source]),
  )
  const [begin = 0, end = 0] = readings.map(({ at }) => Date.parse(at))
  const seconds = Math.round((end - begin) / 1000)
  const held = condition.forSeconds === 0 ? '' : ` ${words.held(heldSince, condition.forSeconds)}`
  return words.agreed(conditionInWords({ ...condition, forSeconds: 0 }, say), one, other, seconds) + held
}

function whoIs({ kind, id = '' }: AuditActor, names: Names, say: SayOfServices): string {
  const { who } = say.services.order.reasons
  if (kind === 'user') return who.user(names.users.get(id) ?? id)
  return kind === 'key' ? who.key(names.keys.get(id) ?? id) : who.admin
}
