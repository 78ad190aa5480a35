/** A factory code as somebody has typed it: checked, and in its one form. */
import { z } from 'zod'
import { readFactoryCode } from './factory-code-text.ts'

const mistyped = 'Not a factory code: it has 16 letters and digits and a check symbol. Compare it with the label'

/** In its one form. */
export const FactoryCode = z
  .string()
  .max(128)
  .transform((text, context) => {
    const code = readFactoryCode(text)
    if (code !== undefined) return code
    context.addIssue({ code: 'custom', message: mistyped })
    return z.NEVER
  })
