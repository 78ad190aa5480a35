/** Who knocks and what they may: every route says whom it takes, and nobody else comes in. */
import type { IncomingHttpHeaders } from 'node:http'
import { type Clock, Failure } from '@fairlead/base'
import type { Origin } from './addresses.ts'
import { isFromElsewhere, isFromOurPage, readCookie } from './cookie.ts'
import { createFailedTries, type FailedTries } from './failed-tries.ts'
import { mustBeProven } from './proven.ts'
import { mayCall } from './reach.ts'
import type { Access, Caller, Route, UserCaller } from './route.ts'

export interface CallersNeeds {
  clock: Clock
  /** `--insecure-transport` */
  insecureTransport: boolean
  /** The caller of a Bearer key, admin or service. */
  findCaller(key: string): Caller | undefined | Promise<Caller | undefined>
  /** The caller of what a print client shows as HTTP Basic. */
  findPrinting?(user: string, password: string, address: string): Promise<Caller | undefined>
  /** Who has signed in and was given this token, while that session lasts. */
  findUser(token: string): Promise<UserCaller | undefined>
  /** What browsers call this relay, as they write an origin. */
  publicUrl(): string
  findDevice(device: string): { account: string } | undefined
  checkSecret(device: string, secret: string): Promise<boolean>
  failedTries?: FailedTries
}

export interface Callers {
  /**
   * @throws {Failure} `unauthorized`, `insecure-transport`, `forbidden`, `prove-again`, `second-factor-required`, and
   *   `too-many-requests` when so many wrong keys are being answered slowly that there is no room for one more
   */
  admit(route: Asked, headers: IncomingHttpHeaders, origin: Origin): Promise<Caller>
}

type Asked = Pick<Route, 'access' | 'method' | 'isSecret' | 'isSignIn' | 'needsProof' | 'withoutFactor'>

/** Slow answers held at once; each is a timer and an open exchange. */
const maxSlowAnswers = 1000

const nobody: Caller = { kind: 'nobody' }

export function createCallers(needs: CallersNeeds): Callers {
  const { clock, failedTries = createFailedTries() } = needs
  let slowAnswers = 0

  async function find(access: Access, authorization: string, address: string): Promise<Caller | undefined> {
    const [, scheme = '', secret = ''] = /^([A-Za-z]+) +(.*)$/.exec(authorization) ?? []
    if (!takesBasic(access)) return scheme.toLowerCase() === 'bearer' ? needs.findCaller(secret) : undefined
    const pair = scheme.toLowerCase() === 'basic' ? readBasic(secret) : undefined
    if (!pair) return undefined
    if (access === 'print') return needs.findPrinting?.(pair.user, pair.password, address)
    if (!(await needs.checkSecret(pair.user, pair.password))) return undefined
    const device = needs.findDevice(pair.user)
    return device && { kind: 'device', device: pair.user, account: device.account }
  }

  function mustBePrivate(origin: Origin): void {
    if (needs.insecureTransport || origin.secure || origin.loopback) return
    throw new Failure(
      'insecure-transport',
      'This secret crossed the network unencrypted: consider it seen, and use HTTPS. (A relay behind a TLS proxy wants --trusted-proxies.)',
    )
  }

  async function slowDown(address: string): Promise<void> {
    const delayMs = failedTries.count(address, clock.now())
    if (delayMs === 0) return
    if (slowAnswers >= maxSlowAnswers)
      throw new Failure('too-many-requests', 'Too many wrong keys come from your address.', { retryAfterSeconds: 5 })
    slowAnswers++
    await new Promise<void>((resolve) => void clock.at(clock.now() + delayMs, resolve))
    slowAnswers--
  }

  /** @returns undefined: nobody is signed in with it */
  async function findByCookie(method: Asked['method'], cookie: string, headers: IncomingHttpHeaders) {
    const user = await needs.findUser(cookie)
    if (user && method !== 'GET' && !isFromOurPage(headers, needs.publicUrl()))
      throw new Failure(
        'forbidden',
        'This call did not come from a page of this relay: with a cookie, changes are made from its own pages only. Programs use a key.',
      )
    return user
  }

  function mustBeOurPage(headers: IncomingHttpHeaders): void {
    if (isFromElsewhere(headers, needs.publicUrl()))
      throw new Failure('forbidden', 'Another site tried to sign you in here. Do it on a page of this relay.')
  }

  return {
    async admit(route, headers, origin) {
      const { access, method, isSecret, isSignIn } = route
      const { authorization } = headers
      // A key says more exactly who is meant than a cookie that rides along; and an old one keeps nobody from what anybody may.
      const takesCookies = authorization === undefined && !takesBasic(access) && access !== 'anybody'
      const cookie = takesCookies ? readCookie(headers) : undefined
      const shown = authorization ?? cookie
      if (shown !== undefined || isSecret) mustBePrivate(origin)
      if (isSignIn) mustBeOurPage(headers)
      if (shown === undefined) return asNobody(access, wanted(access))
      const caller =
        cookie === undefined ? await find(access, shown, origin.address) : await findByCookie(method, cookie, headers)
      if (!caller) {
        await slowDown(origin.address)
        return asNobody(access, cookie === undefined ? wanted(access) : sessionOver)
      }
      if (!mayCall(access, caller)) throw new Failure('forbidden', lacking(access, caller))
      mustBeProven(route, caller, clock.wallNow())
      return caller
    },
  }
}

/** @param otherwise for people: what to show @throws {Failure} `unauthorized` */
function asNobody(access: Access, otherwise: string): Caller {
  if (access === 'anybody') return nobody
  throw new Failure('unauthorized', otherwise)
}

const sessionOver = 'Your session has ended. Sign in again.'

function lacking(access: Access, caller: Caller): string {
  if (access === 'user') return 'This is for people who have signed in, not for keys.'
  if (access === 'print') return lacking('jobs:write', caller)
  if (caller.kind === 'user')
    return `Your role (${caller.role}) lacks the right ${access}. An owner or admin of your account can give you another.`
  return `This key lacks the right ${access}.`
}

/** RFC 9110 §11.6.1: what a 401 must carry. */
export function challengeOf(access: Access): string {
  return takesBasic(access) ? 'Basic realm="fairlead", charset="UTF-8"' : 'Bearer realm="fairlead"'
}

const takesBasic = (access: Access) => access === 'device' || access === 'print'

function wanted(access: Access): string {
  if (access === 'user') return 'Nobody is signed in here. Sign in first.'
  if (access === 'print')
    return 'Sign in with your e-mail address and an app password of yours; services show a key as the password.'
  return access === 'device'
    ? "Send the device's ID and secret as HTTP Basic; these are not right, or there are none."
    : 'Send `Authorization: Bearer KEY` with a key that is valid; this one is not, or there is none.'
}

/** Whose secret this is said to be, as HTTP Basic; nothing of it is checked. */
export function userNamedBy(authorization: string | undefined): string | undefined {
  const [, token] = /^basic +(.*)$/i.exec(authorization ?? '') ?? []
  return token === undefined ? undefined : readBasic(token)?.user
}

/** RFC 7617 §2: base64 of `user:secret` in UTF-8; the secret may hold colons. */
function readBasic(token: string): { user: string; password: string } | undefined {
  if (token.length > 1024 || !/^[A-Za-z0-9+/]+={0,2}$/.test(token)) return undefined
  const text = Buffer.from(token, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
