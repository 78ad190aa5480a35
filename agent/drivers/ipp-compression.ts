/** Documents on their way to a printer over IPP, compressed with gzip where it takes that and they become smaller by it (RFC 8011 §4.2.1.1). */
import { Failure } from '@fairlead/base'
import { attributesOf, type IppAttributes, type IppResponse, type IppValue, ipp } from '@fairlead/protocol/ipp'
import type { IppQuestion } from './ipp-client.ts'
import type { Outgoing, Prepared } from './ipp-errand.ts'
import { isOk, says } from './ipp-refusals.ts'
import { texts } from './ipp-told.ts'

export const compressionAttributes = ['compression-supported'] as const

/** Dots and text; what is compressed inside, as PDF and images are, becomes no smaller. */
const shrinking: ReadonlySet<string> = new Set([
  'application/postscript',
  'application/vnd.hp-pcl',
  'application/vnd.hp-pclxl',
  'image/pwg-raster',
  'image/urf',
  'text/plain',
])
/** Of less there is nothing to win. */
const leastBytes = 16 * 1024

export function isWorthPacking(told: IppAttributes, { format, bytes }: Pick<Prepared, 'format' | 'bytes'>): boolean {
  return (
    bytes >= leastBytes && shrinking.has(format.toLowerCase()) && texts(told, 'compression-supported').includes('gzip')
  )
}

/** What a question with a document has of it. */
export interface DocumentPart {
  operation: Readonly<Record<string, readonly IppValue[]>>
  document: NonNullable<IppQuestion['document']>
}

/**
 * Asked again with the document as it is where the printer does not take it compressed after all: refused, it has taken nothing of it.
 *
 * @throws what `ask` throws
 */
export async function offerDocument(
  { file, bytes, format, isPacked }: Outgoing,
  ask: (part: DocumentPart) => Promise<IppResponse>,
): Promise<IppResponse> {
  const operation = { 'document-format': ipp.mimeMediaType(format) }
  const plain = () => ask({ operation, document: { file, bytes } })
  if (!isPacked) return await plain()
  try {
    const answer = await ask({
      operation: { ...operation, compression: ipp.keyword('gzip') },
      document: { file, bytes, isPacked },
    })
    return isOfCompression(answer) ? await plain() : answer
  } catch (error) {
    // In HTTP: packed it has no length that could be told before it is sent.
    if (error instanceof Failure && error.code === 'device-refused') return await plain()
    throw error
  }
}

function isOfCompression(answer: IppResponse): boolean {
  if (isOk(answer)) return false
  return (
    says(answer, 'client-error-compression-not-supported', 'client-error-compression-error') ||
    attributesOf(answer.groups, 'unsupported').has('compression')
  )
}
