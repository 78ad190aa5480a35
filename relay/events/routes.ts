/** Services listen here: `GET /v1/events`. */
import { EventsQuery } from '@fairlead/protocol/contract'
import { type Route, route } from '../http/route.ts'
import type { EventStreams } from './streams.ts'

export function eventRoutes(streams: EventStreams): Route[] {
  return [
    route<unknown, EventsQuery>({
      method: 'GET',
      path: '/v1/events',
      operationId: 'streamEvents',
      summary:
        'Server-sent events; `Last-Event-ID` continues where a stream broke off, a `reset` says that events are gone.',
      access: 'events:read',
      work: 'look',
      query: EventsQuery,
      headers: { 'Last-Event-ID': 'Continue after this event' },
      answers: {
        200: { description: 'A stream of events; its data is `EventData`', contentType: 'text/event-stream' },
      },
      problems: ['too-many-requests'],
      async handle(visit) {
        const { caller, query, raw } = visit
        const lastEventId = visit.header('last-event-id')
        await streams.catchUpTo(lastEventId)
        streams.serve({ caller, ...query, lastEventId }, raw.response)
        return undefined
      },
    }),
  ]
}
