/** What is wrong with an S3-compatible storage, in words that say what to do, and whether it may pass by itself. */
import { S3Refusal } from './s3-call.ts'

const correctKeys = 'correct --spool-access-key and FAIRLEAD_SPOOL_SECRET_KEY'
const correctRegion = 'correct --spool-region and --spool-endpoint'

/** By the codes of S3's refusals. Source: Amazon S3 API Reference, Error responses */
const adviceByCode: Readonly<Record<string, string>> = {
  AccessDenied:
    'let this access key put, get and delete objects there (s3:PutObject, s3:GetObject, s3:DeleteObject), or correct --spool-url',
  AuthorizationHeaderMalformed: correctRegion,
  ExpiredToken: correctKeys,
  InvalidAccessKeyId: correctKeys,
  InvalidBucketName: 'correct --spool-url',
  NoSuchBucket: 'make the bucket, or correct --spool-url',
  NoSuchKey: 'something else has removed it: nothing but the relay may change what is below --spool-url',
  PermanentRedirect: correctRegion,
  QuotaExceeded: 'make room there',
  RequestTimeTooSkewed: 'the clock of this machine or of the storage is wrong: have both set by NTP',
  SignatureDoesNotMatch: correctKeys,
  SlowDown: 'it wants fewer calls at a time than the relay makes',
  TemporaryRedirect: correctRegion,
}

/** By the codes of Node's errors. */
const adviceByNetwork: readonly (readonly [RegExp, string])[] = [
  [/ENOTFOUND/, 'no such host is known: correct --spool-endpoint'],
  [/EAI_AGAIN/, 'names of hosts cannot be resolved at the moment'],
  [/ECONNREFUSED/, 'no server listens there: start it, or correct --spool-endpoint'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, 'nothing answers there: look for a firewall, or correct --spool-endpoint'],
  [/ECONNRESET|EPIPE/, 'the connection broke'],
  [/CERT|SIGNATURE|SSL|TLS/, 'name the CA of its certificate in NODE_EXTRA_CA_CERTS, or correct --spool-endpoint'],
  [/HPE_|EPROTO/, 'that is no HTTP server, or one that wants https://: correct --spool-endpoint'],
]

export function adviceFor(error: unknown): string {
  if (!(error instanceof S3Refusal))
    return adviceByNetwork.find(([pattern]) => pattern.test(codeOf(error)))?.[1] ?? 'see what it says'
  if (error.status === 507) return 'make room there'
  const known = adviceByCode[error.code]
  if (known !== undefined) return known
  if (error.status === 403) return adviceByCode['AccessDenied'] ?? correctKeys
  if (error.status >= 500) return "see the storage's own log"
  return 'is it an S3-compatible storage that listens there? Else correct --spool-endpoint'
}

/** The same call may do a moment later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof S3Refusal)
    return error.status === 429 || (error.status >= 500 && error.status !== 507) || error.code === 'RequestTimeout'
  return /^(EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|EPIPE|ETIMEDOUT)$/.test(codeOf(error))
}

/** What was said, for a log: a status and a code, or the words of the network. */
export function saidBy(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) : String(error)
}

function codeOf(error: unknown): string {
  // Where a name has several addresses, and none of them answers.
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
