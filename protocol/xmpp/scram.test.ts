/** SCRAM: the conversations of the RFCs word for word, both sides against each other, and what must fail. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaslError } from './sasl.ts'
import { beginScram, isFromServer, proveSecret } from './scram-client.ts'
import {
  deriveKeys,
  fakeCredentials,
  hash,
  minIterations,
  type ScramHash,
  saltBytes,
  scramMechanisms,
} from './scram-keys.ts'
import { scramNonce } from './scram-message.ts'
import { challengeClient, readClientFirst, verifyClient } from './scram-server.ts'

interface Conversation {
  source: string
  algorithm: ScramHash
  clientNonce: string
  serverNonce: string
  salt: string
  messages: readonly [string, string, string, string]
}

const conversations: Conversation[] = [
  {
    source: 'RFC 5802 §5',
    algorithm: 'sha1',
    clientNonce: 'fyko+d2lbbFgONRv9qkxdawL',
    serverNonce: '3rfcNHYJY1ZVvWVs7j',
    salt: 'QSXCR+Q6sek8bf92',
    messages: [
      'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
      'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
      'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    ],
  },
  {
    source: 'RFC 7677 §3',
    algorithm: 'sha256',
    clientNonce: 'rOprNGfwEbeRWgbNEkqO',
    serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    messages: [
      'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    ],
  },
]

const salt = Buffer.from('0123456789abcdef')
const credentials = await deriveKeys('pencil', salt, minIterations)

function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}

function failsWith(condition: string, run: () => unknown): void {
  assert.throws(run, (error) => error instanceof SaslError && error.condition === condition)
}

for (const { source, algorithm, clientNonce, serverNonce, salt: written, messages } of conversations) {
  test(`${source}: the server says what it says there`, async () => {
    const keys = await deriveKeys('pencil', Buffer.from(written, 'base64'), 4096)
    const first = readClientFirst(bytes(messages[0]))
    assert.equal(first.user, 'user')
    const exchange = challengeClient(first, serverNonce, [keys])
    assert.equal(exchange.challenge, messages[1])
    assert.equal(verifyClient(exchange, algorithm, bytes(messages[2])).message, messages[3])
  })

  test(`${source}: the client says what it says there`, async () => {
    const client = beginScram('user', clientNonce)
    assert.equal(client.message, messages[0])
    const proof = await proveSecret(client, bytes(messages[1]), 'pencil', algorithm)
    assert.equal(proof.message, messages[2])
    assert.ok(isFromServer(proof, bytes(messages[3])))
  })
}

/** Client and server talk, with nothing between. */
async function logIn(user: string, secret: string, algorithm: ScramHash, stored = [credentials]) {
  const client = beginScram(user, 'client-nonce')
  const first = readClientFirst(bytes(client.message))
  const exchange = challengeClient(first, scramNonce(new Uint8Array(16)), stored)
  const proof = await proveSecret(client, bytes(exchange.challenge), secret, algorithm)
  return { first, exchange, proof }
}

test('both sides agree for every mechanism, and the name arrives whatever is in it', async () => {
  for (const algorithm of scramMechanisms.values()) {
    const { first, exchange, proof } = await logIn('a=b,c=2C\u00e9', 'pencil', algorithm)
    assert.equal(first.user, 'a=b,c=2C\u00e9')
    const success = verifyClient(exchange, algorithm, bytes(proof.message))
    assert.equal(success.credentials, credentials)
    assert.ok(isFromServer(proof, bytes(success.message)))
  }
})

test('a wrong secret, a wrong mechanism and a made-up account all fail alike', async () => {
  const fake = fakeCredentials(bytes('key of the relay'), 'nobody', minIterations)
  const wrong = await logIn('user', 'pencils', 'sha256')
  const unknown = await logIn('nobody', 'pencil', 'sha256', [fake])
  const crossed = await logIn('user', 'pencil', 'sha1')
  for (const { exchange, proof } of [wrong, unknown, crossed])
    assert.throws(() => verifyClient(exchange, 'sha256', bytes(proof.message)), {
      condition: 'not-authorized',
      message: 'The proof is wrong.',
    })
})

test('X-002 an account that does not exist has the same salt each time, like one that does', () => {
  const key = bytes('key of the relay')
  const one = fakeCredentials(key, 'nobody', minIterations)
  assert.deepEqual(one, fakeCredentials(key, 'nobody', minIterations))
  assert.equal(one.salt.length, saltBytes)
  assert.notDeepEqual(one.salt, fakeCredentials(key, 'somebody', minIterations).salt)
  assert.notDeepEqual(one.salt, fakeCredentials(bytes('another key'), 'nobody', minIterations).salt)
  for (const algorithm of ['sha1', 'sha256'] as const) {
    assert.equal(one[algorithm].storedKey.length, credentials[algorithm].storedKey.length)
    assert.equal(one[algorithm].serverKey.length, credentials[algorithm].serverKey.length)
    assert.notDeepEqual(one[algorithm].storedKey, hash(algorithm, one[algorithm].serverKey))
  }
})

test('while a rotation overlaps, either secret logs in', async () => {
  const next = await deriveKeys('crayon', salt, minIterations)
  for (const [secret, expected] of [
    ['pencil', credentials],
    ['crayon', next],
  ] as const) {
    const { exchange, proof } = await logIn('user', secret, 'sha256', [credentials, next])
    const success = verifyClient(exchange, 'sha256', bytes(proof.message))
    assert.equal(success.credentials, expected)
    assert.ok(isFromServer(proof, bytes(success.message)))
  }
})

test('keys with another salt than the one offered are not tried', async () => {
  const other = await deriveKeys('crayon', Buffer.from('fedcba9876543210'), minIterations)
  const exchange = challengeClient(readClientFirst(bytes('n,,n=user,r=abc')), 'def', [credentials, other])
  assert.deepEqual(exchange.candidates, [credentials])
})

