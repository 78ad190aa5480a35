/** The options of the storage for documents: what they come to, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '@fairlead/base'
import { readRelayConfig } from './config.ts'

const secret = 'canary-of-the-storage'

function read(flags: Record<string, string>, environment: Record<string, string> = {}, text = '') {
  return readRelayConfig({ flags, environment, readFile: () => text }).spool
}

/** All that is needed, the secret where it belongs. */
const given = { spoolUrl: 's3://documents', spoolAccessKey: 'relay' }
const kept = { FAIRLEAD_SPOOL_SECRET_KEY: secret }

function refused(flags: Record<string, string>, environment: Record<string, string>, words: RegExp) {
  assert.throws(
    () => read(flags, environment),
    (error) => error instanceof UsageError && words.test(error.message) && !error.message.includes(secret),
    JSON.stringify(flags),
  )
}

test('M1 a bucket, with or without a prefix, is at Amazon or at an endpoint', () => {
  const keys = { accessKey: 'relay', secretKey: secret }
  assert.deepEqual(read(given, kept), {
    ...{
      endpoint: 'https://s3.us-east-1.amazonaws.com',
      region: 'us-east-1',
      bucket: 'documents',
      prefix: '',
      ...keys,
    },
  })
  const elsewhere = {
    spoolUrl: 's3://my.bucket-1/a/b_c.d/',
    spoolRegion: 'garage',
    spoolEndpoint: 'http://[::1]:3900/',
  }
  assert.deepEqual(read({ ...given, ...elsewhere }, kept), {
    ...{ endpoint: 'http://[::1]:3900', region: 'garage', bucket: 'my.bucket-1', prefix: 'a/b_c.d/', ...keys },
  })
})

test('M1 S-M5 the secret comes by the environment or a file, never by the command line, and is never repeated', () => {
  const file = `spoolUrl: s3://documents\nspoolAccessKey: relay\nspoolSecretKey: ${secret}\n`
  assert.equal(read({ config: 'c' }, {}, file)?.secretKey, secret)
  refused({ ...given, spoolSecretKey: secret }, {}, /put it into FAIRLEAD_SPOOL_SECRET_KEY/)
  refused({ ...given, spoolSecretKey: secret }, kept, /put it into FAIRLEAD_SPOOL_SECRET_KEY/)
})

test('M1 what does not fit is told in words that say what to do', () => {
  refused({ spoolUrl: 's3://documents' }, {}, /needs --spool-access-key/)
  refused(given, {}, /needs --spool-access-key, and its secret/)
  refused({}, kept, /--spool-url is wanted as well/)
  refused({ spoolEndpoint: 'https://a' }, {}, /--spool-url is wanted as well/)
  for (const spoolUrl of [
    ...['documents', 's3://', 's3://A', 's3://ab', 's3://abc/..', 's3://abc/./d', 's3://abc//d', 's3://abc/d?e'],
    ...['https://abc', 's3://user:word@abc', 's3://abc/%41', `s3://${'a'.repeat(64)}`],
  ])
    refused({ ...given, spoolUrl }, kept, /--spool-url must be s3:\/\/BUCKET/)
  for (const spoolEndpoint of ['s3.example.com', 'ftp://a', 'https://a/b', 'https://u:p@a', 'https://a?b'])
    refused({ ...given, spoolEndpoint }, kept, /--spool-endpoint must be/)
  refused({ ...given, spoolRegion: 'EU West' }, kept, /no region like/)
})
