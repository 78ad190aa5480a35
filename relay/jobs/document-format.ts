/** Whether a document is what it says it is: by the marks that formats begin with. */
import { Failure } from '@fairlead/base'
import { MediaType } from '@fairlead/protocol/contract'

/** Each format that is known here, by how it begins. */
const marks: Readonly<Record<string, (start: Buffer) => boolean>> = {
  // Some put something before it; readers look for it in the first KiB (ISO 32000-1, annex H.3).
  'application/pdf': (start) => start.includes('%PDF-'),
  // Jobs from some systems begin with the end of a job before (Adobe TN 5601).
  'application/postscript': (start) => /^(\x04)?(\x1b%-12345X@PJL[\s\S]*)?%!/.test(start.toString('latin1')),
  'image/jpeg': (start) => start.subarray(0, 3).equals(Buffer.of(0xff, 0xd8, 0xff)),
  'image/png': (start) => start.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
  // PWG 5102.4 §4.2; in either order of bytes.
  'image/pwg-raster': (start) => /^(RaS2|2SaR)/.test(start.toString('latin1', 0, 4)),
  'image/urf': (start) => start.toString('latin1', 0, 8) === 'UNIRAST\0',
  'text/plain': (start) => start.length > 0 && !start.includes(0),
}

/** Who uploads with these says nothing of what it is: `curl --data-binary` names a form. */
const saysNothing = new Set(['application/octet-stream', 'application/x-www-form-urlencoded', ''])

/**
 * @param contentType the header; without one, or with one that says nothing, the document is what it looks like
 * @returns its media type, in lower case
 * @throws {Failure} `bad-document`
 */
export function formatOf(contentType: string | undefined, start: Uint8Array): string {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength)
  const named = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (bytes.length === 0) throw bad('The document is empty.')
  if (saysNothing.has(named)) return guess(bytes)
  if (!MediaType.safeParse(named).success)
    throw bad('Its Content-Type is no media type; send application/pdf, for example.')
  const isIt = marks[named]
  if (isIt && !isIt(bytes)) throw bad(`The document is not ${named}: it does not begin like that.`)
  return named
}

function guess(bytes: Buffer): string {
  const found = Object.keys(marks).find((format) => format !== 'text/plain' && marks[format]?.(bytes))
  if (found === undefined) throw bad('Say what the document is with a Content-Type such as application/pdf.')
  return found
}

const bad = (why: string) => new Failure('bad-document', why)
