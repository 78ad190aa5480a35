/** Stream management (XEP-0198): which stanzas each side has handled, and what to send again after a resumption. */
import { ns, type Xml, xml } from '@fairlead/protocol/xmpp'

export interface Sent {
  xml: string
  /** 0: nobody waits to hear what became of it. */
  token: number
  /** The device has answered it. */
  isAnswered?: boolean
}

/** The counters and the memory of one managed stream. */
export interface Management {
  /** SM-ID; undefined: acknowledgements only, no resumption. */
  readonly id: string | undefined
  /** How long a lost stream is kept for its device, in milliseconds. */
  readonly resumeMs: number
  /** The device's stanzas that we have handled, modulo 2^32. */
  handled: number
  /** As many of them as are written down: the device forgets what it is told of, so it is told of these. */
  kept: number
  /** It has asked when so many were handled, and is answered when that is written down. */
  owedFor: number | undefined
  /** Our stanzas that the device says it has handled, modulo 2^32. */
  acknowledged: number
  /** Handed to a socket and not acknowledged, oldest first. */
  unacknowledged: Sent[]
  /** Came while there was no socket: never left. */
  unsent: Sent[]
  /** An `<r/>` of ours is under way. */
  asked: boolean
  /** Our stanzas that left before it was enabled: they may be in the device's first count. */
  readonly before: number
  /** So many of its next counts may be wrong. */
  doubtful: number
  /** Characters in both lists, for the bound. */
  characters: number
}

/** The counters wrap (XEP-0198 §4). */
const wrap = 2 ** 32

/** What a stream may keep for a device that acknowledges nothing (S-D4). */
const maxStanzas = 256
const maxCharacters = 1024 * 1024

export function createManagement(id: string | undefined, resumeMs: number, before = 0): Management {
  return {
    id,
    resumeMs,
    handled: 0,
    kept: 0,
    owedFor: undefined,
    acknowledged: 0,
    unacknowledged: [],
    unsent: [],
    asked: false,
    before,
    doubtful: before > 0 ? 2 : 0,
    characters: 0,
  }
}

export function hasRoomFor(management: Management, sent: Sent): boolean {
  const stanzas = management.unacknowledged.length + management.unsent.length
  return stanzas < maxStanzas && management.characters + sent.xml.length <= maxCharacters
}

/** Remembers a stanza until it is acknowledged. */
export function remember(management: Management, sent: Sent, left: boolean): void {
  management.characters += sent.xml.length
  if (left) management.unacknowledged.push(sent)
  else management.unsent.push(sent)
}

/** Takes a stanza back that has not left; one that has left is not affected. */
export function forgetUnsent(management: Management, token: number): void {
  const at = management.unsent.findIndex((sent) => sent.token === token)
  const [forgotten] = at < 0 ? [] : management.unsent.splice(at, 1)
  management.characters -= forgotten?.xml.length ?? 0
}

/**
 * The device answers a push. What it answers is not sent again, whatever it has counted: who sets its count back late (see
 * `acknowledge`) has counted too little from then on, and would do again what it has done.
 */
export function takeAnswer({ unacknowledged }: Management, answer: Xml): void {
  const id = answer.attributes.get('id')
  const answered = unacknowledged.find((sent) => sent.token !== 0 && requestIdOf(sent) === id)
  if (answered) answered.isAnswered = true
}

/** Only pushes have a token, and they begin with their request's ID (`relay/requests/push.ts`). */
export function requestIdOf({ xml, token }: Sent): string | undefined {
  return token === 0 ? undefined : /^<iq [^>]*?\bid='([^']*)'/.exec(xml)?.[1]
}

/**
 * Takes the device's word that it has handled `h` of our stanzas.
 *
 * xmpp.js sets its count to zero a moment after it has read `<enabled/>`. An `<r/>` that came in one piece with that it answers by
 * what was before as well: what is too much then is taken for nothing handled. The count after that may be lower than the first:
 * it counts from there.
 *
 * @returns what is acknowledged by that, or undefined when we never sent so many (§4, `handled-count-too-high`)
 */
