/** Programs that a service hosts and a device launches (L1): what is offered, what is launched, and what a program decides of a run. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { Tag } from './device.ts'
import { ObjectName, ObjectValues } from './objects.ts'
import { pageQuery } from './page.ts'
import { webhookUrl } from './subscription.ts'
import { line, Timestamp } from './text.ts'

const programId = /^[a-z0-9._-]{1,64}$/
export const ProgramId = z
  .string()
  .regex(programId, 'A program ID is 1 to 64 characters of a-z 0-9 . _ -')
  .meta({ examples: ['scan-to-email'] })

export const ProgramParams = z.object({ program: z.string().meta({ pattern: programId.source }) })
/** Whose it is: only who may reach several accounts names one. */
export const ProgramQuery = z.strictObject({ account: AccountId.optional() })
export type ProgramQuery = z.infer<typeof ProgramQuery>

const mostAsked = 20
const Asks = z
  .array(ObjectName)
  .max(mostAsked)
  .meta({ description: 'The device information it asks for, once, when it is launched' })
const Description = line(256)

/** `POST /v1/programs` */
export const NewProgram = z.strictObject({
  program: ProgramId,
  title: line(64).meta({ description: 'As panels show it' }),
  description: Description.optional(),
  url: webhookUrl.meta({ description: 'Where it is called, signed as webhooks are' }),
  asks: Asks.default([]),
  tag: Tag.optional().meta({ description: 'Offered only to devices that have this tag' }),
  account: AccountId.optional(),
})
export type NewProgram = z.infer<typeof NewProgram>
export type NewProgramInput = z.input<typeof NewProgram>

/** `PATCH /v1/programs/{program}`: what is left out stays. */
export const ProgramChange = z
  .strictObject({
    title: line(64).optional(),
    description: Description.nullable().optional(),
    url: webhookUrl.optional(),
    asks: Asks.optional().meta({ description: 'Of what is launched from now on' }),
    tag: Tag.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must change something')
export type ProgramChange = z.infer<typeof ProgramChange>

/** `unreachable`: the program did not answer, or answered what is no step. */
export const RunOutcome = z.enum(['asked', 'scanning', 'done', 'failed', 'unreachable'])
export type RunOutcome = z.infer<typeof RunOutcome>

const LastRun = z.object({
  at: Timestamp,
  device: z.string(),
  outcome: RunOutcome,
  reason: z.string().nullable().meta({ description: 'Why it failed or was not reached' }),
})

export const Program = z
  .object({
    program: z.string(),
    account: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    url: z.string(),
    asks: z.array(z.string()),
    tag: z.string().nullable(),
    createdAt: Timestamp,
    devices: z.int().meta({ description: 'On which it is launched' }),
    launches: z.int().meta({ description: 'That it has taken, and that are still there' }),
    lastRun: LastRun.nullable(),
  })
  .meta({ id: 'Program' })
export type Program = z.infer<typeof Program>

export const ProgramSecret = z
  .object({ secret: z.string().meta({ description: 'Shown this once: `whsec_` and what its calls are signed with' }) })
  .meta({ id: 'ProgramSecret' })
export type ProgramSecret = z.infer<typeof ProgramSecret>

export const CreatedProgram = Program.extend(ProgramSecret.shape).meta({ id: 'CreatedProgram' })
export type CreatedProgram = z.infer<typeof CreatedProgram>

export const ProgramsQuery = z.strictObject({ account: AccountId.optional(), ...pageQuery })
export type ProgramsQuery = z.infer<typeof ProgramsQuery>

/** `GET /v1/programs/{program}/launches` */
export const ProgramLaunch = z
  .object({
    launchId: z.string(),
    device: z.string(),
    values: ObjectValues.nullable().meta({ description: 'The device information; null: it has not come' }),
    createdAt: Timestamp,
    launchedAt: Timestamp.nullable().meta({ description: 'When the program took it; null: not yet' }),
    lastRun: LastRun.nullable(),
  })
  .meta({ id: 'ProgramLaunch' })
export type ProgramLaunch = z.infer<typeof ProgramLaunch>

/** `GET /device/v1/programs` */
export const OfferedPrograms = z
  .object({ programs: z.array(z.object({ program: z.string(), title: z.string(), description: z.string() })) })
  .meta({ id: 'OfferedPrograms' })
export type OfferedPrograms = z.infer<typeof OfferedPrograms>

/** `POST /device/v1/launches` */
export const NewLaunch = z.object({ program: z.string().min(1).max(64) })
export type NewLaunch = z.infer<typeof NewLaunch>

/** The identification, and the device information that is asked for. */
export const Launch = z
  .object({ launchId: z.string(), program: z.string(), asks: z.array(z.string()) })
  .meta({ id: 'Launch' })
export type Launch = z.infer<typeof Launch>

export const LaunchParams = z.object({ launchId: z.string() })

/** What was asked for and the device does not know is left out. */
export const LaunchInformation = z.object({ values: ObjectValues })
export type LaunchInformation = z.infer<typeof LaunchInformation>

/** What the device keeps with its information under the identification: together they are the request information. */
export const LaunchTaken = z
  .object({ launchId: z.string(), address: z.url().meta({ description: 'Where runs are sent' }) })
  .meta({ id: 'LaunchTaken' })
export type LaunchTaken = z.infer<typeof LaunchTaken>

/** A name of a field, and of the answer to it. */
const FieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/, 'A field is named by 1 to 32 of A-Z a-z 0-9 _ -')
const longestAnswer = 1024
const mostFields = 8
/** A run may ask several times. */
const mostAnswers = 32

const Language = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'A language is a tag of BCP 47')
  .meta({ description: 'What whoever touched it reads (BCP 47)', examples: ['ja'] })

