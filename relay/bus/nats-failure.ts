/** What stands in the way to NATS, each as one sentence that says what to do and holds no password. */
import { Failure } from '@fairlead/base'
import { errors } from '@nats-io/transport-node'
import type { NatsAddress } from './nats-url.ts'

/** `-ERR 'Permissions Violation for Publish to "x.y"'` as a sentence. @param namespace of this relay's subjects */
export function permissionSentence(error: Error, namespace: string): string {
  const what =
    error instanceof errors.PermissionViolationError ? `${error.operation} to ${error.subject}` : 'all it needs'
  return `NATS does not permit ${what}: grant the relay's user publish and subscribe on ${namespace}.>.`
}

export function openFailure(cause: unknown, { servers, user, tls }: NatsAddress): Failure {
  const where = servers.join(', ')
  const sentence =
    sentenceOfCode(codeOf(cause), where) ?? sentenceOfNats(cause, where, user) ?? sentenceOfTls(cause, where, tls)
  return new Failure(
    'unavailable',
    sentence ?? `NATS at ${where} cannot be used (${wordsOf(cause)}): look into its log, or correct --bus-url.`,
    { cause },
  )
}

function sentenceOfCode(code: string | undefined, where: string): string | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing listens at ${where}: start the NATS server, or correct --bus-url.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `There is no host of the name in ${where}: correct --bus-url, or the name service.`
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `${where} cannot be reached: correct --bus-url, or let connections through to it.`
  }
}

function sentenceOfNats(cause: unknown, where: string, user: string | undefined): string | undefined {
  if (cause instanceof errors.AuthorizationError) {
    const who = user === undefined ? 'without a user, or with this token or these credentials' : `as user ${user}`
    return `NATS at ${where} lets nobody in ${who}: give --bus-url a user and a password, or a token, that it knows.`
  }
  if (cause instanceof errors.TimeoutError)
    return `${where} does not answer like a NATS server: correct --bus-url, or restart what is there.`
  if (/unexpected response/.test(wordsOf(cause))) return `${where} is no NATS server: correct --bus-url.`
}

function sentenceOfTls(cause: unknown, where: string, tls: boolean): string | undefined {
  if (/does not support 'tls'/.test(wordsOf(cause)))
    return `NATS at ${where} offers no TLS: write nats:// for tls://, or set TLS up there.`
  const code = codeOf(cause) ?? ''
  // It says so of ours.
  if (/ALERT_.*CERTIFICATE/.test(code))
    return `NATS at ${where} wants its clients to show a certificate (${code}): take verify out of its tls block, and let it ask for a password.`
  // What it says of ours may be lost with the connection.
  if (tls && code === 'ECONNRESET')
    return `NATS at ${where} breaks TLS off (${code}), as one does that wants its clients to show a certificate: look into its log, or take verify out of its tls block.`
  if (!/CERT|SIGNATURE|SSL|TLS/.test(code)) return undefined
  const advice = tls
    ? "let this machine's store of CAs, or NODE_EXTRA_CA_CERTS, hold the CA that has signed it, and use the name that it is for"
    : "write tls:// for nats://, so that this machine's store of CAs counts"
  return `The certificate of NATS at ${where} is not trusted (${code}): ${advice}.`
}

/** Of the error, or of the one below it. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : codeOf(error.cause)
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
