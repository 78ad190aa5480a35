/**
 * Reads the URIs by which a certificate names its holder, from its bytes: text that is made of names can be made up by names.
 *
 *     certificate > to be signed > [3] extensions > subjectAltName > OCTET STRING > names > [6] URI
 *
 * Source: RFC 5280 §4.1, §4.2.1.6; X.690 §8.1, §10.1.
 */
import { Failure } from '@fairlead/base'

interface Part {
  tag: number
  content: Uint8Array
}

const extensionsTag = 0xa3
const uriTag = 0x86
/** 2.5.29.17 */
const subjectAltName = Uint8Array.of(0x55, 0x1d, 0x11)

/**
 * @param certificate DER, whole
 * @returns none if there is no such name, or more than one extension that names the holder
 * @throws {Failure} `invalid-request` with the place, when it is not DER
 */
export function readUriNames(certificate: Uint8Array): string[] {
  const [toBeSigned] = partsIn(partsIn(certificate)[0])
  const extensions = partsIn(toBeSigned).find(({ tag }) => tag === extensionsTag)
  const values = partsIn(partsIn(extensions)[0])
    .map((extension) => partsIn(extension))
    .filter(([id]) => id !== undefined && Buffer.compare(id.content, subjectAltName) === 0)
    // Between the two there may be a mark that the extension is critical.
    .map((parts) => parts.at(-1))
  if (values.length !== 1) return []
  return partsIn(partsIn(values[0])[0])
    .filter(({ tag }) => tag === uriTag)
    .map(({ content }) => Buffer.from(content).toString('latin1'))
}

/** @param whole what holds the parts; none: none */
function partsIn(whole: Uint8Array | Part | undefined): Part[] {
  const bytes = whole instanceof Uint8Array ? whole : (whole?.content ?? new Uint8Array(0))
  const parts: Part[] = []
  for (let at = 0; at < bytes.length; ) {
    const { tag, start, end } = readHead(bytes, at)
    parts.push({ tag, content: bytes.subarray(start, end) })
    at = end
  }
  return parts
}

function readHead(bytes: Uint8Array, at: number): { tag: number; start: number; end: number } {
  const [tag = 0, first = 0x80] = bytes.subarray(at, at + 2)
  const more = first < 0x80 ? 0 : first & 0x7f
  const start = at + 2 + more
  const length = first < 0x80 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0)
  const end = start + length
  // Tags of several bytes, lengths without end and lengths over 16 MiB have no place in a certificate.
  if ((tag & 0x1f) === 0x1f || first === 0x80 || more > 3 || end > bytes.length)
    throw new Failure('invalid-request', `This is no DER at byte ${at}.`)
  return { tag, start, end }
}
