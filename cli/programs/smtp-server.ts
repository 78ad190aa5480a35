/** Where mail goes out, as one address says it: `smtp[s]://USER:PASSWORD@HOST:PORT`. */
import { UsageError } from '@fairlead/base'

export interface SmtpServer {
  host: string
  port: number
  /** TLS from the first byte on; else STARTTLS where the server has it. */
  secure: boolean
  /** Nothing is said before TLS: a password is not sent in the clear, but to this machine itself. */
  requireTLS: boolean
  auth?: { user: string; pass: string }
}

/** RFC 8314 §3.3 for submission over TLS, RFC 6409 for submission. */
const ports: Readonly<Record<string, number>> = { 'smtps:': 465, 'smtp:': 587 }

/** @throws {UsageError} whose words do not repeat it: it holds a password */
export function readSmtpServer(text: string): SmtpServer {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const usual = url && ports[url.protocol]
  if (!url || usual === undefined || url.hostname === '' || /[^/]/.test(url.pathname + url.search + url.hash))
    throw new UsageError(
      '--smtp must be smtp[s]://USER:PASSWORD@HOST:PORT, with what is special in it percent-encoded.',
    )
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const auth = url.username === '' ? undefined : { user: decoded(url.username), pass: decoded(url.password) }
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
  return {
    ...{ host, port: url.port === '' ? usual : Number(url.port), secure: url.protocol === 'smtps:' },
    requireTLS: url.protocol === 'smtp:' && auth !== undefined && !isHere,
    ...(auth && { auth }),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new UsageError('--smtp has a % in user or password that is no percent-encoding: write % as %25.')
  }
}
