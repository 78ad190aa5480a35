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

/** @param workMs how long the device takes for it */
export function createToken(run: string, number: number, workMs: number): string {
  return `${run}-${number}.w${workMs}`
}

export function workMsOf(token: string): number {
  return Number(/\.w(\d+)$/.exec(token)?.[1] ?? 0)
}

/** The body of the first request. */
export function requestOf({ token, kind }: Wish): PushedWish {
  if (kind === 'get') return { get: [`${object}:${token}`] }
  return kind === 'set' ? { set: { [object]: token } } : { command: 'mark', arguments: { token } }
}

/** @throws {Error} when it is no request of a soak */
export function readWish(device: string, { get, set, arguments: args }: PushedWish): Wish {
  const [name] = get ?? []
  if (name !== undefined) return { token: name.slice(object.length + 1), device, kind: 'get' }
  const token = set ? set[object] : args?.['token']
  if (typeof token !== 'string') throw new Error(`${device} was asked for something else than a soak asks for`)
  return { token, device, kind: set ? 'set' : 'command' }
}

/** What the device answers, and nothing else: `{values}` or `{result}`. */
export function answerOf({ token, device, kind }: Wish): { values: Record<string, string> } | { result: string } {
  if (kind === 'command') return { result: `${device} did ${token}` }
  return kind === 'get'
    ? { values: { [`${object}:${token}`]: `${device} read ${token}` } }
    : { values: { [object]: `${device} set ${token}` } }
}
