/** Where services send documents, and see and change what becomes of them. */
import { Failure } from '@fairlead/base'
import {
  DeviceParams,
  Job,
  JobAgain,
  JobChanges,
  JobParams,
  JobsQuery,
  NewJobAnswer,
  NewJobQuery,
  NewUpload,
  type Page,
  Printing,
  pageOf,
  readIdempotencyKey,
  Upload,
  UploadParams,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { actorOf } from '../audit/actor.ts'
import { bodyOf } from '../http/body.ts'
import { askerOf, homeOf, reaches } from '../http/reach.ts'
import { type Caller, type Route, route, type Visit } from '../http/route.ts'
import type { Uploads } from '../spool/uploads.ts'
import type { Jobs } from './jobs.ts'

export interface JobRoutesNeeds {
  jobs: Pick<Jobs, 'make' | 'printAgain' | 'whose' | 'find' | 'list' | 'cancel' | 'change' | 'printing'>
  uploads: Uploads
  findDevice(id: string): { account: string } | undefined
}

const JobList = pageOf(Job).meta({ id: 'JobList' })
const byKey = { 'Idempotency-Key': '1 to 255 visible characters: a job with the same key is made once' }
const replayedHeader = { 'Idempotency-Replayed': '`true`: the job was made before, with this key' }

export function jobRoutes({ jobs, uploads, findDevice }: JobRoutesNeeds): Route[] {
  return [
    route<z.infer<typeof DeviceParams>, NewJobQuery>({
      method: 'POST',
      path: '/v1/devices/{id}/jobs',
      operationId: 'makeJob',
      summary: 'Sends a document to a device: the body, with its Content-Type, or one that was uploaded before',
      access: 'jobs:write',
      work: 'set',
      params: DeviceParams,
      query: NewJobQuery,
      streamsBody: true,
      headers: byKey,
      answers: {
        201: {
          description: 'It is on disk',
          schema: NewJobAnswer,
          headers: replayedHeader,
        },
      },
      problems: [
        'unknown-device',
        'device-offline',
        'device-asleep',
        'bad-document',
        'too-large',
        'too-many-requests',
        'key-reused',
        'not-found',
        'wrong-offset',
      ],
      async handle(visit) {
        const { caller, query, address } = visit
        const device = visit.params.id
        const account = findDevice(device)?.account
        if (account === undefined || !reaches(caller, account))
          throw new Failure('unknown-device', 'There is no such device here.')
        const person = await jobs.whose(caller, device, query)
        const { job, replayed } = await jobs.make({
          ...{ device, account, query, address, actor: actorOf(caller), asker: askerOf(caller), user: undefined },
          ...{ uploader: homeOf(caller), key: keyOf(visit), contentType: visit.header('content-type') },
          person,
          contentLength: lengthOf(visit),
          content: bodyOf(visit.raw.request),
        })
        const headers = { location: `/v1/jobs/${job.jobId}`, ...(replayed && { 'idempotency-replayed': 'true' }) }
        return { status: 201, body: { jobId: job.jobId, state: job.state }, headers }
      },
    }),
    route<unknown, JobsQuery>({
      method: 'GET',
      path: '/v1/jobs',
      operationId: 'listJobs',
      summary: 'Jobs, the newest first',
      access: 'requests:read',
      work: 'look',
      query: JobsQuery,
      answers: { 200: { description: 'A page of them', schema: JobList } },
      async handle({ caller, query }) {
        const page: Page<Job> = await jobs.list(caller, query)
        return { status: 200, body: page }
      },
    }),
    route<z.infer<typeof JobParams>>({
      method: 'GET',
      path: '/v1/jobs/{jobId}',
      operationId: 'findJob',
      summary: 'What has become of a job',
      access: 'requests:read',
      work: 'set',
      params: JobParams,
      answers: { 200: { description: 'As it stands', schema: Job } },
      problems: ['not-found'],
      async handle({ caller, params }) {
        return { status: 200, body: await jobs.find(caller, params.jobId) }
      },
    }),
    route<z.infer<typeof JobParams>, unknown, JobChanges>({
      method: 'PATCH',
      path: '/v1/jobs/{jobId}',
      operationId: 'changeJob',
      summary: 'Holds a job, releases it, or gives it another priority',
      access: 'jobs:write',
      work: 'set',
      params: JobParams,
      body: JobChanges,
      answers: { 200: { description: 'As it stands now', schema: Job } },
      problems: ['not-found', 'job-ended', 'job-held'],
      async handle({ caller, params, body, address }) {
        return { status: 200, body: await jobs.change(caller, params.jobId, body, address) }
      },
    }),
    route<z.infer<typeof JobParams>>({
      method: 'DELETE',
      path: '/v1/jobs/{jobId}',
      operationId: 'cancelJob',
      summary:
        'Cancels a job: at once where it is still here, else its device is asked to; what has ended stays as it is',
      access: 'jobs:write',
      params: JobParams,
      answers: { 200: { description: 'As it stands now', schema: Job } },
      problems: ['not-found'],
      async handle({ caller, params, address }) {
        return { status: 200, body: await jobs.cancel(caller, params.jobId, address) }
      },
    }),
    route<z.infer<typeof JobParams>, unknown, JobAgain>({
      method: 'POST',
      path: '/v1/jobs/{jobId}/again',
      operationId: 'printJobAgain',
      summary: 'Another job of the same document, while that is kept: of all its pages, or of those that are missing',
      access: 'jobs:write',
      work: 'set',
      params: JobParams,
      body: JobAgain,
      headers: byKey,
      answers: { 201: { description: 'The new job is on disk', schema: Job, headers: replayedHeader } },
      problems: ['not-found', 'not-again', 'unknown-device', 'too-large', 'too-many-requests', 'key-reused'],
      async handle(visit) {
        const { caller, params, body, address } = visit
        const { job, replayed } = await jobs.printAgain(caller, params.jobId, body, { key: keyOf(visit), address })
        const headers = { location: `/v1/jobs/${job.jobId}`, ...(replayed && { 'idempotency-replayed': 'true' }) }
        return { status: 201, body: job, headers }
      },
    }),
    route<z.infer<typeof DeviceParams>>({
      method: 'GET',
      path: '/v1/devices/{id}/printing',
      operationId: 'findPrinting',
      summary:
        'What a device can do with documents, as it told when it was last heard: to be kept, and jobs checked against',
      access: 'devices:read',
      work: 'set',
      params: DeviceParams,
      answers: { 200: { description: 'As it was last heard', schema: Printing } },
      problems: ['unknown-device'],
      async handle({ caller, params }) {
        const account = findDevice(params.id)?.account
        if (account === undefined || !reaches(caller, account))
          throw new Failure('unknown-device', 'There is no such device here.')
        return { status: 200, body: await jobs.printing(params.id) }
      },
    }),
    ...uploadRoutes(uploads),
  ]
}

const ownerOf = (caller: Caller) => ({ account: homeOf(caller), asker: askerOf(caller) })

function uploadRoutes(uploads: Uploads): Route[] {
  return [
    route<unknown, unknown, NewUpload>({
      method: 'POST',
      path: '/v1/uploads',
      operationId: 'beginUpload',
      summary: 'Begins a document that comes in parts, for lines that break',
      access: 'jobs:write',
      work: 'set',
      body: NewUpload,
      answers: { 201: { description: 'Where it goes on', schema: Upload } },
      problems: ['too-large'],
      async handle({ caller, body }) {
        const upload = await uploads.begin(ownerOf(caller), body)
        return { status: 201, body: upload, headers: { location: `/v1/uploads/${upload.uploadId}` } }
      },
    }),
    route<z.infer<typeof UploadParams>>({
      method: 'GET',
      path: '/v1/uploads/{uploadId}',
      operationId: 'findUpload',
      summary: 'How much of it is here',
      access: 'jobs:write',
      work: 'set',
      params: UploadParams,
      answers: { 200: { description: '`offset` bytes are on disk', schema: Upload } },
      problems: ['not-found'],
      async handle({ caller, params }) {
        return { status: 200, body: await uploads.find(ownerOf(caller), params.uploadId) }
      },
    }),
    route<z.infer<typeof UploadParams>>({
      method: 'PATCH',
      path: '/v1/uploads/{uploadId}',
      operationId: 'continueUpload',
      summary: 'The next part: what came of it stays, also when the connection is cut',
      access: 'jobs:write',
      work: 'set',
      params: UploadParams,
      streamsBody: true,
      headers: { 'Upload-Offset': 'Where this part begins: as many bytes as are here' },
      answers: { 200: { description: '`offset` bytes are on disk', schema: Upload } },
      problems: ['not-found', 'wrong-offset', 'in-progress'],
      async handle(visit) {
        const { caller, params, raw } = visit
        await uploads.find(ownerOf(caller), params.uploadId)
        const offset = visit.header('upload-offset') ?? ''
        if (!/^\d{1,15}$/.test(offset))
          throw new Failure('invalid-request', 'Upload-Offset says where the part begins, as a number of bytes.')
        const upload = await uploads.append(ownerOf(caller), params.uploadId, Number(offset), bodyOf(raw.request))
        return { status: 200, body: upload }
      },
    }),
    route<z.infer<typeof UploadParams>>({
      method: 'DELETE',
      path: '/v1/uploads/{uploadId}',
      operationId: 'removeUpload',
      summary: 'Gives up a document that came in parts',
      access: 'jobs:write',
      params: UploadParams,
      answers: { 204: { description: 'It is gone' } },
      problems: ['not-found'],
      async handle({ caller, params }) {
        await uploads.remove(ownerOf(caller), params.uploadId)
        return { status: 204 }
      },
    }),
  ]
}

type AnyVisit = Pick<Visit<unknown, unknown, unknown>, 'raw'> & { header(name: string): string | undefined }

/** @throws {Failure} `invalid-request` */
function keyOf(visit: AnyVisit): string | undefined {
  const header = visit.header('idempotency-key')
  const key = header === undefined ? undefined : readIdempotencyKey(header)
  if (header !== undefined && key === undefined)
    throw new Failure(
      'invalid-request',
      'Idempotency-Key must be 1 to 255 visible characters, bare or in double quotes.',
    )
  return key
}

function lengthOf({ raw }: AnyVisit): number | undefined {
  const told = raw.request.headers['content-length']
  return told === undefined ? undefined : Number(told)
}
