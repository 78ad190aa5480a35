/** What is said when something is refused: RFC 9457 problem details. */
import { z } from 'zod'

export const Problem = z
  .looseObject({
    type: z.string().meta({ description: '`urn:fairlead:problem:CODE`' }),
    title: z.string().meta({ description: 'For a person' }),
    status: z.int(),
    code: z.string().meta({ description: 'For a program' }),
    detail: z.string().meta({ description: 'What happened and what to do' }),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

export const problemContentType = 'application/problem+json'

export function problemType(code: string): string {
  return `urn:fairlead:problem:${code}`
}
