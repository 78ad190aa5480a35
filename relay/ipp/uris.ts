/** What a printer and its jobs are called from outside. */
import { createHash } from 'node:crypto'

export interface PrinterUris {
  /** Of the URI that a print client is given. */
  isSecure: boolean
  printer: string
  /** Its page in the console. */
  page: string
  icons: readonly string[]
}

export const printerPath = '/ipp/print/'

export function urisOf(publicUrl: string, device: string): PrinterUris {
  const url = new URL(publicUrl)
  const isSecure = url.protocol === 'https:'
  // IPP has a port of its own (RFC 8010 §4): that of HTTP must be said.
  const port = url.port === '' ? (isSecure ? 443 : 80) : url.port
  return {
    isSecure,
    printer: `${isSecure ? 'ipps' : 'ipp'}://${url.hostname}:${port}${printerPath}${device}`,
    page: `${publicUrl}/console/#/devices/${device}`,
    icons: [48, 128, 512].map((size) => `${publicUrl}/ipp/icons/${size}.png`),
  }
}

export const jobUriOf = (printerUri: string, number: number) => `${printerUri}/${number}`

/** The same name for the same URI, for ever (RFC 9562 §5.5, in the name space of URLs). */
export function uuidOf(uri: string): string {
  const space = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')
  const bytes = createHash('sha1').update(space).update(uri).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
