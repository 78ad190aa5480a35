/** The configuration of a relay: an example and a refusal for every option. */
import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { environmentName, flagName, UsageError } from '@fairlead/base'
import { publicUrlOf, type RelayConfig, readRelayConfig } from './config.ts'
import { makeCertificate } from './http/certificate-for-tests.ts'
import { makeSelfSigned } from './http/self-signed.ts'
import { relayOptions } from './options.ts'

function read(
  flags: Record<string, unknown>,
  environment: Record<string, string> = {},
  files: Record<string, string> = {},
): RelayConfig {
  return readRelayConfig({
    flags,
    environment,
    readFile(path) {
      const text = files[path]
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
      return text
    },
  })
}

function refused(flags: Record<string, unknown>, words: RegExp, files: Record<string, string> = {}) {
  assert.throws(
    () => read(flags, {}, files),
    (error) => error instanceof UsageError && words.test(error.message),
    JSON.stringify(flags),
  )
}

const jobs = {
  documentBytes: 536_870_912,
  spoolBytes: 10_737_418_240,
  accountBytes: 5_368_709_120,
  openOfDevice: 1000,
  keepMs: 2_592_000_000,
  silenceMs: 604_800_000,
}
const overload = { lagMs: 200, heapShare: 0.75, logInsPerSecond: 50 }

test('with nothing set, all is as the contract says', () => {
  assert.deepEqual(read({}), {
    listen: { host: '127.0.0.1', port: 8080 },
    dataFolder: './data',
    databaseUrl: undefined,
    busUrl: undefined,
    domain: 'localhost',
    publicUrl: undefined,
    tls: undefined,
    adminKey: undefined,
    adminListen: undefined,
    waitSeconds: 30,
    inactivitySeconds: 60,
    survivalTimeoutSeconds: 60,
    managementTimeoutSeconds: 120,
    requestTimeoutSeconds: 30,
    enrolment: 'open',
    resetNoticeSeconds: 86_400,
    maxFailedClaims: 20,
    maxFailedClaimsOfNetwork: 100,
    auditDays: 0,
    maxFailedSignIns: 10,
    maxFailedSignInsOfNetwork: 10,
    readEverySeconds: 900,
    keepReadingsDays: 400,
    webhookNetworks: [],
    oidc: undefined,
    trustedProxies: [],
    corsOrigins: [],
    seenUrls: [],
    anonymous: false,
    insecureTransport: false,
    models: undefined,
    spool: undefined,
    givesUpDocuments: false,
    jobs,
    maxAnswerBytes: 1_048_576,
    maxBoshBodyBytes: 262_144,
    maxInFlightPerKey: 20_000,
    maxEventStreams: 1000,
    overload,
  })
})

/** For each option: a value that is not the default, and what the configuration then holds. */
const examples: Record<string, [value: string, field: keyof RelayConfig, holds: unknown]> = {
  listen: ['0.0.0.0:0', 'listen', { host: '0.0.0.0', port: 0 }],
  data: ['/srv/relay', 'dataFolder', '/srv/relay'],
  domain: ['relay.example.com', 'domain', 'relay.example.com'],
  publicUrl: ['https://relay.example.com/', 'publicUrl', 'https://relay.example.com'],
  adminKey: ['0123456789abcdef', 'adminKey', '0123456789abcdef'],
  adminListen: ['[::1]:9090', 'adminListen', { host: '::1', port: 9090 }],
  wait: ['55', 'waitSeconds', 55],
  inactivity: ['3600', 'inactivitySeconds', 3600],
  survivalTimeout: ['0', 'survivalTimeoutSeconds', 0],
  managementTimeout: ['86400', 'managementTimeoutSeconds', 86_400],
  requestTimeout: ['300', 'requestTimeoutSeconds', 300],
  enrolment: ['list', 'enrolment', 'list'],
  resetNotice: ['60', 'resetNoticeSeconds', 60],
  maxFailedClaims: ['5', 'maxFailedClaims', 5],
  maxFailedClaimsOfNetwork: ['50', 'maxFailedClaimsOfNetwork', 50],
  auditDays: ['365', 'auditDays', 365],
  maxFailedSignIns: ['5', 'maxFailedSignIns', 5],
  maxFailedSignInsOfNetwork: ['50', 'maxFailedSignInsOfNetwork', 50],
  readEvery: ['60', 'readEverySeconds', 60],
  keepReadings: ['30', 'keepReadingsDays', 30],
  webhookNetworks: ['10.0.0.0/8,fd00::/8', 'webhookNetworks', ['10.0.0.0/8', 'fd00::/8']],
  trustedProxies: ['10.0.0.0/8,fd00::/8,192.0.2.1', 'trustedProxies', ['10.0.0.0/8', 'fd00::/8', '192.0.2.1']],
  corsOrigin: ['https://console.example.com', 'corsOrigins', ['https://console.example.com']],
  seenUrls: [
    'https://v4.relay.example.com,http://127.0.0.1:8081/',
    'seenUrls',
    ['https://v4.relay.example.com', 'http://127.0.0.1:8081'],
  ],
  anonymous: ['on', 'anonymous', true],
  insecureTransport: ['on', 'insecureTransport', true],
  models: ['models.yaml', 'models', { file: 'models.yaml', text: '[]' }],
  giveUpDocuments: ['on', 'givesUpDocuments', true],
  maxAnswerBytes: ['2097152', 'maxAnswerBytes', 2_097_152],
  maxDocumentBytes: ['1048576', 'jobs', { ...jobs, documentBytes: 1_048_576 }],
  maxSpoolBytes: ['2097152', 'jobs', { ...jobs, spoolBytes: 2_097_152 }],
  maxSpoolBytesOfAccount: ['3145728', 'jobs', { ...jobs, accountBytes: 3_145_728 }],
  maxJobsOfDevice: ['10', 'jobs', { ...jobs, openOfDevice: 10 }],
  keepJobs: ['7', 'jobs', { ...jobs, keepMs: 604_800_000 }],
  jobSilence: ['3600', 'jobs', { ...jobs, silenceMs: 3_600_000 }],
  maxBoshBodyBytes: ['65536', 'maxBoshBodyBytes', 65_536],
  maxInFlight: ['5', 'maxInFlightPerKey', 5],
  maxEventStreams: ['7', 'maxEventStreams', 7],
  overloadLag: ['500', 'overload', { ...overload, lagMs: 500 }],
  overloadHeap: ['60', 'overload', { ...overload, heapShare: 0.6 }],
  overloadLogIns: ['5', 'overload', { ...overload, logInsPerSecond: 5 }],
}

