/** What went wrong on the way to the relay, told apart so that people know what to look at (field note 27). */

export type Trouble =
  /** The relay's name has no address: `host`. */
  | { kind: 'dns'; host: string }
  /** A machine answered that nothing listens there. */
  | { kind: 'refused'; host: string }
  /** No way to that network: cable, Wi-Fi, routing, firewall. */
  | { kind: 'no-route'; host: string }
  | { kind: 'timeout'; seconds: number }
  /** The connection was closed or cut before the answer was whole. */
  | { kind: 'cut' }
  /** Not a trusted certificate, a wrong name, too old, or no TLS at all; in OpenSSL's words. */
  | { kind: 'tls'; detail: string }
  /** The HTTP proxy would not let it through. */
  | { kind: 'proxy'; detail: string }
  /** An HTTP status that means neither yes nor a refusal of the relay's own; `code` of problem+json, if any, and when to come back. */
  | { kind: 'status'; status: number; code: string | undefined; retryAfterSeconds?: number | undefined }
  /** An answer that no relay gives: a captive portal, a wrong address. */
  | { kind: 'garbled' }
  | { kind: 'other'; detail: string }

/** One sentence for a log line. */
export function describeTrouble(trouble: Trouble): string {
  switch (trouble.kind) {
    case 'dns':
      return `The name ${trouble.host} has no address: check the spelling and this network's DNS.`
    case 'refused':
      return `${trouble.host} refused the connection: the relay is not running there, or the port is wrong.`
    case 'no-route':
      return `There is no way to ${trouble.host}: check the cable, the Wi-Fi and the firewall.`
    case 'timeout':
      return `No answer within ${trouble.seconds} s.`
    case 'cut':
      return 'The connection was cut before the answer came.'
    case 'tls':
      return `No trusted connection: ${trouble.detail}. Check the relay's certificate and the clock here; an authority of your own goes into NODE_EXTRA_CA_CERTS.`
    case 'proxy':
      return `The HTTP proxy did not let it through: ${trouble.detail}.`
    case 'status':
      return describeStatus(trouble.status, trouble.code)
    case 'garbled':
      return 'What answered is not a relay: check the address, or sign in to this network.'
    case 'other':
      return `It failed: ${trouble.detail}.`
  }
}

function describeStatus(status: number, code: string | undefined): string {
  if (code === 'insecure-transport')
    return 'The relay takes no secret over plain HTTP: give its https:// address, or start it with --insecure-transport.'
  if (status === 401)
    return 'The relay does not accept this device ID with this secret: check both, or rotate the secret.'
  if (status >= 300 && status < 400)
    return `What answered sends us elsewhere (${status}), and is not a relay: check the address, or sign in to this network.`
  if (status === 404 && code !== undefined)
    return 'A relay answers there that does not know what this agent asks (404): it is older than the agent, so upgrade it.'
  if (status === 404) return 'There is no relay at this address (404): check the address and the path.'
  if (status === 429 || status === 503) return `The relay is busy (${status}).`
  if (status === 504 || status === 502 || status === 524)
    return `Something in front of the relay gave up waiting (${status}).`
  return `The answer was HTTP ${status}${code ? ` (${code})` : ''}.`
}

const kindOfCode: Readonly<Record<string, 'dns' | 'refused' | 'no-route' | 'cut'>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_NODATA: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route',
  ENETDOWN: 'no-route',
  EHOSTDOWN: 'no-route',
  EADDRNOTAVAIL: 'no-route',
  ECONNRESET: 'cut',
  ECONNABORTED: 'cut',
  EPIPE: 'cut',
}

/** What Node says of a connection that failed. */
export function troubleOfError(error: Error, host: string): Trouble {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const kind = kindOfCode[code]
  if (kind === 'cut') return { kind }
  if (kind) return { kind, host }
  if (code === 'ETIMEDOUT') return { kind: 'no-route', host }
  if (code.startsWith('ERR_PROXY')) return { kind: 'proxy', detail: error.message }
  // OpenSSL's verdicts on certificates (UNABLE_TO_VERIFY…, CERT_HAS_EXPIRED, …) and on handshakes.
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/.test(code))
    // Behind the semicolon Node gives advice on how to start Node.
    return { kind: 'tls', detail: error.message.split(';')[0] ?? '' }
  if (code.startsWith('HPE_')) return { kind: 'garbled' }
  return { kind: 'other', detail: code || error.message }
}
