/** Which device a connection's client certificate names: it is TLS that proves that the device has its key. */
import type { X509Certificate } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import { Failure } from '@fairlead/base'
import { isDeviceId } from '@fairlead/protocol/xmpp'
import { readUriNames } from './alternative-names.ts'

export interface ClientCertificate {
  /** SHA-256 of the whole certificate. */
  fingerprint: string
  /** The one device that it names; a certificate may be good and name none. */
  device: string | undefined
}

export interface ClientCertificatesNeeds {
  /** The XMPP domain. */
  domain: string
  wallNow(): number
}

/** @returns reads a connection's certificate; undefined: there is none, it is not signed by a CA of ours, or it has expired */
export function createClientCertificates({ domain, wallNow }: ClientCertificatesNeeds) {
  /** A connection has many requests, and one certificate. */
  const known = new WeakMap<object, ClientCertificate & { expiresAt: number }>()

  function look(socket: TLSSocket) {
    // A resumed session is authorized in Node's words even if nobody showed a certificate in it.
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
    if (!certificate) return undefined
    const read = {
      fingerprint: certificate.fingerprint256,
      device: deviceNamedBy(certificate, domain),
      expiresAt: certificate.validToDate.getTime(),
    }
    known.set(socket, read)
    return read
  }

  return function certificateOf(socket: object): ClientCertificate | undefined {
    if (!(socket instanceof TLSSocket)) return undefined
    const found = known.get(socket) ?? look(socket)
    // TLS looks at the date once, and connections live long.
    return found && wallNow() < found.expiresAt ? found : undefined
  }
}

/**
 * Two names of this domain are none: which one would it be? Other domains' names are not our business.
 *
 * Source: RFC 5122: `xmpp:ID@DOMAIN`, and nothing after it. An ID has no character that a URI would have to escape.
 */
function deviceNamedBy(certificate: X509Certificate, domain: string): string | undefined {
  const ids = readNames(certificate).flatMap((uri) => {
    const [, id = '', host = ''] = /^xmpp:([^@/?#]+)@([^@/?#]+)$/i.exec(uri) ?? []
    return host.toLowerCase() === domain ? [id.toLowerCase()] : []
  })
  const [id = ''] = ids
  return ids.length === 1 && isDeviceId(id) ? id : undefined
}

function readNames(certificate: X509Certificate): string[] {
  try {
    return readUriNames(certificate.raw)
  } catch (error) {
    // A CA of ours signed it, so it is good; only its names are beyond us.
    if (error instanceof Failure) return []
    throw error
  }
}
