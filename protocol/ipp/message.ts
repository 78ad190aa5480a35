/** IPP messages as values: what every decoder makes and every encoder takes. */
import type { IppVersion } from './ipp-error.ts'
import type { IppGroupKind, IppOutOfBand } from './tags.ts'

export interface IppRequest {
  readonly version: IppVersion
  /** Mostly one of `ippOperations`. */
  readonly operation: number
  readonly requestId: number
  readonly groups: readonly IppGroup[]
}

export interface IppResponse {
  readonly version: IppVersion
  /** Mostly one of `ippStatus`. */
  readonly status: number
  readonly requestId: number
  readonly groups: readonly IppGroup[]
}

export interface IppGroup {
  /** A number: a delimiter that is reserved still; whoever does not know the group passes over it (RFC 8010 §3.5.1). */
  readonly kind: IppGroupKind | number
  readonly attributes: IppAttributes
}

/** In the order of the wire, each with one value at least. A Map: no prototype to poison. */
export type IppAttributes = ReadonlyMap<string, readonly IppValue[]>

/** A value that knows its syntax. Where it has none, it says why (`no-value`). */
export type IppValue =
  | { readonly tag: 'integer' | 'enum'; readonly value: number }
  | { readonly tag: 'boolean'; readonly value: boolean }
  | { readonly tag: IppStringTag; readonly value: string }
  | { readonly tag: 'textWithLanguage' | 'nameWithLanguage'; readonly value: string; readonly language: string }
  | { readonly tag: 'octetString'; readonly value: Uint8Array }
  | { readonly tag: 'dateTime'; readonly value: IppDateTime }
  | { readonly tag: 'resolution'; readonly value: IppResolution }
  | { readonly tag: 'rangeOfInteger'; readonly value: IppRange }
  | { readonly tag: 'collection'; readonly value: IppAttributes }
  | { readonly tag: IppOutOfBand }
  /** Of a syntax that is not known here: kept as it came, so that it can be written again. */
  | { readonly tag: 'other'; readonly code: number; readonly value: Uint8Array }

export type IppStringTag =
  | 'text'
  | 'name'
  | 'keyword'
  | 'uri'
  | 'uriScheme'
  | 'charset'
  | 'naturalLanguage'
  | 'mimeMediaType'

export interface IppResolution {
  readonly crossFeed: number
  readonly feed: number
  /** 3: dots per inch, 4: dots per centimetre (RFC 8011 §5.1.16). */
  readonly units: number
}

/** Both included. */
export interface IppRange {
  readonly lower: number
  readonly upper: number
}

/** The fields as they are on the wire, whether or not there is such a day. Source: RFC 2579 DateAndTime. */
export interface IppDateTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly decisecond: number
  /** Of the distance from UTC. */
  readonly direction: '+' | '-'
  readonly offsetHours: number
  readonly offsetMinutes: number
}
