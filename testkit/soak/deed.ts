/** What a device of a soak does when it is asked: the request alone says it, so that every answer can be checked. */

export type Kind = 'get' | 'set' | 'command'

/** One thing that a service wants done, once. */
export interface Wish {
  /** Its name, given once in a run; the device knows it by nothing else. */
  token: string
  device: string
  kind: Kind
}

/** What `<request>` says, as far as it matters here. */
export interface PushedWish {
  get?: readonly string[]
  set?: Readonly<Record<string, unknown>>
  command?: string
  arguments?: Readonly<Record<string, unknown>>
}

const object = 'note'
/** What a device that knows OIDs only has instead, by the name that services ask for and by its own (A13). */
const translated = { name: 'location', oid: '1.3.6.1.2.1.1.6.0' }

/** Devices of this name know OIDs only, and can be set and commanded. */
export const isOidsOnly = (device: string) => device.startsWith('oids-')

/** Devices of this name answer in the session that asked, once: they cannot repeat what was not stored. */
export const answersOnce = (device: string) => device.startsWith('stock-')

/** @param workMs how long the device takes for it @param isTwin it is asked for by two at the same moment */
export function createToken(run: string, number: number, workMs: number, isTwin = false): string {
  return `${run}-${number}${isTwin ? '.twin' : ''}.w${workMs}`
}

export const isTwin = (token: string) => token.includes('.twin.')

export function workMsOf(token: string): number {
  return Number(/\.w(\d+)$/.exec(token)?.[1] ?? 0)
}

/** The body of the first request. */
export function requestOf({ token, device, kind }: Wish): PushedWish {
  if (kind === 'get') return { get: [`${object}:${token}`] }
  const name = isOidsOnly(device) ? translated.name : object
  return kind === 'set' ? { set: { [name]: token } } : { command: 'mark', arguments: { token } }
}

/** @throws {Error} when it is no request of a soak */
export function readWish(device: string, { get, set, arguments: args }: PushedWish): Wish {
  const [name] = get ?? []
  if (name !== undefined) return { token: name.slice(object.length + 1), device, kind: 'get' }
  const token = set ? set[isOidsOnly(device) ? translated.oid : object] : args?.['token']
  if (typeof token !== 'string') throw new Error(`${device} was asked for something else than a soak asks for`)
  return { token, device, kind: set ? 'set' : 'command' }
}

export type Answer = { values: Record<string, string> } | { result: string }

/**
 * What the service is answered, and nothing else: `{values}` or `{result}`.
 *
 * @param requestId where the device is ours down to the wire: it tells which of equal requests it answers (A11)
 */
export function answerOf(wish: Wish, requestId?: string): Answer {
  return answerWith(isOidsOnly(wish.device) ? translated.name : object, wish, requestId)
}

/** The same, as the device says it. */
export function deviceAnswerOf(wish: Wish, requestId?: string): Answer {
  return answerWith(isOidsOnly(wish.device) ? translated.oid : object, wish, requestId)
}

function answerWith(name: string, { token, device, kind }: Wish, requestId: string | undefined): Answer {
  const what = requestId === undefined ? token : `${token} for ${requestId}`
  if (kind === 'command') return { result: `${device} did ${what}` }
  return kind === 'get'
    ? { values: { [`${object}:${token}`]: `${device} read ${what}` } }
    : { values: { [name]: `${device} set ${what}` } }
}
