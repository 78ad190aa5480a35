/** Objects of a device and what was said of them: the inside of a request and of its answer. */
import { z } from 'zod'
import { Json } from './json.ts'
import { isObjectName, maxObjectNameLength } from './object-name.ts'

/** Contract part 5: an OID (dotted, no leading dot) or a friendly name. Whether a device has it is the device's to say. */
export const ObjectName = z
  .string()
  .refine(isObjectName, {
    error: `An object is named by an OID (dotted, no leading dot) or by letters, digits and ". _ : -" after a letter, at most ${maxObjectNameLength} characters`,
  })
  .meta({ maxLength: maxObjectNameLength, examples: ['toner.black', '1.3.6.1.2.1.43.10.2.1.4.1.1'] })

/** Why an object could not be read or set (contract part 3). */
export const ObjectErrorCode = z.enum([
  'unknown-object',
  'not-supported',
  'read-only',
  'bad-value',
  'too-big',
  'no-answer',
])
export type ObjectErrorCode = z.infer<typeof ObjectErrorCode>

export const ObjectError = z.object({ code: ObjectErrorCode, message: z.string().max(1024) })
export type ObjectError = z.infer<typeof ObjectError>

export const ObjectValues = z.record(ObjectName, Json)
export const ObjectErrors = z.record(ObjectName, ObjectError)

/** Every object asked for is in exactly one of the two. For a SET, `values` holds what now holds at the device. */
export const ObjectAnswer = z.object({ values: ObjectValues, errors: ObjectErrors })
export type ObjectAnswer = z.infer<typeof ObjectAnswer>
