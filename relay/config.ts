/** What a relay is told at its start: options from flags, environment and file, checked together. */

import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { createSecureContext } from 'node:tls'
import { firstLineOf, readSettings, type SettingSources, type Settings, UsageError } from '@fairlead/base'
import { parse } from 'yaml'
import { relayOptions } from './options.ts'
import type { OverloadLimits } from './overload/overload.ts'
import { readSpool, type SpoolConfig } from './spool-config.ts'

export interface Endpoint {
  host: string
  /** 0: any free one. */
  port: number
}

export interface RelayConfig {
  listen: Endpoint
  dataFolder: string
  /** `postgres://…`; undefined: the record is embedded in the data folder. */
  databaseUrl: string | undefined
  /** `nats://…`; undefined: no other nodes. */
  busUrl: string | undefined
  domain: string
  /** As given; else see `publicUrlOf`, which needs the port that was got. */
  publicUrl: string | undefined
  /** PEM texts. */
  tls: { certificate: string; key: string; clientCa?: string } | undefined
  adminKey: string | undefined
  adminListen: Endpoint | undefined
  waitSeconds: number
  inactivitySeconds: number
  /** 0: off. */
  survivalTimeoutSeconds: number
  managementTimeoutSeconds: number
  requestTimeoutSeconds: number
  enrolment: 'open' | 'list'
  resetNoticeSeconds: number
  maxFailedClaims: number
  maxFailedClaimsOfNetwork: number
  /** 0: for ever. */
  auditDays: number
  maxFailedSignIns: number
  maxFailedSignInsOfNetwork: number
  readEverySeconds: number
  keepReadingsDays: number
  /** CIDRs. */
  webhookNetworks: readonly string[]
  /** Single sign-on; undefined: none. */
  oidc: OidcConfig | undefined
  /** CIDRs. */
  trustedProxies: readonly string[]
  corsOrigins: readonly string[]
  /** Names of this relay that are reached over one family of addresses alone. */
  seenUrls: readonly string[]
  anonymous: boolean
  insecureTransport: boolean
  /** Rules of translation (A13) beside the built-in ones: the file's name, and what it says. */
  models: { file: string; text: string } | undefined
  /** An S3-compatible storage for documents; undefined: the data folder or the record keeps them. */
  spool: SpoolConfig | undefined
  /** Documents that were kept elsewhere do not keep it from its start. */
  givesUpDocuments: boolean
  jobs: JobLimits
  maxAnswerBytes: number
  maxBoshBodyBytes: number
  maxInFlightPerKey: number
  maxEventStreams: number
  /** Where a node begins to refuse work. */
  overload: OverloadLimits
}

export interface OidcConfig {
  issuer: string
  clientId: string
  clientSecret: string
  name: string
  account: string
  /** In lower case. */
  domains: readonly string[]
  role: 'viewer' | 'operator' | 'admin'
}

/** What jobs and their documents may take. */
export interface JobLimits {
  /** Of one document. */
  documentBytes: number
  /** Of all documents. */
  spoolBytes: number
  /** Of all documents of an account. */
  accountBytes: number
  /** Of a device, that have not ended. */
  openOfDevice: number
  /** How long an ended one is remembered. */
  keepMs: number
  /** Without a sign of life of the device that has it, it is unknown after this; 0: never. */
  silenceMs: number
}

interface RelayConfigSources extends Omit<SettingSources, 'file'> {
  /** Throws as `readFileSync(path, 'utf8')` does. */
  readFile(path: string): string
}

