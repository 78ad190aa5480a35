/** Where an S3-compatible storage for documents is, as the options say it. */
import { type Settings, UsageError } from '@fairlead/base'
import type { relayOptions } from './options.ts'

/** Where the bucket is, and who asks. */
export interface SpoolConfig {
  /** `https://HOST[:PORT]` */
  endpoint: string
  region: string
  bucket: string
  /** '' or what ends in `/`. */
  prefix: string
  accessKey: string
  secretKey: string
}

const form = 's3://BUCKET or s3://BUCKET/PREFIX, of letters, digits and . _ -'

/** @throws {UsageError} */
export function readSpool(
  settings: Settings<typeof relayOptions>,
  flags: Readonly<Record<string, unknown>>,
): SpoolConfig | undefined {
  const {
    spoolUrl,
    spoolEndpoint,
    spoolRegion: region,
    spoolAccessKey: accessKey,
    spoolSecretKey: secretKey,
  } = settings
  if (flags['spoolSecretKey'] !== undefined)
    throw new UsageError(
      '--spool-secret-key stands where everybody on this machine can read it: put it into FAIRLEAD_SPOOL_SECRET_KEY, or as spoolSecretKey into the file of --config.',
    )
  if (spoolUrl === undefined) {
    if (spoolEndpoint === undefined && accessKey === undefined && secretKey === undefined) return undefined
    throw new UsageError('--spool-url is wanted as well: which bucket the other --spool options are about.')
  }
  // Names of buckets by the rules of S3; a prefix of what needs no encoding anywhere.
  const [, bucket, prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*)\/?$/.exec(spoolUrl) ?? []
  if (bucket === undefined) throw new UsageError(`--spool-url must be ${form}.`)
  if (!/^[a-z0-9-]+$/.test(region)) throw new UsageError(`--spool-region ${region} is no region like eu-central-1.`)
  if (accessKey === undefined || secretKey === undefined)
    throw new UsageError('--spool-url needs --spool-access-key, and its secret in FAIRLEAD_SPOOL_SECRET_KEY.')
  return {
    endpoint: spoolEndpoint === undefined ? `https://s3.${region}.amazonaws.com` : readStorage(spoolEndpoint),
    region,
    bucket,
    prefix: prefix === '' ? '' : `${prefix.slice(1)}/`,
    accessKey,
    secretKey,
  }
}

function readStorage(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const fits = url && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href
  if (!fits) throw new UsageError('--spool-endpoint must be scheme, host and port only, like https://s3.example.com.')
  return url.origin
}
