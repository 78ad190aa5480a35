/** Which printer to ask over IPP, and as whom: the `ipp://` form of a driver. */
import { UsageError } from '@fairlead/base'
import { type Fingerprint, readFingerprint } from './printer-key.ts'

export interface IppTarget {
  host: string
  port: number
  path: string
  isTls: boolean
  /** How the printer is named in each request; without the credentials. */
  uri: string
  /** Shown as the printer asks for it: by Digest or Basic. */
  login: { user: string; password: string } | undefined
  /** Of its key; undefined: the one that it shows first. */
  fingerprint: Fingerprint | undefined
}

/** RFC 3510: IPP's own port, with and without TLS (RFC 7472 for `ipps`). */
const ippPort = 631
/** PWG 5100.14 §4.1: where IPP Everywhere printers are. */
const usualPath = '/ipp/print'

/** Behind the `?` of an address; whatever else stands there is SNMP's. */
export const ippOptions = ['fingerprint'] as const

/**
 * `ipp[s]://[USER:PASSWORD@]HOST[:PORT][/PATH][?fingerprint=SHA256:…]`; an IPv6 host stands in brackets.
 * @throws {UsageError} in one sentence that does not hold the password
 */
export function readIppUrl(text: string): IppTarget {
  const [address = '', query] = text.split(/\?(.*)/s)
  const [, scheme = '', rest = ''] = /^(ipps?):\/\/(.+)$/i.exec(address) ?? fail()
  // As http it is read as browsers do; as ipp the host would be left as it stands.
  const url = URL.parse(`http://${rest}`)
  if (url === null || url.search !== '' || url.hash !== '') fail()
  const isTls = scheme.toLowerCase() === 'ipps'
  const fingerprint = query === undefined ? undefined : readOptions(query)
  if (fingerprint !== undefined && !isTls)
    throw new UsageError('Only a printer with TLS shows a key: with a fingerprint the address begins with ipps://.')
  // Port 80 is the usual one of http: the URL does not tell it apart from none.
  const port = /^[^/]*:80(?:\/|$)/.test(rest) ? 80 : Number(url.port || ippPort)
  const path = url.pathname === '/' && !rest.endsWith('/') ? usualPath : url.pathname
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    path,
    isTls,
    uri: `${isTls ? 'ipps' : 'ipp'}://${url.hostname}:${port}${path}`,
    login: url.username === '' ? undefined : { user: decode(url.username), password: decode(url.password) },
    fingerprint,
  }
}

/** For people. */
export const addressOf = ({ host, port }: Pick<IppTarget, 'host' | 'port'>) =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

/** What is not known is not repeated: it may be a piece of a password with a `?` in it. */
function readOptions(query: string): Fingerprint {
  const given = [...new URLSearchParams(query)]
  const [[name, value] = fail(), ...more] = given
  if (name !== 'fingerprint' || more.length > 0) fail()
  const fingerprint = readFingerprint(value)
  if (fingerprint === undefined)
    throw new UsageError(
      'The fingerprint of a printer is SHA256: and 64 hexadecimal digits, as `fairlead agent trust` shows it.',
    )
  return fingerprint
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // A % that stands for itself.
  }
}

function fail(): never {
  throw new UsageError(
    'The ipp driver is not of the form ipp://[USER:PASSWORD@]HOST[:PORT]/PATH (or ipps://…, with ?fingerprint=SHA256:… or without).',
  )
}
