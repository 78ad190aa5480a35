/** How a device gets its owner on the same network (C): it shows a PIN, somebody types it nearby, and a link leads back to the device. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { DeviceId } from './device.ts'
import { Timestamp } from './text.ts'

const LocalAddress = z
  .union([z.ipv4(), z.cidrv4(), z.ipv6(), z.cidrv6()], 'Must be an IP address, with its prefix length if known')
  .meta({ description: 'Such as `192.168.1.20/24` or `fe80::1/64`' })
const LocalAddresses = z.array(LocalAddress).max(64)

/** The one-time connection information (C4): of one pairing, spent at `/device/v1/enrol`. */
export const ConnectionCode = z.string().regex(/^[\w-]{22}\.[\w-]{43}$/)

/** `POST /device/v1/pairing`: the device shows this PIN now. */
export const Announcement = z.object({
  id: DeviceId,
  pin: z.string().regex(/^\d{8}$/, 'Must have 8 digits'),
  addresses: LocalAddresses.min(1),
  localUrl: z.url().max(512).meta({ description: 'Of its own page, by one of these addresses' }),
})
export type Announcement = z.infer<typeof Announcement>

/** The same call again: what has become of it, and that somebody has pressed at the device what it asked for. */
export const AnnouncementNews = z.object({
  token: z.string().min(1).max(128),
  pressed: z.boolean().default(false),
  known: z
    .string()
    .max(64)
    .optional()
    .meta({ description: '`version` of the last answer: the next waits until it is another' }),
})
export type AnnouncementNews = z.infer<typeof AnnouncementNews>

export const PairingBody = z.union([AnnouncementNews, Announcement])
export type PairingBody = z.infer<typeof PairingBody>

export const PairingWait = z.strictObject({
  wait: z.coerce.number().min(0).max(55).default(0).meta({ description: 'Seconds to wait for news' }),
})
export type PairingWait = z.infer<typeof PairingWait>

export const Announced = z
  .object({ expiresAt: Timestamp, token: z.string().meta({ description: 'For the calls about this PIN' }) })
  .meta({ id: 'Announced' })
export type Announced = z.infer<typeof Announced>

export const PairingState = z.enum(['waiting', 'press-needed', 'sending', 'connected', 'expired'])
export type PairingState = z.infer<typeof PairingState>

/** Which check failed: told to the device alone. */
export const PairingCheck = z.enum(['pin', 'network', 'proxy', 'owner', 'tries'])
export type PairingCheck = z.infer<typeof PairingCheck>

/** Why being on one network is not beyond doubt. */
export const Doubt = z.enum([
  'no-local-address',
  'other-subnet',
  'ipv6-prefix',
  'carrier-nat',
  'shared-address',
  'many-tries',
])
export type Doubt = z.infer<typeof Doubt>

export const AnnouncementState = z
  .object({
    state: PairingState,
    version: z.string().meta({ description: 'Another one whenever there is news' }),
    expiresAt: Timestamp,
    doubts: z.array(Doubt).meta({ description: 'Why somebody is to press at the device' }),
    refused: z
      .object({ check: PairingCheck, at: Timestamp })
      .nullable()
      .meta({ description: 'Why the last try of a terminal did not match' }),
  })
  .meta({ id: 'AnnouncementState' })
export type AnnouncementState = z.infer<typeof AnnouncementState>

/** Of the terminal's own making, for one try. */
const Nonce = z
  .string()
  .regex(/^[\w-]{22,64}$/, 'Must be 22 to 64 characters of base64url')
  .meta({ description: 'Random, new for each try' })

/** `POST /v1/witness` */
export const NewWitness = z.strictObject({ nonce: Nonce })
export type NewWitness = z.infer<typeof NewWitness>

const WitnessText = z
  .string()
  .max(256)
  .regex(/^[\w-]+\.[\w-]{43}$/, 'Must be what `POST /v1/witness` has answered')

export const Witness = z
  .object({ witness: z.string() })
  .meta({ id: 'Witness', description: 'That the relay sees the caller at its address; good for two minutes' })
export type Witness = z.infer<typeof Witness>

export const WitnessUrls = z
  .object({
    urls: z.array(z.string()).meta({ description: 'Names of this relay, each reached over one family alone' }),
  })
  .meta({ id: 'WitnessUrls' })
export type WitnessUrls = z.infer<typeof WitnessUrls>

/** `POST /v1/pairings`: whatever somebody types is a try. */
export const NewPairing = z
  .strictObject({
    pin: z.string().min(1).max(64),
    addresses: LocalAddresses.optional().meta({ description: "The terminal's own, as far as it knows them" }),
    account: AccountId.optional(),
    witnesses: z
      .array(WitnessText)
      .max(4)
      .optional()
      .meta({ description: 'Where the terminal is seen besides; what is not genuine, or too old, counts for nothing' }),
    nonce: Nonce.optional(),
  })
  .refine(({ witnesses, nonce }) => witnesses === undefined || nonce !== undefined, {
    path: ['nonce'],
    message: 'Must be the one that the witnesses were asked for with',
  })
export type NewPairing = z.infer<typeof NewPairing>

export const SendingRequest = z
  .object({ method: z.literal('GET'), url: z.string() })
  .meta({ id: 'SendingRequest', description: "A link to the device's own page; good once, on its network" })

export const Pairing = z
  .object({
    pairingId: z.string(),
    state: PairingState.exclude(['waiting']),
    device: z.string().optional().meta({ description: 'Once both are known to be on one network' }),
    sendingRequest: SendingRequest.optional(),
    doubts: z.array(Doubt).optional(),
    why: z.array(z.string()).optional().meta({ description: 'The doubts, in sentences' }),
    expiresAt: Timestamp,
  })
  .meta({ id: 'Pairing' })
export type Pairing = z.infer<typeof Pairing>
