/** Holds a value against a schema and says in words what is wrong with it. */
import { type Code, Failure } from '@fairlead/base'
import type { ZodType, z } from 'zod'

/** So many mistakes are told at once; more would not be read. */
const mostTold = 5

/**
 * @param where what the value is, for the sentence: `body`, `query`, `path`
 * @param otherwise the refusal when the schema names none of its own (`params: { code }` of a refinement)
 * @throws {Failure} with each mistake's field and reason; values are never repeated, they may be secrets (S-M5)
 */
export function check<T>(schema: ZodType<T>, value: unknown, where: string, otherwise: Code = 'invalid-request'): T {
  const checked = schema.safeParse(value)
  if (checked.success) return checked.data
  const { issues } = checked.error
  const told = issues.slice(0, mostTold).map((issue) => `${fieldOf(issue, where)}: ${reasonOf(issue)}`)
  if (issues.length > mostTold) told.push(`and ${issues.length - mostTold} more`)
  throw new Failure(issues.map(codeOf).find((code) => code !== undefined) ?? otherwise, `${told.join('; ')}.`)
}

function fieldOf(issue: z.core.$ZodIssue, where: string): string {
  return [where, ...issue.path.map((step) => String(step).slice(0, 128))].join('.')
}

function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `unknown field ${issue.keys
      .map((key) => key.slice(0, 64))
      .slice(0, mostTold)
      .join(', ')}`
  if (issue.code === 'invalid_key' || issue.code === 'invalid_union')
    return innermost(issue)?.message ?? lowerFirst(issue.message)
  return lowerFirst(issue.message)
}

/** A union's or a key's own message says nothing; the first of what is inside does. */
function innermost(issue: z.core.$ZodIssueInvalidKey | z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue | undefined {
  if (issue.code === 'invalid_key') return issue.issues[0]
  // Of one or several: the alternative that is of another type altogether is not the one that was meant.
  return (issue.errors.find(([first]) => first?.code !== 'invalid_type') ?? issue.errors.flat())[0]
}

function codeOf(issue: z.core.$ZodIssue): Code | undefined {
  return issue.code === 'custom' ? (issue.params?.['code'] as Code | undefined) : undefined
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}
