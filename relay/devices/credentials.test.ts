/** The keys are those of the RFCs' own examples. */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { credentialRow, deriveCredentials, isSecretOf, packKeys, unpackKeys } from './credentials.ts'

// RFC 5802 §5 and RFC 7677 §3: user "user", password "pencil", 4096 iterations.
const examples = [
  {
    name: 'sha1',
    salt: 'QSXCR+Q6sek8bf92',
    message:
      'n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j',
    proof: 'v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    signature: 'rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    name: 'sha256',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    message:
      'n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const

for (const { name, salt, message, proof, signature } of examples)
  test(`the example of the RFC for ${name} logs in with these keys`, async () => {
    const { storedKey, serverKey } = (await deriveCredentials('pencil', Buffer.from(salt, 'base64')))[name]
    assert.equal(createHmac(name, serverKey).update(message).digest('base64'), signature)
    const clientSignature = createHmac(name, storedKey).update(message).digest()
    const clientKey = Buffer.from(proof, 'base64').map((byte, index) => byte ^ (clientSignature[index] ?? 0))
    assert.deepEqual(createHash(name).update(clientKey).digest(), storedKey)
  })

test('the right secret matches its keys, any other does not', async () => {
  const credentials = await deriveCredentials('a secret of a device', Buffer.alloc(16, 1))
  assert.equal(await isSecretOf('a secret of a device', credentials), true)
  for (const secret of ['', 'a secret of a devicE', 'a secret of a device ', 'another'])
    assert.equal(await isSecretOf(secret, credentials), false)
})

test('keys come out of their packing as they went in', async () => {
  const salt = Buffer.from(Array.from({ length: 16 }, (_, index) => 255 - index))
  const credentials = await deriveCredentials('secret', salt)
  const row = credentialRow('a', 1, credentials, 0)
  const unpacked = unpackKeys(packKeys(row), row.iterations)
  assert.deepEqual(credentialRow('a', 1, unpacked, 0), row)
  assert.ok(!JSON.stringify(row).includes('secret'))
})
