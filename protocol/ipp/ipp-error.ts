/** Why a message was refused as IPP, with the status that answers it, and the bounds it is held to. */
import { type IppStatus, ippStatus } from './status.ts'

const statuses = {
  /** The message ends before its attributes do. */
  cut: 'client-error-bad-request',
  /** Something stands where it may not: a value without an attribute, a collection that is not closed. */
  malformed: 'client-error-bad-request',
  /** A value that is none of its syntax. */
  value: 'client-error-bad-request',
  /** An attribute twice in one group (RFC 8011 §4.1.3). */
  duplicate: 'client-error-bad-request',
  /** An attribute that must be there is not. */
  missing: 'client-error-bad-request',
  /** An attribute has a syntax, or a number of values, that it cannot have. */
  syntax: 'client-error-attributes-or-values-not-supported',
  /** A name or value beyond what RFC 8011 §5.1 allows its syntax. */
  'too-long': 'client-error-request-value-too-long',
  /** One of `IppLimits` is exceeded. */
  'too-large': 'client-error-request-entity-too-large',
  /** Attributes in another charset than UTF-8, of which US-ASCII is a part. */
  charset: 'client-error-charset-not-supported',
  /** Neither IPP/1 nor IPP/2. */
  version: 'server-error-version-not-supported',
} as const satisfies Record<string, IppStatus>

export type IppErrorKind = keyof typeof statuses

/** The first eight bytes of a message. */
export interface IppOpening {
  readonly version: IppVersion
  /** The operation of a request, the status of a response. */
  readonly code: number
  readonly requestId: number
}

export interface IppVersion {
  readonly major: number
  readonly minor: number
}

/** A message that cannot be read, or a value that cannot be written. Its text quotes names of attributes, never values. */
export class IppError extends Error {
  override readonly name = 'IppError'
  readonly kind: IppErrorKind
  /** Where, in bytes from the start of the message; undefined where no message was read. */
  readonly offset: number | undefined
  /** Whose message it is, as far as it came: an answer repeats version and request ID. */
  readonly opening: IppOpening | undefined

  constructor(kind: IppErrorKind, message: string, where: { offset?: number; opening?: IppOpening | undefined } = {}) {
    super(message)
    this.kind = kind
    this.offset = where.offset
    this.opening = where.opening
  }

  get status(): IppStatus {
    return statuses[this.kind]
  }

  get statusCode(): number {
    return ippStatus[this.status]
  }
}

/** What is exactly as large as its limit is read. */
export interface IppLimits {
  /** From the version to the end of the attributes. */
  maxBytes: number
  /** Collections within each other. */
  maxDepth: number
  maxGroups: number
  /** In all groups together, members of collections included. */
  maxAttributes: number
  /** Of all attributes together, collections and what is in them included. */
  maxValues: number
}

/** Printers with hundreds of media tell some thousands of members; few messages have more than ten groups. */
export const defaultIppLimits: IppLimits = {
  maxBytes: 256 * 1024,
  maxDepth: 16,
  maxGroups: 2048,
  maxAttributes: 16 * 1024,
  maxValues: 32 * 1024,
}
