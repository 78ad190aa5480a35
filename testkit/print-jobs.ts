/** Sends jobs as a service does, and looks at what becomes of them. */
import assert from 'node:assert/strict'
import type { Neighbourhood } from './neighbourhood.ts'
import type { Reply } from './service.ts'
import { until } from './until.ts'

export interface SeenJob {
  jobId: string
  device: string
  name: string
  state: string
  states: { state: string; at: string }[]
  pagesDone?: number
  reason?: string
  heldFor?: string
}

type Street = Pick<Neighbourhood, 'url' | 'adminKey' | 'service'>

/** @param query as it stands behind the `?` */
export async function sendJob(
  { url, adminKey }: Street,
  device: string,
  document: Uint8Array<ArrayBuffer> | string,
  query = '',
  headers: Record<string, string> = {},
): Promise<Reply> {
  const answer = await fetch(`${url}/v1/devices/${device}/jobs${query === '' ? '' : `?${query}`}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/pdf', ...headers },
    body: document,
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
}

/** @returns its ID, once it is stored */
export async function mustSendJob(...job: Parameters<typeof sendJob>): Promise<string> {
  const { status, body } = await sendJob(...job)
  assert.equal(status, 201, JSON.stringify(body))
  return Object(body).jobId
}

export async function findJob({ service }: Street, jobId: string): Promise<SeenJob> {
  const { status, body } = await service.read(`/v1/jobs/${jobId}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body as SeenJob
}

export async function untilJob(street: Street, jobId: string, ...states: string[]): Promise<SeenJob> {
  let job: SeenJob | undefined
  await until(
    () => `job ${jobId} is ${states.join(' or ')} (${JSON.stringify(job)})`,
    async () => {
      job = await findJob(street, jobId)
      return states.includes(job.state)
    },
  )
  return job as SeenJob
}

/** The life count of a device, as it tells itself. */
export async function pagesOf({ service }: Street, device: string): Promise<number> {
  const { body } = await service.ask(device, { get: ['pages'] })
  return Object(body).values.pages.value
}