/** The request information, sent by one touch. */
export const ProgramRun = z.object({
  runId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'A run ID is 1 to 64 characters of A-Z a-z 0-9 . _ -')
    .meta({ description: 'Made by the device, for one touch and all that comes of it' }),
  values: ObjectValues.meta({ description: 'The device information, as it was kept' }),
  answers: z
    .record(FieldName, z.string().max(longestAnswer))
    .refine((answers) => Object.keys(answers).length <= mostAnswers, `are ${mostAnswers} at most`)
    .optional()
    .meta({ description: 'To all that this run was asked so far' }),
  language: Language.optional(),
})
export type ProgramRun = z.infer<typeof ProgramRun>

const Field = z
  .object({
    name: FieldName,
    label: line(128),
    type: z.enum(['text', 'email', 'number', 'choice']),
    value: z.string().max(longestAnswer).optional().meta({ description: 'What stands there before anybody types' }),
    choices: z.array(line(128)).min(1).max(32).optional().meta({ description: 'Of a `choice`, and of nothing else' }),
  })
  .refine(({ type, choices }) => (type === 'choice') === (choices !== undefined), {
    path: ['choices'],
    message: 'A choice has choices, and nothing else has',
  })
  .meta({ id: 'ProgramField' })
export type ProgramField = z.infer<typeof Field>

const Ask = z.object({
  title: line(128),
  fields: z
    .array(Field)
    .min(1)
    .max(mostFields)
    .refine((fields) => new Set(fields.map(({ name }) => name)).size === fields.length, 'have a name each of its own'),
})

const Scan = z.object({
  title: line(128),
  to: webhookUrl.meta({ description: 'Where the device uploads what it scans, by itself' }),
  authorization: z
    .string()
    .regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'Printable characters, as in the header')
    .max(1024)
    .optional()
    .meta({ description: 'The `Authorization` of the upload' }),
  resolution: z.int().min(75).max(1200).optional().meta({ description: 'Dots per inch' }),
  color: z.enum(['color', 'gray']).optional(),
})

const Done = z.object({
  title: line(128),
  lines: z.array(line(256)).max(20),
  jobs: z.array(z.string().min(1).max(64)).max(20).optional().meta({ description: 'What it prints there' }),
})

const Failed = z.object({ reason: line(512).meta({ description: 'In words for people' }) })

/** What a run comes to, as the program decided: the device shows it, scans, or is done. */
export const ProgramStep = z
  .union([
    z.strictObject({ ask: Ask }),
    z.strictObject({ scan: Scan }),
    z.strictObject({ done: Done }),
    z.strictObject({ failed: Failed }),
  ])
  .meta({ id: 'ProgramStep' })
export type ProgramStep = z.infer<typeof ProgramStep>

const ofCall = { program: z.string(), account: z.string(), device: z.string(), launchId: z.string() }

/** The bodies that a program is called with. */
export const ProgramCall = z.discriminatedUnion('type', [
  z.object({ type: z.literal('launch'), ...ofCall, values: ObjectValues }),
  z.object({
    type: z.literal('run'),
    ...ofCall,
    runId: z.string(),
    values: ObjectValues,
    answers: z.record(z.string(), z.string()),
    language: Language.optional(),
  }),
])
export type ProgramCall = z.infer<typeof ProgramCall>

/** What a program answers to a launch; nothing at all, or `{}`, takes it. */
export const LaunchAnswer = z.object({ refused: line(512).optional().meta({ description: 'Why not, for people' }) })
export type LaunchAnswer = z.infer<typeof LaunchAnswer>
