/** Saved views for people who have signed in: `/v1/views`. */
import { NewView, pageOf, View, ViewParams, ViewsQuery } from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { Views } from './views.ts'

type Params = z.infer<typeof ViewParams>

export function viewRoutes(views: Views): Route[] {
  return [
    route<unknown, ViewsQuery>({
      method: 'GET',
      path: '/v1/views',
      operationId: 'listViews',
      summary: 'Your own saved views, and those of the whole account',
      access: 'user',
      work: 'look',
      query: ViewsQuery,
      answers: { 200: { description: 'A page of views, by ID', schema: pageOf(View) } },
      handle: async ({ caller, query }) => ({ status: 200, body: await views.list(caller, query) }),
    }),
    route<Params, unknown, NewView>({
      method: 'PUT',
      path: '/v1/views/{viewId}',
      operationId: 'saveView',
      summary: 'Save a view under an ID of your own making, or put this in the place of the one that is there',
      access: 'user',
      work: 'manage',
      params: ViewParams,
      body: NewView,
      answers: { 200: { description: 'As it is now', schema: View } },
      problems: ['not-found', 'forbidden'],
      handle: async ({ caller, params, body }) => ({
        status: 200,
        body: await views.save(caller, params.viewId, body),
      }),
    }),
    route<Params>({
      method: 'DELETE',
      path: '/v1/views/{viewId}',
      operationId: 'removeView',
      summary: 'Remove a view; saved again under the same ID it is back',
      access: 'user',
      params: ViewParams,
      answers: { 204: { description: 'Removed' } },
      problems: ['not-found', 'forbidden'],
      async handle({ caller, params }) {
        await views.remove(caller, params.viewId)
        return { status: 204 }
      },
    }),
  ]
}