for (const [name, [value, field, holds]] of Object.entries(examples))
  test(`${flagName(name)} can be a flag, a variable or a line of the file`, () => {
    const files = { 'models.yaml': '[]' }
    assert.deepEqual(read({ [name]: value }, {}, files)[field], holds)
    assert.deepEqual(read({}, { [environmentName(name)]: value }, files)[field], holds)
    const file = { ...files, 'c.yaml': `${name}: ${/^\d+$/.test(value) ? value : JSON.stringify(value)}\n` }
    assert.deepEqual(read({ config: 'c.yaml' }, {}, file)[field], holds)
    assert.deepEqual(read({}, { FAIRLEAD_CONFIG: 'c.yaml' }, file)[field], holds)
  })

test('no option is without an example', () => {
  const elsewhere = ['databaseUrl', 'busUrl', 'tlsCert', 'tlsKey', 'tlsClientCa']
  elsewhere.push(...Object.keys(relayOptions).filter((name) => /^(oidc|spool)/.test(name)))
  assert.deepEqual(Object.keys(relayOptions).sort(), [...Object.keys(examples), ...elsewhere].sort())
})

test('the file may leave values to the defaults, but must be YAML, be there and know its names', () => {
  assert.equal(read({ config: 'c' }, {}, { c: '# nothing yet\n' }).waitSeconds, 30)
  assert.deepEqual(
    read({ config: 'c' }, {}, { c: 'corsOrigin:\n  - https://a.example\n  - http://b:1\n' }).corsOrigins,
    ['https://a.example', 'http://b:1'],
  )
  refused({ config: 'gone' }, /--config gone cannot be read: ENOENT/)
  refused({ config: 'c' }, /--config c is not YAML/, { c: 'a: b: c' })
  refused({ config: 'c' }, /has survival-timeout, which is no option here: write survivalTimeout/, {
    c: 'survival-timeout: 3',
  })
  refused({ config: 'c' }, /has config/, { c: 'config: other.yaml' })
})

test('S-M5 what is odd in the YAML is told without what stands there', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)
  for (const c of ['adminKey: *canary-canary-canary', 'adminKey: [!odd canary-canary-canary', '- !odd canary'])
    assert.throws(
      () => read({ config: 'c' }, {}, { c }),
      (error: Error) =>
        error.name === 'UsageError' && /^[^\n]+\.$/.test(error.message) && !/canary/.test(error.message),
      c,
    )
  read({ config: 'c' }, {}, { c: 'adminKey: !odd canary-canary-canary' })
  await new Promise(setImmediate)
  process.off('warning', note)
  assert.deepEqual(warnings, [])
})

test('times have the bounds of the contract', () => {
  for (const [name, values] of Object.entries({
    wait: ['4', '56'],
    inactivity: ['0', '3601'],
    survivalTimeout: ['-1', '86401'],
    managementTimeout: ['4', '86401'],
    requestTimeout: ['0', '301'],
  }))
    for (const value of values) refused({ [name]: value }, /whole number from/)
})

