/** How a device gets its owner by the code on its label (B): it says that code itself, and somebody types it. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { DeviceId } from './device.ts'
import { FactoryCode } from './factory-code.ts'
import { readFactoryCode } from './factory-code-text.ts'
import { ConnectionCode } from './pairing.ts'
import { line, Timestamp } from './text.ts'

/** `POST /device/v1/enrol` */
export const EnrolBody = z.object({
  id: DeviceId,
  code: z.union([ConnectionCode, FactoryCode]).meta({ description: 'Its own, or the one that a pairing gave it' }),
})
export type EnrolBody = z.infer<typeof EnrolBody>

export const EnrolQuery = z.strictObject({
  wait: z.coerce.number().min(0).max(55).default(0).meta({ description: 'Seconds to wait for the claim' }),
})
export type EnrolQuery = z.infer<typeof EnrolQuery>

export const FirstState = z.object({ registration: z.literal('first') }).meta({ id: 'FirstState' })

export const SecondState = z
  .object({
    registration: z.literal('second'),
    jid: z.string(),
    secret: z.string().meta({ description: 'Told again until it is first used' }),
    claim: z.string(),
  })
  .meta({ id: 'SecondState' })

export type EnrolAnswer = z.infer<typeof FirstState> | z.infer<typeof SecondState>

/** `POST /v1/claims`: whatever somebody types is a try, and no try is told from another. */
export const NewClaim = z.strictObject({ code: z.string().min(1).max(128), account: AccountId.optional() })
export type NewClaim = z.infer<typeof NewClaim>

export const ClaimState = z.enum(['second', 'instructed'])

export const ClaimScreen = z
  .object({ title: z.string(), steps: z.array(z.string()) })
  .meta({ description: 'What to do at the device now' })

export const Claim = z
  .object({
    claimId: z.string(),
    device: z.string(),
    state: ClaimState.meta({ description: '`instructed` once the device has said that somebody did it' }),
    screen: ClaimScreen,
    canPrintPage: z.boolean().meta({ description: 'The device can print a page with a word that confirms it as well' }),
    claimedAt: Timestamp,
    instructedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Claim' })
export type Claim = z.infer<typeof Claim>

/** The maker's list: which device may come with which code (B2). */
export const FactoryList = z.strictObject({
  items: z
    .array(z.strictObject({ id: z.string().max(128), code: z.string().max(128), model: line(128).optional() }))
    .min(1)
    .max(500),
})
export type FactoryList = z.infer<typeof FactoryList>
export type FactoryLine = FactoryList['items'][number]

/** What is wrong with a line, in words for its maker. @returns undefined: it can go on the list */
export function faultOf({ id, code }: FactoryLine): string | undefined {
  if (!DeviceId.safeParse(id).success) return 'The ID is not 1 to 64 characters of a-z 0-9 . _ -'
  if (readFactoryCode(code) === undefined) return 'The code is not 16 letters and digits with their check symbol.'
  return undefined
}

export const FactoryListed = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        result: z.enum(['added', 'known', 'refused']),
        why: z.string().optional().meta({ description: 'What is wrong with a line that was refused' }),
      }),
    ),
  })
  .meta({ id: 'FactoryListed', description: 'Line by line; a list that is sent again does no harm' })
export type FactoryListed = z.infer<typeof FactoryListed>