/** @throws {UsageError} with a sentence for each thing that is wrong */
export function readRelayConfig(sources: RelayConfigSources): RelayConfig {
  const { config: flag, ...flags } = sources.flags
  const path = flag ?? (sources.environment['FAIRLEAD_CONFIG'] || undefined)
  const file = path === undefined ? undefined : readConfigFile(String(path), sources.readFile)
  const settings = readSettings(relayOptions, { flags, environment: sources.environment, file })

  checkPlaces(settings)
  const listen = readEndpoint('--listen', settings.listen)
  checkTimes(settings)
  checkNames(settings)
  if (settings.anonymous && !isLoopbackHost(listen.host))
    throw new UsageError('--anonymous lets anybody in: it works only while --listen is a loopback address.')
  return {
    listen,
    dataFolder: settings.data,
    databaseUrl: settings.databaseUrl,
    busUrl: settings.busUrl,
    domain: settings.domain,
    publicUrl: settings.publicUrl === undefined ? undefined : readPublicUrl(settings.publicUrl),
    tls: readTls(settings, sources.readFile),
    adminKey: settings.adminKey,
    adminListen: settings.adminListen === undefined ? undefined : readEndpoint('--admin-listen', settings.adminListen),
    waitSeconds: settings.wait,
    inactivitySeconds: settings.inactivity,
    survivalTimeoutSeconds: settings.survivalTimeout,
    managementTimeoutSeconds: settings.managementTimeout,
    requestTimeoutSeconds: settings.requestTimeout,
    enrolment: settings.enrolment,
    resetNoticeSeconds: settings.resetNotice,
    maxFailedClaims: settings.maxFailedClaims,
    maxFailedClaimsOfNetwork: settings.maxFailedClaimsOfNetwork,
    auditDays: settings.auditDays,
    maxFailedSignIns: settings.maxFailedSignIns,
    maxFailedSignInsOfNetwork: settings.maxFailedSignInsOfNetwork,
    readEverySeconds: settings.readEvery,
    keepReadingsDays: settings.keepReadings,
    webhookNetworks: settings.webhookNetworks,
    oidc: readOidc(settings),
    trustedProxies: settings.trustedProxies,
    corsOrigins: settings.corsOrigin,
    seenUrls: readSeenUrls(settings.seenUrls),
    anonymous: settings.anonymous,
    insecureTransport: settings.insecureTransport,
    models: settings.models === undefined ? undefined : readModels(settings.models, sources.readFile),
    spool: readSpool(settings, sources.flags),
    givesUpDocuments: settings.giveUpDocuments,
    jobs: {
      documentBytes: settings.maxDocumentBytes,
      spoolBytes: settings.maxSpoolBytes,
      accountBytes: settings.maxSpoolBytesOfAccount,
      openOfDevice: settings.maxJobsOfDevice,
      keepMs: settings.keepJobs * 24 * 3_600_000,
      silenceMs: settings.jobSilence * 1000,
    },
    maxAnswerBytes: settings.maxAnswerBytes,
    maxBoshBodyBytes: settings.maxBoshBodyBytes,
    maxInFlightPerKey: settings.maxInFlight,
    maxEventStreams: settings.maxEventStreams,
    overload: {
      lagMs: settings.overloadLag,
      heapShare: settings.overloadHeap / 100,
      logInsPerSecond: settings.overloadLogIns,
    },
  }
}

/**
 * What devices and browsers use: as given, else from the address that is listened on. On loopback it is `localhost`,
 * because passkeys need a name.
 *
 * @param port the one that was got, when `--listen` said 0
 */
export function publicUrlOf(config: Pick<RelayConfig, 'publicUrl' | 'listen' | 'tls'>, port: number): string {
  if (config.publicUrl !== undefined) return config.publicUrl
  const scheme = config.tls ? 'https' : 'http'
  return `${scheme}://${publicHost(config.listen.host)}:${port}`
}

function publicHost(host: string): string {
  if (isLoopbackHost(host)) return 'localhost'
  if (host === '0.0.0.0' || host === '::') return hostname().toLowerCase()
  return isIP(host) === 6 ? `[${host}]` : host
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

type Given = Settings<typeof relayOptions>

function readConfigFile(path: string, readFile: (path: string) => string): unknown {
  const text = readNamed('--config', path, readFile)
  try {
    // Its warnings would print the line that they are about, which may hold a secret.
    return parse(text, { logLevel: 'error' })
  } catch (error) {
    throw new UsageError(`--config ${path} is not YAML: ${firstLineOf(error)}.`)
  }
}

function checkPlaces(settings: Given): void {
  if (settings.busUrl !== undefined && settings.databaseUrl === undefined)
    throw new UsageError(
      '--bus-url needs --database-url: nodes share one PostgreSQL, and an embedded record belongs to one of them.',
    )
}

/** Contract part 2: a device that lives by its timers must never look gone. */
function checkTimes(settings: Given): void {
  const { wait, inactivity, survivalTimeout: survival, managementTimeout: management } = settings
  if (survival > 0 && management <= survival)
    throw new UsageError(
      `--management-timeout ${management} must be longer than --survival-timeout ${survival}: else a quiet device counts as gone before it shows that it lives.`,
    )
  if (management < wait + 10)
    throw new UsageError(
      `--management-timeout ${management} must be at least --wait + 10 (${wait + 10}): else a device that waits counts as gone.`,
    )
  if (survival > 0 && wait + inactivity < survival + 10)
    throw new UsageError(
      `--wait + --inactivity (${wait + inactivity}) must be at least --survival-timeout + 10 (${survival + 10}): else a session ends before its survival notification.`,
    )
}

function checkNames(settings: Given): void {
  for (const [option, cidrs] of [
    ['--trusted-proxies', settings.trustedProxies],
    ['--webhook-networks', settings.webhookNetworks],
  ] as const)
    for (const cidr of cidrs)
      if (!isCidr(cidr)) throw new UsageError(`${option} has ${cidr}, which is no CIDR like 10.0.0.0/8 or fd00::/8.`)
  for (const origin of settings.corsOrigin)
    if (!isOrigin(origin))
      throw new UsageError(
        `--cors-origin ${origin} must be scheme, host and port only, like https://console.example.com.`,
      )
}

/** An address alone is that one address. */
function isCidr(text: string): boolean {
  const [address = '', prefix, more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more !== undefined || address.includes('%')) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text
}

function readPublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const fits = url && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href
  if (!fits)
    throw new UsageError(`--public-url ${text} must be scheme, host and port only, like https://relay.example.com.`)
  return url.origin
}

