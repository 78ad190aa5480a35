/** Reads a document that arrives in slices; what is more than it may be is refused at once. */
import type { Xml } from './xml.ts'
import { defaultXmlLimits } from './xml-error.ts'
import { readXml, refuseSize, type XmlOptions } from './xml-reader.ts'

export interface XmlReader {
  /** Takes the next bytes; they may be reused afterwards. Throws XmlError as soon as there are too many. */
  write(bytes: Uint8Array): void
  /** The document is whole. Throws as `readXml` does. */
  end(): Xml
}

/**
 * The slices are gathered and read in one pass at the end: the outcome cannot depend on where they were cut,
 * and at most `maxBytes` are held.
 */
export function createXmlReader(options: XmlOptions = {}): XmlReader {
  const limits = { ...defaultXmlLimits, ...options }
  let gathered = new Uint8Array(Math.min(1024, limits.maxBytes))
  let length = 0
  return {
    write(bytes) {
      if (length + bytes.length > limits.maxBytes) refuseSize(limits)
      if (length + bytes.length > gathered.length) {
        const grown = new Uint8Array(Math.min(limits.maxBytes, Math.max(2 * gathered.length, length + bytes.length)))
        grown.set(gathered)
        gathered = grown
      }
      gathered.set(bytes, length)
      length += bytes.length
    },
    end: () => readXml(gathered.subarray(0, length), options),
  }
}
