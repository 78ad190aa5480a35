/** Is it alive, can it serve, how is it: `/healthz`, `/readyz`, `/metrics`. */
import { Failure } from '@fairlead/base'
import { z } from 'zod'
import { mayCall } from './reach.ts'
import { type Route, route } from './route.ts'

export interface HealthNeeds {
  /** Why it cannot serve right now, in words; `undefined` when it can. */
  whyNotReady(): string | undefined
}

export function healthRoutes(needs: HealthNeeds): Route[] {
  return [
    route({
      method: 'GET',
      path: '/healthz',
      operationId: 'isAlive',
      summary: 'Whether the process lives',
      access: 'anybody',
      answers: { 200: { description: 'It does.', schema: z.object({ alive: z.literal(true) }) } },
      handle: async () => ({ status: 200, body: { alive: true } }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      operationId: 'isReady',
      summary: 'Whether the relay can serve',
      access: 'anybody',
      answers: { 200: { description: 'It can.', schema: z.object({ ready: z.literal(true) }) } },
      problems: ['unavailable'],
      async handle() {
        const why = needs.whyNotReady()
        if (why !== undefined) throw new Failure('unavailable', why)
        return { status: 200, body: { ready: true } }
      },
    }),
  ]
}

export interface MetricsRouteNeeds {
  render(): Promise<{ contentType: string; content: string }>
  /** It stands on `--admin-listen`, where who can reach it may read it. */
  isPrivate: boolean
}

export function metricsRoute({ render, isPrivate }: MetricsRouteNeeds): Route {
  return route({
    method: 'GET',
    path: '/metrics',
    operationId: 'readMetrics',
    summary: 'Metrics as Prometheus text; wants the admin key unless asked on loopback',
    access: 'anybody',
    answers: { 200: { description: 'Prometheus text exposition format.', contentType: 'text/plain' } },
    problems: ['unauthorized', 'forbidden'],
    async handle({ caller, loopback }) {
      if (!(isPrivate || loopback || mayCall('admin', caller))) {
        if (caller.kind !== 'nobody') throw new Failure('forbidden', 'Only the admin key may read the metrics.')
        throw new Failure('unauthorized', 'Send the admin key as `Authorization: Bearer KEY`, or ask on loopback.')
      }
      return { status: 200, text: await render() }
    },
  })
}
