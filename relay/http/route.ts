/** A route as a value: who may call it, what goes in, what comes out. The HTTP door mounts it and documents it from this. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Code } from '@fairlead/base'
import type { FactorState, Right, Role, Scope } from '@fairlead/protocol/contract'
import type { ZodType } from 'zod'
import type { Work } from '../overload/order.ts'

export type { Scope } from '@fairlead/protocol/contract'

/**
 * Who may knock: default deny, so every route says it. `device`: HTTP Basic with device ID and secret; `user`: whoever has
 * signed in; `print`: HTTP Basic with what print clients know, for whoever has the right `jobs:write`.
 */
export type Access = Right | 'admin' | 'anybody' | 'device' | 'print' | 'user'

/** Who knocked. The account of a key or a user is the tenant: it comes from the credential, never from the request (S-M1). */
export type Caller =
  | { kind: 'admin' }
  | { kind: 'key'; keyId: string; account: string; scopes: ReadonlySet<Scope> }
  | UserCaller
  | { kind: 'device'; device: string; account: string }
  | { kind: 'nobody' }

/** Somebody who has signed in. What such a caller may is asked of the functions of `reach.ts`, never of its fields. */
export interface UserCaller {
  kind: 'user'
  userId: string
  account: string
  role: Role
  scopes: ReadonlySet<Right>
  isRelayAdmin: boolean
  /** Hash of the session's token. */
  session: string
  /** When they last proved who they are in this session, by the clock of the wall; 0: never. */
  provenAt: number
  /** A second factor was shown in this session. */
  hasFactor: boolean
  /** Other than `fine`: their account demands one, and they may do next to nothing without. */
  secondFactor: FactorState
}

export interface Visit<Params, Query, Body> {
  caller: Caller
  params: Params
  query: Query
  body: Body
  /** By its lower-case name; a repeated header's values are joined by ", ". Called on the visit, as is `whenHungUp`. */
  header(this: Visit<Params, Query, Body>, name: string): string | undefined
  /** As seen through trusted proxies. */
  address: string
  /** Nothing between: the peer is this machine and no proxy speaks for somebody else. */
  loopback: boolean
  /** A proxy that is not trusted speaks for others: `address` may be everybody's. */
  isVeiled: boolean
  /** `isRequest` routes only, else empty: the ID that every answer of this call carries, made before anything was checked. */
  requestId: string
  /** Aborted when the caller hangs up before the answer. */
  hungUp: AbortSignal
  /** The same for who needs no signal, which costs more than the rest of a call. */
  whenHungUp(this: Visit<Params, Query, Body>, run: () => void): void
  /** For event streams and the like only: the handler answers itself and returns `undefined`. */
  raw: { request: IncomingMessage; response: ServerResponse }
}

export interface Answer {
  status: number
  /** JSON, unless `text` is given; nothing for 204. */
  body?: unknown
  text?: { contentType: string; content: string | Buffer }
  /** Several values: a line for each. */
  headers?: Record<string, string | string[]>
}

/** For the document: a header's name and what it says. */
export type HeaderNotes = Record<string, string>

export interface Route<Params = unknown, Query = unknown, Body = unknown> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As in OpenAPI: `/v1/devices/{id}`. */
  path: string
  operationId: string
  summary: string
  access: Access
  /** What goes to and fro is a secret, whoever knocks: not over plain HTTP from elsewhere. */
  isSecret?: boolean
  /** It answers with a cookie: not to the page of another site, which would sign somebody in as somebody else. */
  isSignIn?: boolean
  /** Pages of this relay alone may read the answer, by whichever of its names they ask; not those of `--cors-origin`. */
  isForOwnPages?: true
  /**
   * It does harm that lasts, or opens a door: whoever has signed in must have proved who they are a short while ago (ASVS
   * 7.5.3). Keys are not asked.
   */
  needsProof?: true
  /** Open to who lacks the second factor that their account demands; `to-set-up`: to who has none at all. */
  withoutFactor?: 'always' | 'to-set-up'
  /** While it says no, the path is as one that never was; asked at each call (S-W3). */
  isThere?(): boolean
  params?: ZodType<Params>
  query?: ZodType<Query>
  body?: ZodType<Body>
  /** Default 64 KiB. */
  maxBodyBytes?: number
  /** Octets of any length and type, which the handler reads itself with `bodyOf`. */
  streamsBody?: true
  /** The good answers by status; without schema and content type: no body. */
  answers: Record<number, { description: string; schema?: ZodType; contentType?: string; headers?: HeaderNotes }>
  /** Request headers that mean something here, beside `Authorization`. */
  headers?: HeaderNotes
  /** The refusals that are this route's own; what every route can say need not be repeated. */
  problems?: readonly Code[]
  /** Every answer, 401 and 413 included, carries `Fairlead-Request-Id` and `Fairlead-Outcome` (contract part 3). */
  isRequest?: boolean
  /** What is refused of an overloaded node, and when (`relay/overload/order.ts`); without it, it never is. */
  work?: Work
  /** Where the body says what it is: the same, or what is refused sooner. */
  workOf?(body: Body): Work
  handle(visit: Visit<Params, Query, Body>): Promise<Answer | undefined>
}

/** Lets TypeScript find the three shapes from the schemas. */
export function route<Params = unknown, Query = unknown, Body = unknown>(described: Route<Params, Query, Body>): Route {
  return described as unknown as Route
}
