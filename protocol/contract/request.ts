/** The first request (A8): what a service wants of a device, and what became of it. */
import { z } from 'zod'
import { Json } from './json.ts'
import { ObjectErrors, ObjectName, ObjectValues } from './objects.ts'
import { line, Timestamp } from './text.ts'

const maxObjects = 100
/** Contract part 3: over 100 objects is `too-large`, not a mistake in a field. */
const tooMany = { error: `At most ${maxObjects} objects at once`, params: { code: 'too-large' } }

export const RequestKind = z.enum(['get', 'set', 'command'])
export type RequestKind = z.infer<typeof RequestKind>

/** Never call a thing delivered that only left. */
export const Outcome = z.enum(['answered', 'rejected', 'pending', 'not-sent', 'unknown'])
export type Outcome = z.infer<typeof Outcome>

export const ServiceRequest = z
  .strictObject({
    get: z
      .array(ObjectName)
      .min(1, 'Name at least one object')
      .refine((objects) => objects.length <= maxObjects, tooMany)
      .optional()
      .meta({ maxItems: maxObjects }),
    set: ObjectValues.refine((objects) => Object.keys(objects).length > 0, 'Name at least one object')
      .refine((objects) => Object.keys(objects).length <= maxObjects, tooMany)
      .optional()
      .meta({ minProperties: 1, maxProperties: maxObjects }),
    command: line(128).optional(),
    arguments: z.record(z.string().max(128), Json).optional().meta({ description: 'Only with a command' }),
    timeoutSeconds: z.int().min(1).max(300).optional(),
    deliverWithinSeconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(0)
      .meta({ description: '0: now or not at all. More, and the device offline: kept until it comes, answered 202' }),
  })
  .superRefine((request, context) => {
    const named = RequestKind.options.filter((kind) => request[kind] !== undefined)
    if (named.length !== 1) context.addIssue('Exactly one of get, set and command must be there')
    if (request.arguments !== undefined && request.command === undefined)
      context.addIssue({ code: 'custom', path: ['arguments'], message: 'Only a command takes arguments' })
  })
  .meta({
    id: 'ServiceRequest',
    oneOf: RequestKind.options.map((kind) => ({ required: [kind] })),
    examples: [{ get: ['1.3.6.1.2.1.43.10.2.1.4.1.1', 'toner.black'] }, { set: { location: '2nd floor' } }],
  })
export type ServiceRequest = z.infer<typeof ServiceRequest>
/** As a service writes it, before the defaults are filled in. */
export type ServiceRequestInput = z.input<typeof ServiceRequest>

export function kindOf(request: ServiceRequest): RequestKind {
  if (request.get !== undefined) return 'get'
  return request.set !== undefined ? 'set' : 'command'
}

/** The text of the push (contract part 4): the service's request, checked and written anew. */
export type PushedRequest = Pick<ServiceRequest, 'get' | 'set' | 'command' | 'arguments' | 'timeoutSeconds'>

/** Visible ASCII, bare or quoted, as drafts of the Idempotency-Key header say; without the quotes. */
export function readIdempotencyKey(header: string): string | undefined {
  const bare = /^"(.*)"$/.exec(header)?.[1] ?? header
  return /^[\x21\x23-\x7e]{1,255}$/.test(bare) ? bare : undefined
}

const answered = { requestId: z.string(), device: z.string(), answeredAt: Timestamp }

/** GET and SET: for a SET `values` holds what now holds at the device. */
export const ObjectsAnswered = z
  .object({ ...answered, values: ObjectValues, errors: ObjectErrors })
  .meta({ id: 'ObjectsAnswered' })
export type ObjectsAnswered = z.infer<typeof ObjectsAnswered>

export const CommandAnswered = z.object({ ...answered, result: Json }).meta({ id: 'CommandAnswered' })
export type CommandAnswered = z.infer<typeof CommandAnswered>

export const RequestAnswered = z.union([ObjectsAnswered, CommandAnswered]).meta({ id: 'RequestAnswered' })

export const RequestPending = z
  .object({ requestId: z.string(), device: z.string(), outcome: z.literal('pending') })
  .meta({ id: 'RequestPending' })
export type RequestPending = z.infer<typeof RequestPending>

export const RequestParams = z.object({ requestId: z.string().max(256) })

/** `GET /v1/requests/{requestId}`. */
export const RequestView = z
  .object({
    requestId: z.string(),
    device: z.string(),
    kind: RequestKind,
    outcome: Outcome,
    code: z.string().optional().meta({ description: 'Why it was not answered well' }),
    acceptedAt: Timestamp,
    sentAt: Timestamp.optional(),
    acknowledgedAt: Timestamp.optional(),
    answeredAt: Timestamp.optional(),
    values: ObjectValues.optional(),
    errors: ObjectErrors.optional(),
    result: Json.optional(),
  })
  .meta({ id: 'Request' })
export type RequestView = z.infer<typeof RequestView>
