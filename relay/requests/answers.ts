/** What a device's response means for the request it answers. */
import type { DeviceResponse, Json, ObjectAnswer, ObjectError, RequestKind } from '@fairlead/protocol/contract'
import type { Verdict } from './record.ts'

/**
 * A verdict from the device's response: objects that were not asked for are dropped, objects that it passed over are
 * `no-answer`, so that each object asked for is in exactly one of `values` and `errors`.
 *
 * @param asked the objects under the names that the service used
 * @param back turns the device's names into the service's (A13)
 */
export function verdictFrom(
  kind: RequestKind,
  asked: readonly string[],
  response: DeviceResponse,
  back: (answer: ObjectAnswer) => ObjectAnswer,
): Verdict {
  if (response.refused !== undefined) return refused(`The device refused: ${response.refused}`)
  if (kind === 'command') {
    if (response.result === undefined) return refused('The device answered a command with objects instead of a result.')
    return { outcome: 'answered', answer: { result: response.result } }
  }
  if (response.result !== undefined) return refused('The device answered with a result where objects were asked for.')
  return {
    outcome: 'answered',
    answer: whole(asked, back({ values: response.values ?? {}, errors: response.errors ?? {} })),
  }
}

function refused(detail: string): Verdict {
  return { outcome: 'answered', code: 'device-refused', detail }
}

const passedOver: ObjectError = { code: 'no-answer', message: 'The device said nothing of this object.' }

function whole(asked: readonly string[], told: ObjectAnswer): ObjectAnswer {
  const values: [string, Json][] = []
  const errors: [string, ObjectError][] = []
  for (const name of new Set(asked)) {
    if (Object.hasOwn(told.values, name)) values.push([name, told.values[name] as Json])
    else errors.push([name, Object.hasOwn(told.errors, name) ? (told.errors[name] as ObjectError) : passedOver])
  }
  return { values: Object.fromEntries(values), errors: Object.fromEntries(errors) }
}
