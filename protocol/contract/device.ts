/** Devices as services see them. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { Json } from './json.ts'
import { pageQuery } from './page.ts'
import { line, Timestamp } from './text.ts'
import { maxWhereLength, readWhere, type WhyNotWhere } from './where-text.ts'

const deviceId = /^[a-z0-9._-]{1,64}$/
/** `id@peer.example` names a device at a peer. */
const deviceAddress = /^[a-z0-9._-]{1,64}(@[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?)?$/

export const DeviceId = z
  .string()
  .regex(deviceId, 'A device ID is 1 to 64 characters of a-z 0-9 . _ -')
  .meta({ examples: ['mfp-1'] })

/** A device's ID in a path: one that cannot exist is as unknown as one that does not. */
export const DeviceParams = z.object({
  id: z
    .string()
    .refine((id) => deviceAddress.test(id), {
      error: 'No device has such an ID: it is 1 to 64 characters of a-z 0-9 . _ -',
      params: { code: 'unknown-device' },
    })
    .meta({ pattern: deviceAddress.source, examples: ['mfp-1'] }),
})

export const Tag = line(64)
export const maxTags = 32

/** Printable ASCII only: beyond it, clients differ in how they normalise a secret before hashing (RFC 4013). */
export const DeviceSecret = z
  .string()
  .regex(/^[\x20-\x7e]{16,128}$/, 'A secret is 16 to 128 printable ASCII characters')

export const NewDevice = z.strictObject({
  id: DeviceId,
  account: AccountId.optional(),
  model: line(128).optional(),
  tags: z.array(Tag).max(maxTags).optional(),
  secret: DeviceSecret.optional().meta({ description: 'Made by the relay if left out' }),
})
export type NewDevice = z.infer<typeof NewDevice>

/** `PATCH /v1/devices/{id}`: what is left out stays. */
export const DeviceChange = z.strictObject({
  tags: z.array(Tag).max(maxTags).optional().meta({ description: 'All of them, in place of those that it has' }),
  addTags: z.array(Tag).max(maxTags).optional().meta({ description: 'To those that it has, whoever changes them too' }),
  removeTags: z.array(Tag).max(maxTags).optional(),
  releaseAtDevice: z.boolean().optional().meta({ description: 'What people print there waits until they are at it' }),
})
export type DeviceChange = z.infer<typeof DeviceChange>

export const EnrolledDevice = z
  .object({ id: z.string(), jid: z.string(), secret: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'EnrolledDevice' })
export type EnrolledDevice = z.infer<typeof EnrolledDevice>

export const Rotation = z.strictObject({
  overlapSeconds: z.int().min(0).max(604_800).default(0).meta({ description: 'How long the old secret stays good' }),
})
export type Rotation = z.infer<typeof Rotation>

export const RotatedSecret = z.object({ secret: z.string() }).meta({ id: 'RotatedSecret' })

export const Registration = z.enum(['none', 'first', 'second', 'enrolled'])
export type Registration = z.infer<typeof Registration>

export const DeviceState = z.enum(['online', 'offline', 'asleep'])
export type DeviceState = z.infer<typeof DeviceState>

export const OfflineReason = z.enum([
  'never-seen',
  'terminated',
  'connection-closed',
  'inactivity',
  'management-timeout',
  'mode-off',
  'replaced',
  'relay-restart',
  'removed',
])
export type OfflineReason = z.infer<typeof OfflineReason>

export const Transport = z.enum(['bosh', 'websocket'])
export type Transport = z.infer<typeof Transport>

/** What a device tells of itself (A2), as services see it: what it did not tell is absent. */
export const CapabilitiesView = z.object({
  serial: z.string().optional(),
  model: z.string().optional(),
  firmware: z.string().optional(),
  memoryBytes: z.int().optional(),
  media: z.array(z.string()).optional(),
  supplies: z.array(z.string()).optional(),
  features: z.array(z.string()).optional(),
})

export const Device = z
  .object({
    id: z.string(),
    account: z.string(),
    jid: z.string(),
    model: z.string().nullable(),
    serial: z.string().nullable(),
    tags: z.array(z.string()),
    registration: Registration,
    state: DeviceState,
    stateSinceAt: Timestamp,
    reason: OfflineReason.nullable(),
    suspect: z.boolean().meta({ description: 'A push waits for a sign of life' }),
    lastSeenAt: Timestamp.nullable(),
    address: z.string().nullable(),
    transport: Transport.nullable(),
    waiting: z.int().meta({ description: 'Requests that are kept until it comes back' }),
    releaseAtDevice: z.boolean().meta({ description: 'What people print there waits until they are at it' }),
    proxy: z
      .object({ lastHeardAt: Timestamp })
      .optional()
      .meta({ description: 'An IPP proxy has said that it does the work of the device (PWG 5100.18), session or not' }),
    capabilities: CapabilitiesView,
    objects: z.record(z.string(), z.object({ value: Json, at: Timestamp })),
  })
  .meta({ id: 'Device' })
export type Device = z.infer<typeof Device>

/** One or several of the same filter; filters are joined by AND. */
function several(filter: z.ZodString, most = 32) {
  return z.union([filter.transform((one) => [one]), z.array(filter).max(most)])
}

const whyNotWhere: Readonly<Record<WhyNotWhere, string>> = {
  form: 'A filter over an object is a name, one of < <= > >= = != and a value, as in toner.black<20',
  object: 'An object is named by an OID (dotted, no leading dot) or by letters, digits and ". _ : -" after a letter',
  number: 'After < <= > >= comes a number, as in toner.black<20; after = and != a number or a text',
}

/** Each is read from the record for all devices that fit otherwise. */
const maxWhere = 8

const WhereText = line(maxWhereLength).superRefine((text, context) => {
  const where = readWhere(text)
  if (typeof where === 'string') context.addIssue({ code: 'custom', message: whyNotWhere[where] })
})

const filters = {
  account: AccountId.optional(),
  id: line(64).optional().meta({ description: '`*` stands for anything: `mfp-*`' }),
  serial: line(128).optional(),
  model: line(128).optional().meta({ description: '`*` stands for anything: `MFC*`' }),
  tag: several(Tag).optional(),
  capability: several(line(128)).optional().meta({ description: 'A feature or a medium' }),
  where: several(WhereText, maxWhere)
    .optional()
    .meta({
      description:
        'What a device told of an object: `toner.black<20`. `*` in a text stands for anything; what is unknown or cannot be compared is not met',
      examples: ['toner.black<20', 'status=idle', 'firmware!=2.*'],
    }),
  q: line(128).optional().meta({ description: 'Words to look for in ID, model, serial number and tags' }),
}

/** A7. */
export const DeviceInquiry = z.strictObject({ ...filters, state: DeviceState.optional(), ...pageQuery })
export type DeviceInquiry = z.infer<typeof DeviceInquiry>

/** `GET /v1/device-counts`: the same filters, of all states. */
export const DeviceCountsQuery = z.strictObject(filters)
export type DeviceCountsQuery = z.infer<typeof DeviceCountsQuery>

export const DeviceCounts = z.record(DeviceState, z.int().min(0)).meta({ id: 'DeviceCounts' })
export type DeviceCounts = z.infer<typeof DeviceCounts>
