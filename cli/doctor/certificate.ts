/** Whose certificate answers, and what is wrong with it. */
import type { PeerCertificate } from 'node:tls'
import { type Failed, fetchCertificate, type Way } from './ask.ts'
import { type Finding, ok, trouble } from './finding.ts'

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
])

/** Any of these means that there was TLS, or that there was none where it should be. */
export function isTlsTrouble(code: string): boolean {
  return /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$)/.test(code) || untrusted.has(code)
}

export async function checkCertificate(way: Way, failure: Failed | undefined): Promise<Finding> {
  if (way.relay.protocol !== 'https:')
    return ok('certificate', 'Plain HTTP: no certificate. A relay takes secrets over it from its own machine only.')
  const certificate = await fetchCertificate(way)
  const issuer = nameOf(certificate?.issuer)
  const facts = certificate && {
    subject: nameOf(certificate.subject),
    issuer,
    names: certificate.subjectaltname ?? '',
    validTo: certificate.valid_to,
  }
  if (failure === undefined)
    return ok('certificate', `Trusted; issued by ${issuer}, good until ${certificate?.valid_to}.`, facts)
  const [says, todo] = describe(failure.code, certificate, issuer, way.relay.hostname)
  return trouble('certificate', says, todo, { ...facts, code: failure.code })
}

function describe(
  code: string,
  certificate: PeerCertificate | undefined,
  issuer: string,
  host: string,
): [string, string] {
  if (code === 'CERT_HAS_EXPIRED')
    return [
      `The certificate expired on ${certificate?.valid_to}.`,
      "Renew it; if it should be good, check this machine's clock.",
    ]
  if (code === 'CERT_NOT_YET_VALID')
    return [`The certificate is good only from ${certificate?.valid_from}.`, "Check this machine's clock."]
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return [
      `The certificate is for ${certificate?.subjectaltname ?? nameOf(certificate?.subject)}, not for ${host}.`,
      'Use the name that the certificate is for, or give the relay one for this name.',
    ]
  if (untrusted.has(code))
    return [
      `The certificate was issued by ${issuer}, which this machine does not trust.`,
      'If that is your own authority, or a company proxy that opens TLS, set NODE_EXTRA_CA_CERTS to its certificate; else somebody else answers here.',
    ]
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return ['What answers there does not speak TLS.', 'Try http:// instead of https://, or another port.']
  return [`No TLS connection comes about (${code}).`, 'Check what terminates TLS in front of the relay.']
}

/** `O` for an authority, `CN` for a server. */
function nameOf(subject: PeerCertificate['subject'] | undefined): string {
  const found = subject?.O ?? subject?.CN ?? 'nobody known'
  return Array.isArray(found) ? found.join(', ') : found
}