/** At most one for each family. Browsers take no IPv6 address in a page's policy (CSP 3 §2.3.1: `host-source`). */
function readSeenUrls(texts: readonly string[]): string[] {
  if (texts.length > 2) throw new UsageError('--seen-urls takes two at most: one for IPv4 and one for IPv6.')
  return texts.map((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const isPrivate = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
    if (!url || !isPrivate || `${url.origin}/` !== url.href || url.hostname.startsWith('['))
      throw new UsageError(
        `--seen-urls has ${text}: it must be https://, a name and perhaps a port, like https://v6.relay.example.com.`,
      )
    return url.origin
  })
}

function readEndpoint(option: string, text: string): Endpoint {
  const [, v6, name, digits] = /^(?:\[([^\]]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text) ?? []
  const host = (v6 ?? name)?.toLowerCase()
  const port = Number(digits)
  if (host === undefined || port > 65_535 || (v6 !== undefined && isIP(v6) !== 6))
    throw new UsageError(`${option} is ${text}: it must be HOST:PORT, like 127.0.0.1:8080 or [::1]:8080.`)
  return { host, port }
}

function readTls(settings: Given, readFile: (path: string) => string): RelayConfig['tls'] {
  const { tlsCert, tlsKey, tlsClientCa } = settings
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientCa === undefined) return undefined
    throw new UsageError('--tls-client-ca needs --tls-cert and --tls-key: certificates are shown in TLS only.')
  }
  if (tlsCert === undefined || tlsKey === undefined)
    throw new UsageError('--tls-cert and --tls-key belong together: give both or none.')
  const tls = { certificate: readNamed('--tls-cert', tlsCert, readFile), key: readNamed('--tls-key', tlsKey, readFile) }
  try {
    createSecureContext({ cert: tls.certificate, key: tls.key })
  } catch (error) {
    throw new UsageError(`--tls-cert ${tlsCert} and --tls-key ${tlsKey} do not fit together: ${firstLineOf(error)}.`)
  }
  return tlsClientCa === undefined ? tls : { ...tls, clientCa: readClientCa(tlsClientCa, readFile) }
}

/** Checked here, because TLS passes over what is no certificate in silence: then no device could log in. */
function readClientCa(path: string, readFile: (path: string) => string): string {
  const pem = readNamed('--tls-client-ca', path, readFile)
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new UsageError(`--tls-client-ca ${path} has no PEM certificate in it.`)
  for (const block of blocks)
    if (!isAuthority(block))
      throw new UsageError(
        `--tls-client-ca ${path} has something in it that is no CA's certificate: give the CA that signs, not what it signed.`,
      )
  return blocks.join('\n')
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca
  } catch {
    // Not a certificate at all, which is told in the same words.
    return false
  }
}

function readOidc(settings: Given): OidcConfig | undefined {
  const { oidcIssuer, oidcClientId: clientId, oidcClientSecret: clientSecret } = settings
  const { oidcName: name, oidcAccount: account, oidcDomain, oidcRole: role } = settings
  if (oidcIssuer === undefined) {
    if (clientId === undefined && clientSecret === undefined && oidcDomain.length === 0) return undefined
    throw new UsageError('--oidc-issuer is wanted as well: whom the other --oidc options are about.')
  }
  if (clientId === undefined || clientSecret === undefined)
    throw new UsageError('--oidc-issuer needs --oidc-client-id and --oidc-client-secret, as the provider gives them.')
  const domains = oidcDomain.map((domain) => domain.toLowerCase())
  for (const domain of domains)
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain))
      throw new UsageError(`--oidc-domain ${domain} is no domain like example.com.`)
  return { issuer: readIssuer(oidcIssuer), clientId, clientSecret, name, account, domains, role }
}

/** OpenID Connect Discovery §3: HTTPS, with neither query nor fragment. On this machine nobody reads along. */
function readIssuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPrivate =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname.replace(/^\[|\]$/g, '')))
  if (!url || !isPrivate || `${url.search}${url.hash}${url.username}${url.password}` !== '')
    throw new UsageError('--oidc-issuer must be https://… with nothing before its host and nothing behind its path.')
  return text
}

function readModels(file: string, readFile: (path: string) => string): RelayConfig['models'] {
  return { file, text: readNamed('--models', file, readFile) }
}

function readNamed(option: string, path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path)
  } catch (error) {
    throw new UsageError(`${option} ${path} cannot be read: ${firstLineOf(error)}.`)
  }
}
