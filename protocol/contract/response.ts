/** What a device answers to a push (A10), over HTTP and in the session alike. */
import { z } from 'zod'
import { Json } from './json.ts'
import { ObjectErrors, ObjectValues } from './objects.ts'

/** Exactly one of: objects (`values`, `errors` or both), `result` of a command, `refused` with the device's words. */
export const DeviceResponse = z
  .object({
    values: ObjectValues.optional(),
    errors: ObjectErrors.optional(),
    result: Json.optional(),
    refused: z.string().max(1024).optional(),
  })
  .superRefine((response, context) => {
    const objects = response.values !== undefined || response.errors !== undefined
    const sorts = [objects, response.result !== undefined, response.refused !== undefined]
    if (sorts.filter(Boolean).length !== 1)
      context.addIssue('A response has values and errors, or a result, or the words in which it was refused')
  })
  .meta({
    id: 'DeviceResponse',
    oneOf: [
      { anyOf: [{ required: ['values'] }, { required: ['errors'] }] },
      { required: ['result'] },
      { required: ['refused'] },
    ],
  })
export type DeviceResponse = z.infer<typeof DeviceResponse>
