/** Why a document was refused as XML, and the bounds it is held to. */

/**
 * - `malformed`: not XML 1.0, not UTF-8, or not namespace-well-formed.
 * - `restricted`: XML, but of a kind XMPP forbids (RFC 6120 §11.1) or that is not spoken here.
 * - `limit`: one of `XmlLimits` is exceeded.
 */
export type XmlErrorKind = 'malformed' | 'restricted' | 'limit'

/** A document that cannot be read, or a value that cannot be written. Its message never quotes the document. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
  readonly kind: XmlErrorKind
  /** Where, in UTF-16 code units of the decoded text; for a broken reference, the start of its text or value. */
  readonly offset: number

  constructor(kind: XmlErrorKind, offset: number, message: string) {
    super(message)
    this.kind = kind
    this.offset = offset
  }
}

/** Row S-X2. What is exactly as large as its limit is read. */
export interface XmlLimits {
  /** The document, in bytes of UTF-8. */
  maxBytes: number
  /** Elements within each other; the root alone is 1. */
  maxDepth: number
  maxElements: number
  /** On one element, namespace declarations included. */
  maxAttributes: number
  /** UTF-16 code units as written, references not yet expanded. */
  maxValueLength: number
  /** Characters, prefix included. */
  maxNameLength: number
  /** UTF-16 code units between two tags, references expanded, CDATA sections included. */
  maxTextLength: number
  /** Namespace declarations in force at one place. */
  maxNamespaces: number
}

export const defaultXmlLimits: XmlLimits = {
  maxBytes: 256 * 1024,
  maxDepth: 32,
  maxElements: 4096,
  maxAttributes: 64,
  maxValueLength: 8 * 1024,
  maxNameLength: 128,
  maxTextLength: 128 * 1024,
  maxNamespaces: 32,
}
