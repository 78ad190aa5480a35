/** The relay's options: contract part 2, and its limits. */
import type { OptionTable } from '@fairlead/base'

/** Where the other options may stand; itself only a flag or `FAIRLEAD_CONFIG`. */
export const configOption = {
  config: { kind: 'path', describe: 'YAML file with these options, camelCase without dashes' },
} as const satisfies OptionTable

export const relayOptions = {
  listen: { kind: 'text', default: '127.0.0.1:8080', describe: 'HOST:PORT to listen on; port 0 picks one' },
  data: { kind: 'path', default: './data', describe: 'folder for database, keys and spool, locked by one process' },
  databaseUrl: {
    kind: 'text',
    secret: true,
    describe:
      'postgres://USER:PASSWORD@HOST/DATABASE, where several nodes share one record; else it is embedded in --data',
  },
  busUrl: { kind: 'text', secret: true, describe: 'nats://…' },
  domain: {
    kind: 'text',
    default: 'localhost',
    matches: /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    mustBe: 'a domain in lower case, like relay.example.com',
    describe: 'XMPP domain',
  },
  publicUrl: { kind: 'text', describe: 'what devices and browsers use; else from --listen' },
  tlsCert: { kind: 'path', describe: 'PEM certificate chain: HTTPS on the same port' },
  tlsKey: { kind: 'path', describe: 'PEM key of --tls-cert' },
  tlsClientCa: {
    kind: 'path',
    describe:
      "PEM of the CAs of devices' certificates (URI:xmpp:ID@DOMAIN), for log-in without a secret; needs --tls-cert: a certificate that a proxy was shown does not count",
  },
  adminKey: {
    kind: 'text',
    secret: true,
    matches: /^[\x21-\x7e]([\x20-\x7e]{14,126})[\x21-\x7e]$/,
    mustBe: '16 to 128 printable characters',
    describe: 'made at the first start if left out; another value replaces it',
  },
  adminListen: { kind: 'text', describe: 'HOST:PORT; /metrics and the console are then served there only' },
  wait: { kind: 'integer', min: 5, max: 55, unit: 'seconds', default: 30, describe: 'how long BOSH holds a request' },
  inactivity: { kind: 'integer', min: 1, max: 3600, unit: 'seconds', default: 60, describe: 'BOSH inactivity' },
  survivalTimeout: {
    kind: 'integer',
    min: 0,
    max: 86_400,
    unit: 'seconds',
    default: 60,
    describe: "told to devices: their survival timer; 0 is off, a device's own setting wins",
  },
  managementTimeout: {
    kind: 'integer',
    min: 5,
    max: 86_400,
    unit: 'seconds',
    default: 120,
    describe: 'after so long without a sign of life a device is offline',
  },
  requestTimeout: {
    kind: 'integer',
    min: 1,
    max: 300,
    unit: 'seconds',
    default: 30,
    describe: "default time-out of a service's request",
  },
  enrolment: {
    kind: 'choice',
    of: ['open', 'list'],
    default: 'open',
    describe: 'whether unknown devices may enrol (first state only), or only those on a factory list',
  },
  trustedProxies: { kind: 'list', describe: 'CIDRs whose forwarding headers are believed' },
  corsOrigin: { kind: 'list', describe: 'origin whose pages may call the API; repeatable' },
  anonymous: { kind: 'switch', describe: 'SASL ANONYMOUS, for test hosts only; only on loopback' },
  insecureTransport: { kind: 'switch', describe: 'accept secrets over plain HTTP from elsewhere than loopback' },
  models: {
    kind: 'path',
    describe: 'YAML file with rules of translation for your models; they go before the built-in ones',
  },
  maxAnswerBytes: {
    kind: 'integer',
    min: 1024,
    max: 64 * 2 ** 20,
    unit: 'bytes',
    default: 2 ** 20,
    describe: "a device's answer",
  },
  maxBoshBodyBytes: {
    kind: 'integer',
    min: 4096,
    max: 8 * 2 ** 20,
    unit: 'bytes',
    default: 256 * 2 ** 10,
    describe: 'a BOSH body',
  },
  maxInFlight: {
    kind: 'integer',
    min: 1,
    max: 1_000_000,
    unit: 'requests',
    default: 20_000,
    describe: 'requests in flight a key',
  },
  maxEventStreams: {
    kind: 'integer',
    min: 1,
    max: 100_000,
    unit: 'streams',
    default: 1000,
    describe: 'event streams at once',
  },
  overloadLag: {
    kind: 'integer',
    min: 50,
    max: 60_000,
    unit: 'milliseconds',
    default: 200,
    describe: 'a node whose event loop stays so late refuses work with 503, log-ins and lists first',
  },
  overloadHeap: {
    kind: 'integer',
    min: 30,
    max: 95,
    unit: 'percent',
    default: 75,
    describe: 'the same for a node that needs so much of its heap (NODE_OPTIONS=--max-old-space-size=MEGABYTES)',
  },
  overloadLogIns: {
    kind: 'integer',
    min: 1,
    max: 100_000,
    unit: 'a second',
    default: 50,
    describe: 'log-ins that a node still takes when it begins to refuse',
  },
} as const satisfies OptionTable
