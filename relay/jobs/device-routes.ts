/** Where devices ask for the jobs that they have recorded, fetch their documents, and tell what became of them (M1). */
import { Failure } from '@fairlead/base'
import { JobInformation, JobParams, JobReport, JobReported } from '@fairlead/protocol/contract'
import { z } from 'zod'
import { sendBody } from '../http/body.ts'
import { type Caller, type Route, route } from '../http/route.ts'
import type { Jobs } from './jobs.ts'

type Params = z.infer<typeof JobParams>

const Recorded = z.object({ jobs: z.array(JobInformation) }).meta({ id: 'JobsOfDevice' })

export function jobDeviceRoutes(jobs: Pick<Jobs, 'information' | 'ofDevice' | 'document' | 'report'>): Route[] {
  return [
    route({
      method: 'GET',
      path: '/device/v1/jobs',
      operationId: 'listJobsOfDevice',
      summary: 'The jobs that the device has recorded and not told the end of',
      access: 'device',
      answers: { 200: { description: 'All of them', schema: Recorded } },
      async handle({ caller }) {
        return { status: 200, body: { jobs: await jobs.ofDevice(deviceOf(caller)) } }
      },
    }),
    route<Params>({
      method: 'GET',
      path: '/device/v1/jobs/{jobId}',
      operationId: 'findJobInformation',
      summary: 'The job information: asked for because the notification is on the disk of the device',
      access: 'device',
      params: JobParams,
      answers: { 200: { description: 'What is to be done', schema: JobInformation } },
      problems: ['not-found', 'job-ended', 'job-held'],
      async handle({ caller, params }) {
        return { status: 200, body: await jobs.information(deviceOf(caller), params.jobId) }
      },
    }),
    route<Params>({
      method: 'GET',
      path: '/device/v1/jobs/{jobId}/document',
      operationId: 'fetchDocument',
      summary: 'The document, or with a Range its rest',
      access: 'device',
      params: JobParams,
      headers: { Range: '`bytes=FIRST-`: from that byte on (RFC 9110 §14.2)' },
      answers: {
        200: { description: 'All of it', contentType: 'application/octet-stream' },
        206: { description: 'Its rest', contentType: 'application/octet-stream' },
      },
      problems: ['not-found', 'job-ended', 'wrong-offset'],
      async handle(visit) {
        const { caller, params, raw } = visit
        const range = /^bytes=(\d{1,15})-$/.exec(visit.header('range') ?? '')?.[1]
        const from = Number(range ?? 0)
        const { bytes, content } = await jobs.document(deviceOf(caller), params.jobId, from, null)
        raw.response.writeHead(range === undefined ? 200 : 206, {
          // What it is says the job information: nobody's browser is to show it.
          'content-type': 'application/octet-stream',
          'content-length': bytes - from,
          'accept-ranges': 'bytes',
          'cache-control': 'no-store',
          ...(range !== undefined && { 'content-range': `bytes ${from}-${bytes - 1}/${bytes}` }),
        })
        await sendBody(raw.response, content)
        return undefined
      },
    }),
    route<Params, unknown, JobReport>({
      method: 'POST',
      path: '/device/v1/jobs/{jobId}',
      operationId: 'reportJob',
      summary: 'What has become of a job at the device; the same again does no harm',
      access: 'device',
      params: JobParams,
      body: JobReport,
      answers: { 200: { description: 'Stored', schema: JobReported } },
      problems: ['not-found'],
      async handle({ caller, params, body }) {
        return { status: 200, body: { cancel: await jobs.report(deviceOf(caller), params.jobId, body, null) } }
      },
    }),
  ]
}

function deviceOf(caller: Caller): string {
  if (caller.kind !== 'device') throw new Failure('unauthorized', 'Only a device may do that, with its own secret.')
  return caller.device
}