test('management must be longer than survival, unless survival is off', () => {
  refused({ survivalTimeout: '80', managementTimeout: '80' }, /must be longer than --survival-timeout 80/)
  assert.equal(read({ survivalTimeout: '80', managementTimeout: '81' }).managementTimeoutSeconds, 81)
  assert.equal(read({ survivalTimeout: '0', managementTimeout: '40' }).managementTimeoutSeconds, 40)
})

test('management must be at least wait + 10, also with survival off', () => {
  refused({ survivalTimeout: '0', managementTimeout: '39' }, /at least --wait \+ 10 \(40\)/)
  assert.equal(read({ survivalTimeout: '39', managementTimeout: '40' }).managementTimeoutSeconds, 40)
})

test('wait + inactivity must be at least survival + 10, unless survival is off', () => {
  refused({ inactivity: '39' }, /\(69\) must be at least --survival-timeout \+ 10 \(70\)/)
  assert.equal(read({ inactivity: '40' }).inactivitySeconds, 40)
  assert.equal(read({ inactivity: '1', survivalTimeout: '0' }).inactivitySeconds, 1)
})

test('anybody may be let in on loopback only', () => {
  for (const listen of ['127.0.0.1:0', '127.9.9.9:0', '[::1]:0', 'localhost:0'])
    assert.equal(read({ listen, anonymous: true }).anonymous, true, listen)
  for (const listen of ['0.0.0.0:0', '[::]:0', '10.0.0.1:0', '127.0.0.1.example.com:0'])
    refused({ listen, anonymous: true }, /only while --listen is a loopback/)
})

test('an address to listen on is host and port', () => {
  for (const listen of ['8080', 'localhost', ':8080', '127.0.0.1:65536', '::1:80', '[::g]:80', 'a b:80', 'http://a:80'])
    refused({ listen }, /must be HOST:PORT/)
  refused({ adminListen: '9090' }, /--admin-listen is 9090/)
})

test('names that others are told must be what they say', () => {
  for (const proxies of ['10.0.0.0/33', 'fd00::/129', 'proxy', '10.0.0/8', '10.0.0.0/8/8', 'fe80::1%eth0', '10.0.0.0/'])
    refused({ trustedProxies: [proxies] }, /no CIDR/)
  for (const origin of [
    '*',
    'console.example.com',
    'https://a.example/',
    'https://a.example/x',
    'ftp://a',
    'https://A.example',
  ])
    refused({ corsOrigin: [origin] }, /--cors-origin/)
  for (const url of ['v6.example.com', 'http://v6.example.com', 'https://[2001:db8::1]', 'https://a/b', 'wss://a'])
    refused({ seenUrls: [url] }, /--seen-urls has/)
  refused({ seenUrls: ['https://a', 'https://b', 'https://c'] }, /--seen-urls takes two at most/)
  for (const url of ['relay.example.com', 'ws://a', 'https://a/b', 'https://u:p@a', 'https://a?b'])
    refused({ publicUrl: url }, /--public-url/)
  for (const domain of ['Relay.example', 'a..b', '-a', 'a_b', '']) refused({ domain }, /--domain/)
})

test('an admin key is 16 to 128 printable characters, and is never repeated', () => {
  assert.equal(read({ adminKey: `a${' '.repeat(126)}z` }).adminKey?.length, 128)
  for (const adminKey of ['canary', 'canary'.repeat(22), 'canary\n0123456789', 'canary-ü0123456789'])
    assert.throws(
      () => read({ adminKey }),
      (error: Error) => /16 to 128 printable/.test(error.message) && !error.message.includes('canary'),
    )
})

test('a certificate comes with its key, and both must be good', () => {
  const { certificate, key } = makeSelfSigned()
  const files = { cert: certificate, key, other: makeSelfSigned().key, junk: 'junk' }
  assert.deepEqual(read({ tlsCert: 'cert', tlsKey: 'key' }, {}, files).tls, { certificate, key })
  refused({ tlsCert: 'cert' }, /belong together/, files)
  refused({ tlsKey: 'key' }, /belong together/, files)
  refused({ tlsCert: 'gone', tlsKey: 'key' }, /--tls-cert gone cannot be read/, files)
  refused({ tlsCert: 'cert', tlsKey: 'other' }, /do not fit together/, files)
  refused({ tlsCert: 'junk', tlsKey: 'key' }, /do not fit together/, files)
})

test('where the record is, is passed on as it is given', () => {
  assert.equal(read({ databaseUrl: 'postgres://h/d' }).databaseUrl, 'postgres://h/d')
})

test('several nodes share one PostgreSQL: a bus alone is refused', () => {
  refused({ busUrl: 'nats://h' }, /^--bus-url needs --database-url/)
  assert.equal(read({ busUrl: 'nats://h', databaseUrl: 'postgres://h/d' }).busUrl, 'nats://h')
})

