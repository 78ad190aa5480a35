/** The doctor says whose certificate answers and what is wrong with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CertificateOptions, makeCertificate } from '../../testkit/certificate.ts'
import { openFolder } from '../../testkit/folder.ts'
import { openSmallRelay } from '../../testkit/small-relay.ts'
import { examine } from './for-tests.ts'

async function examineWith(options: CertificateOptions, isTrusted: boolean) {
  await using folder = await openFolder()
  const certificate = await makeCertificate(folder.path, options)
  await using relay = await openSmallRelay({ certificate })
  return await examine(relay.url, { holdSeconds: 0, ...(isTrusted && { authority: certificate.cert }) })
}

test('a good certificate of a trusted authority is told with its end', async () => {
  const { status, of } = await examineWith({}, true)
  assert.equal(status, 0)
  assert.match(of('certificate').says, /Trusted; issued by Fairlead test, good until .* GMT/)
})

test('an authority that this machine does not trust is named', async () => {
  const { troubles, of } = await examineWith({}, false)
  assert.deepEqual(troubles, ['certificate'])
  assert.match(of('certificate').says, /issued by Fairlead test, which this machine does not trust/)
  assert.match(of('certificate').todo ?? '', /NODE_EXTRA_CA_CERTS/)
})

test('a certificate that has expired is named with its last day', async () => {
  const { troubles, of } = await examineWith({ days: -1 }, true)
  assert.deepEqual(troubles, ['certificate'])
  assert.match(of('certificate').says, /^The certificate expired on .* GMT\.$/)
})

test('a certificate for another name is named with both names', async () => {
  const { troubles, of } = await examineWith({ names: ['DNS:relay.example'] }, true)
  assert.deepEqual(troubles, ['certificate'])
  assert.match(of('certificate').says, /is for DNS:relay\.example, not for 127\.0\.0\.1/)
})

test('https:// to a port that speaks plain HTTP is named', async () => {
  await using relay = await openSmallRelay()
  const { troubles, of } = await examine(relay.url.replace('http:', 'https:'), { holdSeconds: 0 })
  assert.deepEqual(troubles, ['certificate'])
  assert.match(of('certificate').todo ?? '', /Try http:\/\//)
})

test('http:// to a port that has TLS is sent to https://', async () => {
  await using folder = await openFolder()
  await using relay = await openSmallRelay({ certificate: await makeCertificate(folder.path) })
  const { troubles, of } = await examine(relay.url.replace('https:', 'http:'), { holdSeconds: 0 })
  assert.deepEqual(troubles, ['relay'])
  assert.match(of('relay').says, /this address has moved to https:\/\/127\.0\.0\.1/)
})
