/** One call of an S3-compatible storage, signed with AWS Signature Version 4, with its bucket in the path. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, Agent as PlainAgent, request as requestPlainly } from 'node:http'
import { Agent, request } from 'node:https'
import { AwsV4Signer } from 'aws4fetch'
import type { SpoolConfig } from '../spool-config.ts'

export interface S3Call {
  method: 'PUT' | 'GET' | 'DELETE'
  /** Without the prefix. */
  key: string
  body?: readonly Uint8Array[]
  /** From this byte on. */
  from?: number
}

/** What the storage has said instead of doing it. */
export class S3Refusal extends Error {
  override readonly name = 'S3Refusal'
  readonly status: number
  /** As S3 has them, such as `NoSuchBucket`; '' where it is some other server that answers. */
  readonly code: string
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, code: string, retryAfterSeconds?: number) {
    super(`${status} ${code}`.trim())
    this.status = status
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Nothing has moved for so long. A device that reads slowly makes a connection stand still as well: `read` goes on with another one. */
const stillMs = 20_000
/** Of a refusal: more than any has. */
const mostRefusalBytes = 64 * 1024

export type S3Caller = ReturnType<typeof createS3Caller>

export function createS3Caller(place: SpoolConfig, wallNow: () => number) {
  const isSecret = place.endpoint.startsWith('https:')
  const agent = new (isSecret ? Agent : PlainAgent)({ keepAlive: true })

  /** @returns an answer of 2xx, its body not read yet @throws {S3Refusal}, or what the network has thrown */
  async function call({ method, key, body = [], from = 0 }: S3Call): Promise<IncomingMessage> {
    const { url, headers } = await new AwsV4Signer({
      method,
      url: `${place.endpoint}/${place.bucket}/${place.prefix}${key}`,
      headers: {
        // Over HTTPS S3 would do without, but so the storage itself refuses what was changed on its way.
        'x-amz-content-sha256': digestOf(body),
        ...(method === 'PUT' && { 'content-length': String(body.reduce((sum, { length }) => sum + length, 0)) }),
        ...(from > 0 && { range: `bytes=${from}-` }),
      },
      accessKeyId: place.accessKey,
      secretAccessKey: place.secretKey,
      service: 's3',
      region: place.region,
      datetime: new Date(wallNow()).toISOString().replace(/[-:]|\.\d+/g, ''),
    }).sign()
    const outgoing = (isSecret ? request : requestPlainly)(url, {
      ...{ method, agent, headers: Object.fromEntries(headers), timeout: stillMs },
    })
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('no answer came'), { code: 'ETIMEDOUT' })))
    const answered = once(outgoing, 'response')
    // Once there is an answer, what breaks is told by that as well.
    outgoing.on('error', () => {})
    for (const block of body) outgoing.write(block)
    outgoing.end()
    const [answer]: IncomingMessage[] = await answered
    if (!answer) throw new Error('A response is always given.')
    const { statusCode: status = 0 } = answer
    if (status < 200 || status > 299) throw await refusalOf(answer, status)
    return answer
  }

  return { call, [Symbol.dispose]: () => agent.destroy() }
}

function digestOf(body: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const block of body) hash.update(block)
  return hash.digest('hex')
}

async function refusalOf(answer: IncomingMessage, status: number): Promise<S3Refusal> {
  let text = ''
  answer.setEncoding('utf8')
  for await (const piece of answer) {
    text += piece
    if (text.length > mostRefusalBytes) break
  }
  const [, code = ''] = /<Code>(\w{1,64})<\/Code>/.exec(text) ?? []
  const seconds = Number(answer.headers['retry-after'])
  return new S3Refusal(status, code, seconds > 0 ? seconds : undefined)
}
