/** Jobs over the API: documents are sent, in parts where they are large, and followed. */
import type {
  Job,
  JobAgain,
  JobChanges,
  JobState,
  Page,
  Printing,
  PrintTicket,
  Upload,
} from '@fairlead/protocol/contract'
import { type Call, call, type Relay } from './call.ts'
import { NoRelayError, RelayError } from './error.ts'

export interface JobsFilter {
  device?: string
  state?: JobState | 'open' | 'ended'
  limit?: number
  cursor?: string
}

export interface SendOptions extends PrintTicket {
  /** For people. */
  name?: string
  /** 86,400 by default; 0: now or not at all. */
  deliverWithinSeconds?: number
  /** 1 to 100. */
  priority?: number
  /** It waits until it is released. */
  hold?: boolean
  /** `person`: it waits until its person is at the device; `none`: it does not, also where the device has people do so. */
  release?: 'none' | 'person'
  /** With a key: the e-mail address of the user whose it is. */
  for?: string
  /** By default what the document says of itself. */
  contentType?: string
  /** Sent again with the same one, it is one job. */
  idempotencyKey?: string
  signal?: AbortSignal
  /** Of the document, in bytes; the last time with all of them. */
  onProgress?(sent: number, of: number): void
  /** The upload that an earlier try has begun, to go on with it. */
  uploadId?: string
  /** One has been begun: whoever keeps its ID can go on later. */
  onUpload?(uploadId: string): void | Promise<void>
}

/** What is larger goes in parts, each of so many bytes: a line that breaks costs one of them. */
const partBytes = 4 * 1024 * 1024
/** So often in a row a part may get nowhere. */
const mostTries = 8
const pauseMs = (attempt: number) => Math.min(5_000, 100 * 2 ** attempt)

export function createJobs(relay: Relay) {
  const segment = (id: string) => encodeURIComponent(id)

  async function ask<Body>(request: Call): Promise<Body> {
    return (await call<Body>(relay, request)).body
  }

  async function send(device: string, document: Blob, options: SendOptions = {}): Promise<SentJob> {
    const { contentType, idempotencyKey, signal, onProgress, uploadId, onUpload, hold, ...query } = options
    const type = contentType ?? (document.type || 'application/octet-stream')
    const isLarge = document.size > partBytes || uploadId !== undefined
    const upload = isLarge ? await uploadParts(document, { ...options, contentType: type }) : undefined
    const sent = await ask<SentJob>({
      method: 'POST',
      path: `/v1/devices/${segment(device)}/jobs`,
      query: { ...query, ...(hold !== undefined && { hold: String(hold) }), upload },
      ...(upload === undefined && { raw: document }),
      headers: {
        'content-type': type,
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      signal,
    })
    onProgress?.(document.size, document.size)
    return sent
  }

  /** @returns the ID of the upload, which is whole */
  async function uploadParts(document: Blob, options: SendOptions & { contentType: string }): Promise<string> {
    const { contentType, signal, onProgress } = options
    let upload = await goOn(options.uploadId)
    if (upload === undefined) {
      upload = await ask<Upload>({
        method: 'POST',
        path: '/v1/uploads',
        body: { bytes: document.size, contentType },
        signal,
      })
      await options.onUpload?.(upload.uploadId)
    }
    const path = `/v1/uploads/${segment(upload.uploadId)}`
    for (let { offset } = upload, attempt = 0; offset < document.size; ) {
      onProgress?.(offset, document.size)
      const before = offset
      try {
        const part = document.slice(offset, offset + partBytes)
        const headers = { 'content-type': 'application/octet-stream', 'upload-offset': String(offset) }
        offset = (await ask<Upload>({ method: 'PATCH', path, raw: part, headers, signal })).offset
      } catch (error) {
        if (!mayGoOn(error) || attempt >= mostTries) throw error
        await pause(pauseMs(attempt), signal)
        offset = await offsetOf(path, offset, signal)
      }
      attempt = offset > before ? 0 : attempt + 1
    }
    return upload.uploadId
  }

  /** What came of a part that was cut off counts. A relay that is away is asked by the next part. */
  async function offsetOf(path: string, offset: number, signal: AbortSignal | undefined): Promise<number> {
    try {
      return (await ask<Upload>({ path, signal })).offset
    } catch (error) {
      if (error instanceof NoRelayError) return offset
      throw error
    }
  }

  /** @returns undefined: it is not there any more */
  async function goOn(uploadId: string | undefined): Promise<Upload | undefined> {
    if (uploadId === undefined) return undefined
    try {
      return await ask<Upload>({ path: `/v1/uploads/${segment(uploadId)}` })
    } catch (error) {
      if (error instanceof RelayError && error.status === 404) return undefined
      throw error
    }
  }

  return {
    /** What the device can do with documents, as it was last heard: to be kept, and jobs checked against (E1). */
    printing: (device: string) => ask<Printing>({ path: `/v1/devices/${segment(device)}/printing` }),

    jobs: {
      /**
       * Stored at the relay when it resolves.
       * @throws {RelayError} `device-offline`, `bad-document`, `too-large`, `too-many-requests`, … @throws {NoRelayError}
       */
      send,
      /** The newest first. */
      list: (filter: JobsFilter = {}) => ask<Page<Job>>({ path: '/v1/jobs', query: { ...filter } }),
      find: (jobId: string) => ask<Job>({ path: `/v1/jobs/${segment(jobId)}` }),
      /** Holds, releases, or gives another priority. */
      change: (jobId: string, body: JobChanges) =>
        ask<Job>({ method: 'PATCH', path: `/v1/jobs/${segment(jobId)}`, body }),
      /**
       * Another job of the same document, while that is kept; the rest: behind the pages that came out for sure.
       * @throws {RelayError} `not-again`, which says why
       */
      again: (jobId: string, { pages = 'all', idempotencyKey }: AgainOptions = {}) =>
        ask<Job>({
          method: 'POST',
          path: `/v1/jobs/${segment(jobId)}/again`,
          body: { pages },
          ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }),
        }),
      /** At once while it is at the relay; then its device is asked to. */
      cancel: (jobId: string) => ask<Job>({ method: 'DELETE', path: `/v1/jobs/${segment(jobId)}` }),
    },
  }
}

export interface AgainOptions {
  pages?: JobAgain['pages']
  /** Sent again with the same one, it is one job. */
  idempotencyKey?: string
}

export interface SentJob {
  jobId: string
  state: JobState
}

/** The line broke, or another connection has been given up for this one. */
function mayGoOn(error: unknown): boolean {
  if (error instanceof NoRelayError) return true
  return error instanceof RelayError && (error.code === 'wrong-offset' || error.status === 503 || error.status === 408)
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
