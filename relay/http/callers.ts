/** Who knocks and what they may: every route says whom it takes, and nobody else comes in. */
import { type Clock, Failure } from '@fairlead/base'
import type { Origin } from './addresses.ts'
import { createFailedTries, type FailedTries } from './failed-tries.ts'
import type { Access, Caller } from './route.ts'

export interface CallersNeeds {
  clock: Clock
  /** `--insecure-transport` */
  insecureTransport: boolean
  /** The caller of a Bearer key, admin or service. */
  findCaller(key: string): Caller | undefined | Promise<Caller | undefined>
  findDevice(device: string): { account: string } | undefined
  checkSecret(device: string, secret: string): Promise<boolean>
  failedTries?: FailedTries
}

export interface Callers {
  /**
   * @param authorization the header, if there is one
   * @param isSecret what the call says or is told is a secret, also without that header
   * @throws {Failure} `unauthorized`, `insecure-transport`, `forbidden`, and `too-many-requests` when so many wrong
   *   keys are being answered slowly that there is no room for one more
   */
  admit(access: Access, authorization: string | undefined, origin: Origin, isSecret?: boolean): Promise<Caller>
}

/** Slow answers held at once; each is a timer and an open exchange. */
const maxSlowAnswers = 1000

const nobody: Caller = { kind: 'nobody' }

export function createCallers(needs: CallersNeeds): Callers {
  const { clock, failedTries = createFailedTries() } = needs
  let slowAnswers = 0

  async function find(access: Access, scheme: string, secret: string): Promise<Caller | undefined> {
    if (access !== 'device') return scheme === 'bearer' ? needs.findCaller(secret) : undefined
    const pair = scheme === 'basic' ? readBasic(secret) : undefined
    if (!pair || !(await needs.checkSecret(pair.device, pair.secret))) return undefined
    const device = needs.findDevice(pair.device)
    return device && { kind: 'device', device: pair.device, account: device.account }
  }

  function mustBePrivate(origin: Origin): void {
    if (needs.insecureTransport || origin.secure || origin.loopback) return
    throw new Failure(
      'insecure-transport',
      'This key crossed the network unencrypted: consider it seen, and use HTTPS. (A relay behind a TLS proxy wants --trusted-proxies.)',
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

  return {
    async admit(access, authorization, origin, isSecret = false) {
      if (authorization !== undefined || isSecret) mustBePrivate(origin)
      if (authorization === undefined) {
        if (access === 'anybody') return nobody
        throw new Failure('unauthorized', wanted(access))
      }
      const [, scheme = '', secret = ''] = /^([A-Za-z]+) +(.*)$/.exec(authorization) ?? []
      const caller = await find(access, scheme.toLowerCase(), secret)
      if (!caller) {
        await slowDown(origin.address)
        if (access === 'anybody') return nobody
        throw new Failure('unauthorized', wanted(access))
      }
      if (!mayCall(access, caller)) throw new Failure('forbidden', `This key lacks the right ${access}.`)
      return caller
    },
  }
}

/** Default deny: what is not named here is refused. */
export function mayCall(access: Access, caller: Caller): boolean {
  if (access === 'anybody') return true
  if (access === 'device') return caller.kind === 'device'
  if (caller.kind === 'admin') return true
  return access !== 'admin' && caller.kind === 'key' && caller.scopes.has(access)
}

/** RFC 9110 §11.6.1: what a 401 must carry. */
export function challengeOf(access: Access): string {
  return access === 'device' ? 'Basic realm="fairlead", charset="UTF-8"' : 'Bearer realm="fairlead"'
}

function wanted(access: Access): string {
  return access === 'device'
    ? "Send the device's ID and secret as HTTP Basic; these are not right, or there are none."
    : 'Send `Authorization: Bearer KEY` with a key that is valid; this one is not, or there is none.'
}

/** Whose secret this is said to be; nothing of it is checked. */
export function deviceNamedBy(authorization: string | undefined): string | undefined {
  const [, token] = /^basic +(.*)$/i.exec(authorization ?? '') ?? []
  return token === undefined ? undefined : readBasic(token)?.device
}

/** RFC 7617 §2: base64 of `user:secret` in UTF-8; the secret may hold colons. */
function readBasic(token: string): { device: string; secret: string } | undefined {
  if (token.length > 1024 || !/^[A-Za-z0-9+/]+={0,2}$/.test(token)) return undefined
  const text = Buffer.from(token, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { device: text.slice(0, colon), secret: text.slice(colon + 1) }
}
