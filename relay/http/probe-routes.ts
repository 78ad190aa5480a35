/** `fairlead doctor` knocks here: who is this, what time is it, and what does the way do to a held answer and to a stream. */
import { z } from 'zod'
import { answerHeaders } from './answer-headers.ts'
import type { Probes } from './probes.ts'
import { type Route, route } from './route.ts'

export interface ProbeNeeds {
  probes: Probes
  version: string
  /** Milliseconds since 1970. */
  wallNow(): number
}

const Introduction = z.object({
  name: z.literal('fairlead').meta({ description: 'Tells a relay from whatever else may answer here' }),
  version: z.string(),
  at: z.iso.datetime().meta({ description: "The relay's clock" }),
  address: z.string().meta({ description: "The caller's address, as the relay sees it" }),
})

const seconds = (longest: number) =>
  z.coerce.number().int().min(0).max(longest).default(1).meta({ description: 'How long, in seconds' })
const HoldQuery = z.strictObject({ seconds: seconds(120) })
const StreamQuery = z.strictObject({ seconds: seconds(10) })
const Held = z.object({ heldSeconds: z.number() })

export function probeRoutes({ probes, version, wallNow }: ProbeNeeds): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/doctor',
      operationId: 'introduce',
      summary: 'Who answers here, its clock, and the address that it sees the caller at',
      access: 'anybody',
      work: 'look',
      answers: { 200: { description: 'This is a relay', schema: Introduction } },
      async handle({ address }) {
        const at = new Date(wallNow()).toISOString()
        return {
          status: 200,
          body: { name: 'fairlead', version, at, address },
          headers: { 'Cache-Control': 'no-store' },
        }
      },
    }),

    route<unknown, z.infer<typeof HoldQuery>>({
      method: 'GET',
      path: '/v1/doctor/hold',
      operationId: 'holdForDoctor',
      summary: 'Answers after so many seconds of silence, to measure what on the way does not wait that long',
      access: 'anybody',
      work: 'look',
      query: HoldQuery,
      answers: { 200: { description: 'Nothing cut it short', schema: Held } },
      problems: ['too-many-requests'],
      async handle({ address, query, hungUp }) {
        using _place = probes.admit(address)
        const heldMs = await probes.wait(query.seconds, hungUp)
        const heldSeconds = Math.round(heldMs) / 1000
        return { status: 200, body: { heldSeconds }, headers: { 'Cache-Control': 'no-store' } }
      },
    }),

    route<unknown, z.infer<typeof StreamQuery>>({
      method: 'GET',
      path: '/v1/doctor/stream',
      operationId: 'streamForDoctor',
      summary:
        'One event at once and one after so many seconds, to see whether something on the way keeps answers back',
      access: 'anybody',
      work: 'look',
      query: StreamQuery,
      answers: { 200: { description: 'A stream of two events: `first` and `last`', contentType: 'text/event-stream' } },
      problems: ['too-many-requests'],
      async handle({ address, query, hungUp, raw: { response } }) {
        using _place = probes.admit(address)
        response.writeHead(200, { ...answerHeaders, 'content-type': 'text/event-stream; charset=utf-8' })
        response.write('event: first\ndata: {}\n\n')
        await probes.wait(query.seconds, hungUp)
        response.end('event: last\ndata: {}\n\n')
        return undefined
      },
    }),
  ]
}
