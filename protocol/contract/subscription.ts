/** The target service (B8): what a service wants to be told of, under which conditions, and where. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { DeviceId } from './device.ts'
import { ObjectName } from './objects.ts'
import { line, Timestamp } from './text.ts'

/** Percent: what a level must rise above its threshold before it is a new cartridge. */
const defaultHysteresis = 10
const longestSeconds = 604_800
const maxConditions = 8

const comparesNumbers = new Set(['<=', '<', '>=', '>'])

const Operator = z.enum(['<=', '<', '>=', '>', '==', '!='])
const Wanted = z.union([z.number(), z.string().max(256), z.boolean()])

/** `toner.black <= 20`. "unknown" and "some" are no numbers, and meet none. */
const NewCondition = z
  .strictObject({
    object: ObjectName,
    op: Operator,
    value: Wanted,
    hysteresis: z
      .number()
      .min(0)
      .max(1_000_000_000)
      .default(defaultHysteresis)
      .meta({ description: 'How far beyond `value` it must be, the other way, to be a new cartridge' }),
    forSeconds: z
      .int()
      .min(0)
      .max(longestSeconds)
      .default(0)
      .meta({ description: 'For how long it must have held without a break' }),
  })
  .superRefine(({ object, op, value, hysteresis }, context) => {
    if (comparesNumbers.has(op) && typeof value !== 'number')
      context.addIssue({ code: 'custom', path: ['value'], message: `${op} compares with a number` })
    const isPercent = /^(toner|ink)\./.test(object) && typeof value === 'number'
    if (isPercent && op.startsWith('<') && value + hysteresis > 100)
      context.addIssue({
        code: 'custom',
        path: ['hysteresis'],
        message: 'Together with value it is more than 100 %: no cartridge would ever be seen as a new one',
      })
  })
  .meta({ id: 'NewCondition', examples: [{ object: 'toner.black', op: '<=', value: 20 }] })

/** With the defaults filled in. */
export const Condition = z
  .object({ object: z.string(), op: Operator, value: Wanted, hysteresis: z.number(), forSeconds: z.int() })
  .meta({ id: 'Condition' })
export type Condition = z.infer<typeof Condition>

export const webhookUrl = z
  .url({ protocol: /^https?$/, error: 'A webhook has a URL of http or https' })
  .max(2048)
  .refine((text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''), {
    error: 'A webhook has no user name and no password in its URL: its calls are signed instead',
  })

/** `POST /v1/subscriptions` */
export const NewSubscription = z.strictObject({
  name: line(128),
  device: DeviceId.optional().meta({ description: 'All devices of the account, if left out' }),
  conditions: z
    .array(NewCondition)
    .min(1)
    .max(maxConditions)
    .meta({ description: 'All of them must hold. The first one names what is ordered, and tells a new cartridge' }),
  webhook: z.strictObject({ url: webhookUrl }),
  account: AccountId.optional(),
})
export type NewSubscription = z.infer<typeof NewSubscription>
/** As a service writes it, before the defaults are filled in. */
export type NewSubscriptionInput = z.input<typeof NewSubscription>

export const SubscriptionChange = z.strictObject({ paused: z.boolean() })
export type SubscriptionChange = z.infer<typeof SubscriptionChange>

/** One try to deliver a webhook. */
export const WebhookTry = z
  .object({
    at: Timestamp,
    status: z.int().optional().meta({ description: 'What the receiver answered; 200 to 299 takes it' }),
    error: z.string().optional().meta({ description: 'Why there was no answer' }),
  })
  .meta({ id: 'WebhookTry' })
export type WebhookTry = z.infer<typeof WebhookTry>

/** Where a subscription is told, and how the calls to it fare; pings are not among them. */
const WebhookView = z.object({
  url: z.string(),
  takenAt: Timestamp.nullable().meta({ description: 'When a call was taken last' }),
  failingSinceAt: Timestamp.nullable().meta({
    description: 'Since then each call has failed; null: the last one did not',
  }),
  lastTry: WebhookTry.nullable().meta({ description: 'null: nothing has been ordered yet' }),
})

export const Subscription = z
  .object({
    subscriptionId: z.string(),
    account: z.string(),
    name: z.string(),
    device: z.string().nullable().meta({ description: 'null: all devices of the account' }),
    conditions: z.array(Condition),
    webhook: WebhookView,
    paused: z.boolean(),
    createdAt: Timestamp,
  })
  .meta({ id: 'Subscription' })
export type Subscription = z.infer<typeof Subscription>

export const WebhookSecret = z
  .object({
    secret: z.string().meta({ description: 'Shown this once: `whsec_` and what signatures are made with' }),
  })
  .meta({ id: 'WebhookSecret' })
export type WebhookSecret = z.infer<typeof WebhookSecret>

export const CreatedSubscription = Subscription.extend({
  webhook: WebhookView.extend({ secret: WebhookSecret.shape.secret }),
}).meta({ id: 'CreatedSubscription' })
export type CreatedSubscription = z.infer<typeof CreatedSubscription>

/** `PUT /v1/devices/{id}/consent`: stands for the instruction where a device was never claimed by its code. */
export const Consent = z
  .object({
    device: z.string(),
    givenBy: z.string().meta({ description: 'The ID of the key, `user ID`, or `admin`' }),
    givenAt: Timestamp,
  })
  .meta({ id: 'Consent' })
export type Consent = z.infer<typeof Consent>