export function acknowledge(management: Management, h: number): readonly Sent[] | undefined {
  const { unacknowledged, acknowledged, asked, before, doubtful } = management
  management.asked = false
  management.doubtful = Math.max(0, doubtful - 1)
  const fresh = (h - acknowledged + wrap) % wrap
  if (fresh <= unacknowledged.length) {
    management.acknowledged = h
    const handled = unacknowledged.splice(0, fresh)
    for (const sent of handled) management.characters -= sent.xml.length
    return handled
  }
  if (doubtful === 2 && asked && fresh <= unacknowledged.length + before) return []
  if (doubtful === 0 || h >= acknowledged) return undefined
  management.acknowledged = h
  return []
}

/** After a resumption: what is to be sent again, what leaves for the first time, and what is handled although it was not counted. */
export function sendAll(management: Management): Record<'again' | 'first' | 'answered', readonly Sent[]> {
  const again = management.unacknowledged.filter(({ isAnswered }) => !isAnswered)
  const answered = management.unacknowledged.filter(({ isAnswered }) => isAnswered)
  const first = management.unsent
  for (const sent of answered) management.characters -= sent.xml.length
  management.unacknowledged = [...again, ...first]
  management.unsent = []
  return { again, first, answered }
}

export function countHandled(management: Management): void {
  management.handled = (management.handled + 1) % wrap
}

/** @returns whether one count has come as far as the other, going round */
export function hasReached(count: number, other: number): boolean {
  return (count - other + wrap) % wrap < wrap / 2
}

/** How many of our stanzas were sent in all, modulo 2^32. */
function sentCount(management: Management): number {
  return (management.acknowledged + management.unacknowledged.length) % wrap
}

export function tokensOf(stanzas: readonly Sent[]): number[] {
  return stanzas.map((sent) => sent.token).filter((token) => token !== 0)
}

/** Reads `h`, an unsigned 32-bit decimal. @returns undefined for anything else */
export function readCount(element: Xml): number | undefined {
  const text = element.attributes.get('h') ?? ''
  if (!/^\d{1,10}$/.test(text)) return undefined
  const count = Number(text)
  return count < wrap ? count : undefined
}

/** How long a device wants its lost stream to be kept, in milliseconds; never longer than `mostMs` (§5, `max`). */
export function resumeMsOf(enable: Xml, mostMs: number): number {
  const text = enable.attributes.get('max') ?? ''
  const askedMs = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : 0
  return askedMs > 0 ? Math.min(askedMs, mostMs) : mostMs
}

export function wantsResumption(enable: Xml): boolean {
  return ['true', '1'].includes(enable.attributes.get('resume') ?? '')
}

export const smRequest = xml('r', ns.sm)

export function smAnswer(handled: number): Xml {
  return xml('a', ns.sm, { h: String(handled) })
}

export function smEnabled({ id, resumeMs }: Management): Xml {
  if (id === undefined) return xml('enabled', ns.sm)
  return xml('enabled', ns.sm, { id, resume: 'true', max: String(Math.ceil(resumeMs / 1000)) })
}

export function smResumed(management: Management): Xml {
  return xml('resumed', ns.sm, { previd: management.id, h: String(management.handled) })
}

export type SmRefusal = 'bad-request' | 'item-not-found' | 'unexpected-request'

/** @param handled of a stream that is known and over: the device learns what need not be sent again (§5) */
export function smFailed(refusal: SmRefusal, handled?: number): Xml {
  return xml('failed', ns.sm, { h: handled?.toString() }, xml(refusal, ns.stanzas))
}

/** The one stream error with a condition of its own (§4). */
export function handledCountTooHigh(management: Management, h: number): Xml {
  return xml(
    'error',
    ns.stream,
    {},
    xml('undefined-condition', ns.streamErrors),
    xml('handled-count-too-high', ns.sm, { h: String(h), 'send-count': String(sentCount(management)) }),
    xml('text', ns.streamErrors, {}, 'More stanzas are acknowledged than were sent.'),
  )
}
