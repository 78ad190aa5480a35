/** The tags of groups and values on the wire, each once. */

/** Source: RFC 8010 §3.5.1; PWG 5100.22 (resource, system). */
export const groupTags = {
  operation: 0x01,
  job: 0x02,
  printer: 0x04,
  unsupported: 0x05,
  subscription: 0x06,
  'event-notification': 0x07,
  resource: 0x08,
  document: 0x09,
  system: 0x0a,
} as const

export const endOfAttributes = 0x03

/** What is below is a delimiter, what is not is the tag of a value (RFC 8010 §3.5). */
export const firstValueTag = 0x10

/** Values that say why there is none. Source: RFC 8010 §3.5.2; RFC 3380. */
const outOfBandTags = {
  unsupported: 0x10,
  unknown: 0x12,
  'no-value': 0x13,
  'not-settable': 0x15,
  'delete-attribute': 0x16,
  'admin-define': 0x17,
} as const

/** Source: RFC 8010 §3.5.2. `text` and `name` stand for textWithoutLanguage and nameWithoutLanguage. */
export const valueTags = {
  ...outOfBandTags,
  integer: 0x21,
  boolean: 0x22,
  enum: 0x23,
  octetString: 0x30,
  dateTime: 0x31,
  resolution: 0x32,
  rangeOfInteger: 0x33,
  collection: 0x34,
  textWithLanguage: 0x35,
  nameWithLanguage: 0x36,
  text: 0x41,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  uriScheme: 0x46,
  charset: 0x47,
  naturalLanguage: 0x48,
  mimeMediaType: 0x49,
} as const

export const endCollection = 0x37
export const memberName = 0x4a

export type IppGroupKind = keyof typeof groupTags
export type IppTag = keyof typeof valueTags
export type IppOutOfBand = keyof typeof outOfBandTags

const groupKinds = new Map<number, IppGroupKind>()
for (const kind of Object.keys(groupTags) as IppGroupKind[]) groupKinds.set(groupTags[kind], kind)

const tagsByCode = new Map<number, IppTag>()
for (const tag of Object.keys(valueTags) as IppTag[]) tagsByCode.set(valueTags[tag], tag)

export const groupKindOf = (code: number): IppGroupKind | undefined => groupKinds.get(code)
export const tagOf = (code: number): IppTag | undefined => tagsByCode.get(code)

export function isOutOfBand(tag: string): tag is IppOutOfBand {
  return Object.hasOwn(outOfBandTags, tag)
}

/** The longest value of a syntax, in bytes. Source: RFC 8011 §5.1. Others have a length of their own, or none. */
export const longestOf: { readonly [tag in IppTag]?: number } = {
  octetString: 1023,
  text: 1023,
  name: 255,
  keyword: 255,
  uri: 1023,
  uriScheme: 63,
  charset: 63,
  naturalLanguage: 63,
  mimeMediaType: 255,
}

/** The name of an attribute is a keyword (RFC 8011 §5.1.4). */
export const longestName = 255

/** Lengths are signed on the wire (RFC 8010 §3.6, §3.8). */
export const longestField = 0x7fff