test('X-003 the channel binding flag: y is fine, p was never offered', async () => {
  assert.equal(readClientFirst(bytes('y,,n=user,r=abc')).gs2Header, 'y,,')
  for (const flag of ['p=tls-unique', 'p=tls-exporter', 'p', 'p=', 'x', '', 'Y', 'ny'])
    failsWith('malformed-request', () => readClientFirst(bytes(`${flag},,n=user,r=abc`)))
})

test('X-003 c= must repeat the GS2 header', async () => {
  const { exchange, proof } = await logIn('user', 'pencil', 'sha256')
  const changed = { ...exchange, first: { ...exchange.first, gs2Header: 'y,,' } }
  failsWith('not-authorized', () => verifyClient(changed, 'sha256', bytes(proof.message)))
  for (const binding of ['eSws', 'biwsYT1i'])
    failsWith('not-authorized', () =>
      verifyClient(exchange, 'sha256', bytes(proof.message.replace('c=biws', `c=${binding}`))),
    )
})

test('X-003 the nonce must be the whole of both', async () => {
  const { exchange, proof } = await logIn('user', 'pencil', 'sha256')
  for (const nonce of ['client-nonce', `${exchange.nonce}x`, exchange.nonce.slice('client-nonce'.length)])
    failsWith('not-authorized', () =>
      verifyClient(exchange, 'sha256', bytes(proof.message.replace(exchange.nonce, nonce))),
    )
  assert.throws(() => scramNonce(new Uint8Array(15)), RangeError)
})

test('X-003 an m= extension is refused wherever it stands, others are ignored', async () => {
  for (const first of ['n,,m=x,n=user,r=abc', 'n,,n=user,m=x,r=abc', 'n,,n=user,r=abc,m=x'])
    failsWith('malformed-request', () => readClientFirst(bytes(first)))
  assert.equal(readClientFirst(bytes('n,,n=user,r=abc,x=y')).bare, 'n=user,r=abc,x=y')
  const { exchange, proof } = await logIn('user', 'pencil', 'sha256')
  failsWith('malformed-request', () => verifyClient(exchange, 'sha256', bytes(proof.message.replace(',p=', ',m=x,p='))))
})

test('a first message that is not SCRAM is refused', () => {
  const authzid = readClientFirst(bytes('n,a=us=2Cer,n=user,r=abc'))
  assert.equal(authzid.authzid, 'us,er')
  assert.equal(authzid.gs2Header, 'n,a=us=2Cer,')
  for (const message of [
    '',
    'n,,',
    'n,,n=user',
    'n,,r=abc,n=user',
    'n,,n=,r=abc',
    'n,,n=user,r=',
    'n,,n=us=er,r=abc',
    'n,,n=us=2cer,r=abc',
    'n,,n=us\0er,r=abc',
    'n,,n=user,r=a\tbc',
    'n,,n=user,r=a\u00e9',
    'n,,n=user,r=abc,',
    'n,,n=user,r=abc,xx',
    'n,a=,n=user,r=abc',
    'n,b=user,n=user,r=abc',
    'n=user,r=abc',
  ])
    failsWith('malformed-request', () => readClientFirst(bytes(message)))
  failsWith('malformed-request', () => readClientFirst(Uint8Array.of(0x6e, 0x2c, 0x2c, 0x6e, 0x3d, 0xff)))
})

test('a final message that is not SCRAM is refused, and every single changed byte of a good one', async () => {
  const { exchange, proof } = await logIn('user', 'pencil', 'sha256')
  const [withoutProof] = proof.message.split(',p=')
  for (const message of [
    '',
    'p=',
    ',p=',
    `${withoutProof}`,
    `${withoutProof},p=`,
    `${withoutProof},p=abc`,
    `${proof.message} `,
  ])
    assert.throws(() => verifyClient(exchange, 'sha256', bytes(message)), SaslError)
  for (let at = 0; at < proof.message.length; at++) {
    const changed = bytes(proof.message)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => verifyClient(exchange, 'sha256', changed), SaslError, `byte ${at}`)
  }
  assert.equal(verifyClient(exchange, 'sha256', bytes(proof.message)).credentials, credentials)
})

test('the client refuses challenges that are not for it, or ask for too little or too much', async () => {
  const client = beginScram('user', 'abc')
  for (const challenge of [
    'r=abc,s=c2FsdA==,i=4096',
    'r=xbcdef,s=c2FsdA==,i=4096',
    'r=abcdef,s=c2FsdA,i=4096',
    'r=abcdef,s=,i=4096',
    'r=abcdef,s=c2FsdA==,i=4095',
    'r=abcdef,s=c2FsdA==,i=1000001',
    'r=abcdef,s=c2FsdA==,i=04096',
    'r=abcdef,s=c2FsdA==',
    'm=x,r=abcdef,s=c2FsdA==,i=4096',
    'e=unknown-user',
  ])
    await assert.rejects(proveSecret(client, bytes(challenge), 'pencil', 'sha256'), SaslError, challenge)
})

test('the client believes no success but the right one', async () => {
  const { exchange, proof } = await logIn('user', 'pencil', 'sha256')
  const { message } = verifyClient(exchange, 'sha256', bytes(proof.message))
  for (const said of [
    '',
    'v=',
    `v=${Buffer.alloc(32).toString('base64')}`,
    message.slice(0, -4),
    `x=${message.slice(2)}`,
    'e=other-error',
  ])
    assert.equal(isFromServer(proof, bytes(said)), false, said)
})

test('keys of few iterations are not made', async () => {
  await assert.rejects(deriveKeys('pencil', salt, minIterations - 1), RangeError)
})
