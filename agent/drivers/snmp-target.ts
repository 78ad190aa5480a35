/** Which SNMP agent to ask, and how: the `snmp://` form of a driver and the configuration file's form for version 3. */
import { UsageError } from '@fairlead/base'
import { z } from 'zod'
import type { RawPort } from './app-socket.ts'

export interface SnmpTarget {
  host: string
  port: number
  version: 1 | 2 | 3
  community: string
  /** For SET, where the device wants another one. */
  writeCommunity: string
  /** Until an exchange is tried again, in milliseconds. */
  timeoutMs: number
  /** How often it is tried again. */
  retries: number
  user: SnmpUser | undefined
  /** Where it takes a page of text; undefined: nowhere. */
  print: RawPort | undefined
}

export interface SnmpUser {
  name: string
  authProtocol: AuthProtocol | undefined
  authPassword: string
  privProtocol: PrivProtocol | undefined
  privPassword: string
  context: string
}

const authProtocols = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const
/** DES is not among them: OpenSSL 3 has it no more, and it protects nothing. */
const privProtocols = ['aes', 'aes256b', 'aes256r'] as const
export type AuthProtocol = (typeof authProtocols)[number]
export type PrivProtocol = (typeof privProtocols)[number]

/** RFC 3414 §11.2 asks for at least 8 characters. */
const password = z.string().min(8)

/** `driver:` of the configuration file for SNMPv3 (RFC 3414): no passwords, one, or both. */
const userForm = z
  .strictObject({
    url: z.string(),
    user: z.string().min(1).max(32),
    authProtocol: z.enum(authProtocols).default('sha256'),
    authPassword: password.optional(),
    privProtocol: z.enum(privProtocols).default('aes'),
    privPassword: password.optional(),
    context: z.string().max(255).default(''),
  })
  .refine((form) => form.privPassword === undefined || form.authPassword !== undefined, {
    error: 'privPassword needs an authPassword too',
  })

export type SnmpUserForm = z.input<typeof userForm>

/** @throws {UsageError} in one sentence that holds neither community nor password */
export function readSnmpForm(form: unknown): SnmpTarget {
  const read = userForm.safeParse(form)
  if (!read.success) {
    const [issue] = read.error.issues
    const where = issue?.path.join('.')
    throw new UsageError(`The driver for SNMPv3 is not right${where ? ` at ${where}` : ''}: ${issue?.message}.`)
  }
  const { url, user, authProtocol, authPassword, privProtocol, privPassword, context } = read.data
  const target = readSnmpUrl(url)
  return {
    ...target,
    version: 3,
    user: {
      name: user,
      authProtocol: authPassword === undefined ? undefined : authProtocol,
      authPassword: authPassword ?? '',
      privProtocol: privPassword === undefined ? undefined : privProtocol,
      privPassword: privPassword ?? '',
      context,
    },
  }
}

const options = ['community', 'writeCommunity', 'version', 'timeout', 'retries', 'print']

/** Where printers with AppSocket read what they are to print. */
const appSocketPort = 9100

/**
 * `snmp://HOST[:PORT][?community=…&writeCommunity=…&version=1|2c&timeout=SECONDS&retries=N&print=HOST:PORT|none]`; an IPv6 host stands in brackets.
 * Defaults: port 161, `public`, 2c, 2 s (0.1 to 60), 2 retries (0 to 10), pages of text to port 9100 of the same host.
 *
 * @throws {UsageError} in one sentence that does not hold the community
 */
export function readSnmpUrl(url: string): SnmpTarget {
  const [, bracketed, plain, port, query] =
    /^snmp:\/\/(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([\w.-]+))(?::(\d{1,5}))?\/?(?:\?(.*))?$/i.exec(url) ??
    fail('is not of the form snmp://HOST[:PORT]?community=…')
  const given = new URLSearchParams(query ?? '')
  const unknown = [...given.keys()].find((key) => !options.includes(key))
  if (unknown !== undefined) fail(`has an unknown option: ${unknown}`)
  const community = given.get('community') ?? 'public'
  const host = bracketed?.replace(/^(.*)%25/, '$1%') ?? plain ?? ''
  return {
    host,
    port: numberIn('port', port ?? null, 161, 1, 65_535),
    version: readVersion(given.get('version')),
    community,
    writeCommunity: given.get('writeCommunity') ?? community,
    timeoutMs: Math.round(numberIn('timeout', given.get('timeout'), 2, 0.1, 60) * 1000),
    retries: Math.round(numberIn('retries', given.get('retries'), 2, 0, 10)),
    user: undefined,
    print: readPrint(given.get('print'), host),
  }
}

function readPrint(text: string | null, host: string): RawPort | undefined {
  if (text === 'none') return undefined
  if (text === null) return { host, port: appSocketPort }
  const [, bracketed, plain, port = ''] =
    /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? fail('may have print=HOST:PORT or print=none')
  return { host: bracketed ?? plain ?? '', port: numberIn('print port', port, appSocketPort, 1, 65_535) }
}

function readVersion(version: string | null): 1 | 2 {
  if (version === '1') return 1
  if (version === null || version === '2' || version === '2c') return 2
  return fail('may have the version 1 or 2c; version 3 needs a user and stands in the configuration file')
}

function numberIn(name: string, text: string | null, otherwise: number, least: number, most: number): number {
  const value = text === null ? otherwise : Number(text)
  if (text?.trim() === '' || !(value >= least && value <= most)) fail(`needs a ${name} from ${least} to ${most}`)
  return value
}

function fail(why: string): never {
  throw new UsageError(`The snmp driver ${why}.`)
}
