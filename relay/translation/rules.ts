/** The rules of translation, read from a data file: what each model calls the objects that services ask for by name. */
import { firstLineOf, UsageError } from '@fairlead/base'
import { parse } from 'yaml'
import { z } from 'zod'

/** So many mistakes are told at once; more would not be read. */
const mostTold = 5

const Oid = z.string().regex(/^[0-2](\.\d{1,10}){1,127}$/, 'an OID is dotted numbers, with no leading dot')

const OidRule = z.strictObject({
  oid: Oid,
  scale: z
    .number()
    .refine((scale) => scale !== 0, 'a scale of 0 would lose the value')
    .optional(),
  words: z.record(z.string(), z.string()).optional(),
  unit: z.string().optional(),
})
const PercentRule = z.strictObject({ percent: z.strictObject({ level: Oid, capacity: Oid }) })

export type ObjectRule = z.infer<typeof OidRule> | z.infer<typeof PercentRule>
type PercentObjectRule = z.infer<typeof PercentRule>

const Entry = z.strictObject({
  name: z.string(),
  like: z.string().optional(),
  models: z.array(z.string()).default([]),
  features: z.array(z.string()).default([]),
  objects: z.record(z.string(), z.union([OidRule, PercentRule])),
})

/** One entry, with what it takes over already in it. */
export interface ModelRules {
  name: string
  models: RegExp[]
  features: readonly string[]
  objects: ReadonlyMap<string, ObjectRule>
}

export function isPercent(rule: ObjectRule): rule is PercentObjectRule {
  return 'percent' in rule
}

/**
 * Reads a rules file (YAML).
 *
 * @param before entries that may be named in `like`
 * @throws {UsageError} one sentence that names the entry and what is wrong with it
 */
export function readRules(text: string, file: string, before: readonly ModelRules[] = []): ModelRules[] {
  const entries = z.array(Entry).safeParse(parseYaml(text, file))
  if (!entries.success) {
    const wrong = entries.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new UsageError(`${file} is not right at ${wrong.slice(0, mostTold).join('; ')}.`)
  }
  const read: ModelRules[] = []
  for (const entry of entries.data) {
    const base = entry.like === undefined ? undefined : [...before, ...read].find(({ name }) => name === entry.like)
    if (entry.like !== undefined && !base)
      throw new UsageError(`${file}: ${entry.name} is like ${entry.like}, which is not an entry before it.`)
    read.push({
      name: entry.name,
      models: entry.models.map(globOf),
      features: entry.features,
      objects: new Map([...(base?.objects ?? []), ...Object.entries(entry.objects)]),
    })
  }
  return read
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { logLevel: 'error' })
  } catch (error) {
    throw new UsageError(`${file} is not YAML: ${firstLineOf(error)}.`)
  }
}

function globOf(glob: string): RegExp {
  const source = [...glob].map((char) => (char === '*' ? '.*' : char === '?' ? '.' : RegExp.escape(char)))
  return new RegExp(`^${source.join('')}$`, 'is')
}