test('the public URL follows from where the relay listens, by name on loopback', () => {
  assert.equal(publicUrlOf(read({ listen: '127.0.0.1:0' }), 81), 'http://localhost:81')
  assert.equal(publicUrlOf(read({ listen: '[2001:db8::1]:0' }), 81), 'http://[2001:db8::1]:81')
  assert.equal(publicUrlOf(read({ listen: '0.0.0.0:0' }), 81), `http://${hostname().toLowerCase()}:81`)
  assert.equal(publicUrlOf(read({ publicUrl: 'https://r.example' }), 81), 'https://r.example')
  const { certificate, key } = makeSelfSigned()
  const tls = read({ tlsCert: 'c', tlsKey: 'k' }, {}, { c: certificate, k: key })
  assert.equal(publicUrlOf(tls, 81), 'https://localhost:81')
})

test("the CA of devices' certificates comes with TLS, and is one", () => {
  const { certificate: cert, key } = makeSelfSigned()
  const ca = makeCertificate({ subject: 'Our CA', isCa: true }).certificate
  const files = {
    cert,
    key,
    ca,
    two: `Our CAs:\n${ca}\r\n${ca}`,
    mixed: `${ca}${cert}`,
    junk: 'junk',
    cut: ca.slice(60),
  }
  const tls = { tlsCert: 'cert', tlsKey: 'key' }
  assert.equal(read({ ...tls, tlsClientCa: 'ca' }, {}, files).tls?.clientCa, ca.trimEnd())
  assert.equal(read({ ...tls, tlsClientCa: 'two' }, {}, files).tls?.clientCa, `${ca}${ca}`.trimEnd())
  assert.equal(read(tls, {}, files).tls?.clientCa, undefined)
  refused({ tlsClientCa: 'ca' }, /--tls-client-ca needs --tls-cert and --tls-key/, files)
  refused({ ...tls, tlsClientCa: 'gone' }, /--tls-client-ca gone cannot be read/, files)
  for (const bad of ['junk', 'key', 'cut']) refused({ ...tls, tlsClientCa: bad }, /has no PEM certificate in it/, files)
  for (const bad of ['cert', 'mixed']) refused({ ...tls, tlsClientCa: bad }, /no CA's certificate/, files)
})

test('single sign-on: issuer, ID and secret belong together, and the issuer is HTTPS or on this machine', () => {
  const client = { oidcClientId: 'fairlead', oidcClientSecret: 'a secret' }
  const provider = (oidcIssuer: string, more: Record<string, unknown> = {}) => ({ oidcIssuer, ...client, ...more })
  const defaults = { name: 'single sign-on', account: 'default', domains: [], role: 'viewer' }
  const issuer = 'https://id.example/realms/firm'
  const told = { issuer, clientId: 'fairlead', clientSecret: 'a secret' }
  assert.deepEqual(read(provider(issuer)).oidc, { ...told, ...defaults })
  const all = {
    oidcName: 'Our Keycloak',
    oidcAccount: 'firm',
    oidcDomain: ['Firm.example', 'b.example'],
    oidcRole: 'admin',
  }
  const environment = Object.fromEntries(
    Object.entries(provider(issuer, all)).map(([name, value]) => [environmentName(name), String(value)]),
  )
  const holds = {
    ...told,
    name: 'Our Keycloak',
    account: 'firm',
    domains: ['firm.example', 'b.example'],
    role: 'admin',
  }
  assert.deepEqual(read(provider(issuer, all)).oidc, holds)
  assert.deepEqual(read({}, environment).oidc, holds)
  for (const here of ['http://127.0.0.1:8090', 'http://localhost/realm', 'http://[::1]:8090/'])
    assert.equal(read(provider(here)).oidc?.issuer, here)

  for (const wrong of ['http://id.example', 'id.example', 'ftp://id.example', `${issuer}?a=1`, `${issuer}#a`])
    refused(provider(wrong), /--oidc-issuer must be https/)
  assert.throws(
    () => read(provider('https://user:canary@id.example')),
    (error) => error instanceof UsageError && !error.message.includes('canary'),
  )
  refused({ oidcIssuer: issuer }, /--oidc-issuer needs --oidc-client-id and --oidc-client-secret/)
  refused({ oidcIssuer: issuer, oidcClientId: 'fairlead' }, /needs --oidc-client-id/)
  for (const alone of [client, { oidcDomain: ['firm.example'] }]) refused(alone, /--oidc-issuer is wanted/)
  for (const domain of ['@firm.example', 'firm', 'a b.example', '*.example'])
    refused(provider(issuer, { oidcDomain: [domain] }), /--oidc-domain .* is no domain/)
  refused(provider(issuer, { oidcRole: 'owner' }), /--oidc-role/)
})
