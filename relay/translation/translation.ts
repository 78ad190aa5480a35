/** Rewrites a request into what the addressed model understands, and its answer back into the names that were asked for (A13). */
import type { Json, ObjectAnswer, ObjectError } from '@fairlead/protocol/contract'
import { isPercent, type ModelRules, type ObjectRule } from './rules.ts'

/** What a device says of itself that decides whether it is translated for. */
export interface Understanding {
  model: string | undefined
  features: readonly string[]
}

/** A request on its way to one device, and the way back for its answer. */
export interface Translated {
  get?: string[]
  set?: Record<string, Json>
  back(answer: ObjectAnswer): ObjectAnswer
}

export interface Translation {
  /** `undefined`: this device is asked as the service asked. */
  translate(
    device: Understanding,
    request: { get?: readonly string[]; set?: Record<string, Json> },
  ): Translated | undefined
}

/** A device that registers this feature knows the friendly names itself. */
const knowsNames = 'object-names'

export function createTranslation(rules: readonly ModelRules[]): Translation {
  function rulesFor(device: Understanding): ModelRules | undefined {
    if (device.features.includes(knowsNames)) return undefined
    const { model } = device
    return (
      (model === undefined ? undefined : rules.find(({ models }) => models.some((glob) => glob.test(model)))) ??
      rules.find(({ features }) => features.some((feature) => device.features.includes(feature)))
    )
  }

  return {
    translate(device, request) {
      const objects = rulesFor(device)?.objects
      const asked = request.get ?? Object.keys(request.set ?? {})
      if (!objects || !asked.some((name) => objects.has(name))) return undefined
      const back = (answer: ObjectAnswer) => answerBack(asked, objects, answer)
      if (request.get) return { get: [...new Set(request.get.flatMap((name) => namesAtDevice(name, objects)))], back }
      return { set: valuesAtDevice(request.set ?? {}, objects), back }
    },
  }
}

function namesAtDevice(name: string, objects: ReadonlyMap<string, ObjectRule>): string[] {
  const rule = objects.get(name)
  if (!rule) return [name]
  return isPercent(rule) ? [rule.percent.level, rule.percent.capacity] : [rule.oid]
}

function valuesAtDevice(values: Record<string, Json>, objects: ReadonlyMap<string, ObjectRule>): Record<string, Json> {
  const translated: [string, Json][] = []
  for (const [name, value] of Object.entries(values)) {
    const rule = objects.get(name)
    // A percent is made of two objects and cannot be set: the device refuses the name itself.
    if (!rule || isPercent(rule)) translated.push([name, value])
    else translated.push([rule.oid, told(value, rule)])
  }
  return Object.fromEntries(translated)
}

/** What a service says, as the device says it; what cannot be turned goes as it is, and the device refuses it. */
function told(value: Json, rule: Exclude<ObjectRule, { percent: unknown }>): Json {
  const word = Object.entries(rule.words ?? {}).find(([, said]) => said === value)
  if (word) return Number.isFinite(Number(word[0])) ? Number(word[0]) : word[0]
  if (rule.scale !== undefined && typeof value === 'number') return Math.round(value / rule.scale)
  return value
}

function answerBack(
  asked: readonly string[],
  objects: ReadonlyMap<string, ObjectRule>,
  answer: ObjectAnswer,
): ObjectAnswer {
  const values: [string, Json][] = []
  const errors: [string, ObjectError][] = []
  for (const name of asked) {
    const needed = namesAtDevice(name, objects)
    const missing = needed.find((object) => !Object.hasOwn(answer.values, object))
    if (missing === undefined) values.push([name, valueBack(objects.get(name), needed, answer.values)])
    else if (Object.hasOwn(answer.errors, missing)) errors.push([name, answer.errors[missing] as ObjectError])
  }
  return { values: Object.fromEntries(values), errors: Object.fromEntries(errors) }
}

function valueBack(rule: ObjectRule | undefined, needed: readonly string[], values: Record<string, Json>): Json {
  const [first = null, second = null] = needed.map((object) => values[object] ?? null)
  if (!rule) return first
  if (isPercent(rule)) return percentOf(first, second)
  const scaled = rule.scale !== undefined && typeof first === 'number' ? rescale(first, rule.scale) : first
  const said = rule.words?.[String(scaled)] ?? scaled
  return rule.unit === undefined ? said : { value: said, unit: rule.unit }
}

/** 25 × 0.1 is 2.5, not 2.5000000000000004. */
function rescale(value: number, scale: number): number {
  return Number((value * scale).toPrecision(12))
}

/** Source: RFC 3805 prtMarkerSuppliesLevel: -1 other, -2 unknown, -3 some remains. */
function percentOf(level: Json, capacity: Json): Json {
  if (level === -3) return 'some'
  if (typeof level !== 'number' || typeof capacity !== 'number') return 'unknown'
  if (level < 0 || capacity <= 0 || level > capacity) return 'unknown'
  return Math.round((100 * level) / capacity)
}
