/** An IPP request as the operations see it, and what they answer. */
import { Failure } from '@fairlead/base'
import {
  attributesOf,
  findAll,
  findOne,
  type IppAttributes,
  type IppGroup,
  type IppRequest,
  type IppStatus,
} from '@fairlead/protocol/ipp'
import type { Caller } from '../http/route.ts'
import { IppRefusal } from './refusal.ts'

export interface Ask {
  caller: Caller
  /** As they signed in: their e-mail address, or what a service calls them. */
  user: string
  address: string
  device: string
  /** Where the device is a printer: `ipps://relay.example/ipp/print/ID`. */
  printerUri: string
  operation: IppAttributes
  job: IppAttributes
  groups: readonly IppGroup[]
  /** Aborted when nobody waits for the answer any more. */
  givenUp: AbortSignal
  /** What comes behind the attributes. */
  document: AsyncIterable<Uint8Array>
  /** As HTTP tells it, attributes included; undefined: it comes in chunks. */
  contentLength: number | undefined
}

export interface Reply {
  /** `successful-ok` if it is not given. */
  status?: IppStatus
  /** Behind the charset and the language. */
  operation?: IppAttributes
  /** What comes behind the attributes. */
  document?: { bytes: number; content: AsyncIterable<Uint8Array> }
  groups?: readonly IppGroup[]
}

export type Operation = (ask: Ask) => Promise<Reply>

/**
 * What RFC 8011 §4.1.4 and §4.1.5 want of every request: charset and language first, then the printer or the job.
 * @param ways the paths by which this printer may be named
 * @throws {IppRefusal}
 */
export function checkTarget({ groups }: IppRequest, way: string): void {
  const [first] = groups
  const names = first?.kind === 'operation' ? [...first.attributes.keys()] : []
  if (names[0] !== 'attributes-charset' || names[1] !== 'attributes-natural-language')
    throw bad('A request begins with attributes-charset and attributes-natural-language.')
  const operation = attributesOf(groups, 'operation')
  const uri = findOne(operation, 'printer-uri', 'uri') ?? findOne(operation, 'job-uri', 'uri')
  if (uri === undefined) throw bad('A request names its printer-uri or job-uri.')
  const path = pathOf(uri)
  if (path !== way && !path?.startsWith(`${way}/`)) throw new Failure('not-found', `There is no printer ${uri} here.`)
}

/** @returns undefined: it has none */
function pathOf(uri: string): string | undefined {
  const url = URL.parse(uri)
  return url === null ? undefined : url.pathname.replace(/\/$/, '')
}

/** The number of a job, from `job-id` or the end of `job-uri`. @throws {IppRefusal} */
export function jobNumberOf({ operation }: Ask): number {
  const id = findOne(operation, 'job-id', 'integer')
  if (id !== undefined) return id
  const uri = findOne(operation, 'job-uri', 'uri')
  const number = /\/(\d{1,9})$/.exec(uri ?? '')?.[1]
  if (number === undefined) throw bad('A request about a job names its job-id or job-uri.')
  return Number(number)
}

/** @returns undefined: it does not say */
export function requestedOf({ operation }: Ask): readonly string[] | undefined {
  return findAll(operation, 'requested-attributes', 'keyword')
}

const bad = (message: string) => new IppRefusal('client-error-bad-request', message)
