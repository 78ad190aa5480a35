/**
 * The life of an XMPP stream: header, SASL, restart, bind, stanzas; one machine for every carrier.
 *
 *     new --header--> open --SASL--> authenticated --restart--> ready --bind--> bound --> ended
 *
 * What must be looked up outside is asked for by an effect and answered by an event; what the device sends
 * meanwhile waits in order (B-064). Source: RFC 6120 §4 to §8.
 */
import {
  findChild,
  iqError,
  iqResult,
  isIqAnswer,
  isResource,
  isStanza,
  ns,
  readDomain,
  readJid,
  type SaslCondition,
  saslElement,
  saslFailure,
  textOf,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'
import type { StreamCondition } from './carrier.ts'
import {
  answerIq,
  answerMessage,
  answerPresence,
  bindRequest,
  farewellOf,
  isForged,
  isForRelay,
  type Speaker,
} from './iq.ts'
import { receiveSasl, type SaslTurn, saslChecked, saslFound } from './sasl.ts'
import { featuresAfterLogIn, featuresBeforeLogIn } from './stream-features.ts'
import type { Account } from './stream-settings.ts'
import type { BindRefusal, FromDevice, Header, StreamEffect, StreamEvent, StreamState } from './stream-state.ts'

/** */
const maxLogIns = 3
/** A log-in takes three elements; more than that in advance is no log-in. */
const maxWaiting = 16

export function step(state: StreamState, event: StreamEvent, effects: StreamEffect[]): void {
  if (state.phase === 'ended') return
  if (event.kind !== 'open' && event.kind !== 'receive') {
    orEnd(state, effects, takeAnswer(state, event, effects))
  } else if (state.waiting.length < maxWaiting) {
    state.waiting.push(event)
  } else {
    orEnd(state, effects, { condition: 'policy-violation', text: 'Too much at once.' })
  }
  while (!awaitsAnswer(state)) {
    const next = state.waiting.shift()
    if (!next) return
    const refusal =
      next.kind === 'open' ? takeHeader(state, next.header, effects) : takeElement(state, next.element, effects)
    orEnd(state, effects, refusal)
  }
}

/** Why the stream cannot go on. */
interface Refusal {
  condition: StreamCondition
  text: string
}

function orEnd(state: StreamState, effects: StreamEffect[], refusal: Refusal | undefined): void {
  if (!refusal) return
  finish(state)
  effects.push({ kind: 'end', ...refusal })
}

function finish(state: StreamState): void {
  state.phase = 'ended'
  state.waiting.length = 0
  state.exchange = undefined
  state.binding = undefined
}

function awaitsAnswer(state: StreamState): boolean {
  const { phase, binding, exchange, isFailureHeld } = state
  return phase === 'ended' || binding !== undefined || exchange?.awaits !== undefined || isFailureHeld
}

function takeAnswer(
  state: StreamState,
  event: Exclude<StreamEvent, FromDevice>,
  effects: StreamEffect[],
): Refusal | undefined {
  const { exchange, settings } = state
  switch (event.kind) {
    case 'ended':
      finish(state)
      return
    case 'bind':
      return takeBindDecision(state, event.refusal, effects)
    case 'tell-failure':
      state.isFailureHeld = false
      return tellFailure(state, 'not-authorized', effects)
    case 'credentials':
      return exchange && takeSaslTurn(state, saslFound(exchange, event.credentials, settings), effects)
    case 'secret':
      return exchange && takeSaslTurn(state, saslChecked(exchange, event.good), effects)
  }
}

// --- Header and features ---

function takeHeader(state: StreamState, header: Header, effects: StreamEffect[]): Refusal | undefined {
  if (state.phase === 'bound') return { condition: 'not-authorized', text: 'A bound stream cannot be restarted.' }
  // Also a stream that is refused is opened first: an error belongs to a stream (RFC 6120 §4.9.1.2).
  const id = state.account ? state.settings.streamId : state.settings.random.token(16)
  effects.push({ kind: 'opened', id })
  const refusal = refusalOf(state, header)
  if (refusal) return refusal
  if (state.phase === 'new') state.phase = 'open'
  if (state.phase === 'authenticated') state.phase = 'ready'
  const features = state.phase === 'ready' ? featuresAfterLogIn(state.settings) : featuresBeforeLogIn(state.settings)
  effects.push({ kind: 'send', element: features })
}

function refusalOf(state: StreamState, header: Header): Refusal | undefined {
  const { domain, transport } = state.settings
  // BOSH says its version in another attribute, and old clients say none (B-063); on WebSocket it is required.
  const version = header.version ?? (transport === 'bosh' ? '1.0' : undefined)
  if (version !== '1.0') return { condition: 'unsupported-version', text: 'This server speaks XMPP 1.0.' }
  if (!isFromHolder(state, header.from)) return { condition: 'invalid-from', text: 'That is not who logged in.' }
  // A restart may leave out whom the stream is to.
  if (header.to === undefined && state.phase !== 'new') return undefined
  if (header.to && readDomain(header.to) === domain) return undefined
  return !header.to
    ? { condition: 'improper-addressing', text: 'Say to whom the stream is.' }
    : { condition: 'host-unknown', text: 'This server does not serve that domain.' }
}

/** B-202: on a connection with a certificate, a restart is not for somebody else than the log-in was. */
function isFromHolder({ account, settings }: StreamState, from: string | undefined): boolean {
  if (from === undefined || settings.certifiedDevice === undefined || account?.kind !== 'device') return true
  const jid = readJid(from)
  return jid?.local === account.id && jid.domain === settings.domain
}

// --- Elements ---

function takeElement(state: StreamState, element: Xml, effects: StreamEffect[]): Refusal | undefined {
  if (state.phase === 'new') return { condition: 'bad-format', text: 'A stream begins with its header.' }
  if (element.ns === ns.sasl) return takeSasl(state, element, effects)
  if (!isStanza(element))
    return { condition: 'unsupported-stanza-type', text: 'Only iq, message and presence are understood here.' }
  return state.speaker ? takeStanza(state.speaker, element, effects) : takeBindRequest(state, element, effects)
}

function takeStanza(speaker: Speaker, stanza: Xml, effects: StreamEffect[]): Refusal | undefined {
  if (isForged(stanza, speaker)) return { condition: 'invalid-from', text: 'That is not your address.' }
  if (isIqAnswer(stanza)) {
    if (isForRelay(stanza, speaker)) effects.push({ kind: 'answered', stanza: stampFrom(stanza, speaker) })
    return
  }
  const status = farewellOf(stanza, speaker)
  if (status !== undefined) effects.push({ kind: 'leaving', status })
  const answer = answerTo(stanza, speaker)
  if (answer) effects.push({ kind: 'send', element: answer })
}

function answerTo(stanza: Xml, speaker: Speaker): Xml | undefined {
  if (stanza.name === 'iq') return answerIq(stanza, speaker)
  return stanza.name === 'message' ? answerMessage(stanza) : answerPresence(stanza)
}

function stampFrom(stanza: Xml, speaker: Speaker): Xml {
  return { ...stanza, attributes: new Map(stanza.attributes).set('from', speaker.full) }
}

// --- SASL ---

function takeSasl(state: StreamState, element: Xml, effects: StreamEffect[]): Refusal | undefined {
  if (state.phase !== 'open') return { condition: 'policy-violation', text: 'You are logged in already.' }
  return takeSaslTurn(state, receiveSasl(state.exchange ?? { stage: 'idle' }, element, state.settings), effects)
}

function takeSaslTurn(
  state: StreamState,
  { exchange, step: next }: SaslTurn,
  effects: StreamEffect[],
): Refusal | undefined {
  state.exchange = exchange
  switch (next.kind) {
    case 'challenge':
      effects.push({ kind: 'send', element: saslElement('challenge', next.data) })
      return
    case 'find-credentials':
    case 'check-secret':
      effects.push(next)
      return
    case 'success':
      state.account = next.account
      state.phase = 'authenticated'
      if (next.bySecret) effects.push({ kind: 'secret-used', device: next.account.id })
      effects.push({ kind: 'send', element: saslElement('success', next.data) })
      return
    case 'failure':
      if (next.condition !== 'not-authorized') return tellFailure(state, next.condition, effects)
      state.isFailureHeld = true
      effects.push({ kind: 'wrong-secret' })
      return
    case 'nonsense':
      return { condition: 'bad-format', text: 'SASL knows auth, response and abort.' }
  }
}

function tellFailure(state: StreamState, condition: SaslCondition, effects: StreamEffect[]): Refusal | undefined {
  state.failedLogIns++
  effects.push({ kind: 'send', element: saslFailure(condition) })
  return state.failedLogIns < maxLogIns
    ? undefined
    : { condition: 'policy-violation', text: 'Too many failed log-ins.' }
}

// --- Bind ---

function takeBindRequest(state: StreamState, stanza: Xml, effects: StreamEffect[]): Refusal | undefined {
  const bind = stanza.name === 'iq' ? bindRequest(stanza) : undefined
  // COMPAT: over BOSH some clients bind without the restart (B-194). On WebSocket the restart tells the stream's id.
  const mayBind = state.phase === 'ready' || (state.phase === 'authenticated' && state.settings.transport === 'bosh')
  if (!bind || !state.account || !mayBind)
    return { condition: 'not-authorized', text: 'Log in and bind a resource first.' }
  const asked = findChild(bind, 'resource', ns.bind)
  const resource = (asked && textOf(asked).normalize('NFC')) || state.settings.random.token(12)
  if (!isResource(resource)) {
    effects.push({ kind: 'send', element: iqError(stanza, 'modify', 'bad-request') })
    return
  }
  state.binding = { iq: stanza, resource }
  if (state.account.kind === 'anonymous') return takeBindDecision(state, undefined, effects)
  effects.push({ kind: 'may-bind', device: state.account.id })
}

function takeBindDecision(
  state: StreamState,
  refusal: BindRefusal | undefined,
  effects: StreamEffect[],
): Refusal | undefined {
  const { binding, account } = state
  if (!binding || !account) return
  state.binding = undefined
  // The newcomer goes, not the one who is here: two holders of one secret.
  if (refusal === 'conflict') return { condition: refusal, text: 'Another connection uses this log-in.' }
  if (refusal === 'not-authorized') return { condition: refusal, text: 'This log-in is not good any more.' }
  if (refusal) return { condition: refusal, text: 'Nobody can log in right now: try again in a moment.' }
  const { full } = settle(state, account, binding.resource)
  const bound = xml('bind', ns.bind, {}, xml('jid', ns.bind, {}, full))
  effects.push({ kind: 'send', element: iqResult(binding.iq, bound) })
  effects.push({ kind: 'bound', account, resource: binding.resource })
}

/** A stream that goes on where it stood: bound, after a crash of the relay. */
export function restoreBound(state: StreamState, device: string, resource: string): void {
  const account = { kind: 'device', id: device } as const
  state.account = account
  settle(state, account, resource)
}

function settle(state: StreamState, account: Account, resource: string): Speaker {
  const { domain, version, transport } = state.settings
  const bare = `${account.id}@${domain}`
  const features = transport === 'websocket' ? [ns.sm] : []
  const speaker = { domain, version, bare, full: `${bare}/${resource}`, features }
  state.speaker = speaker
  state.phase = 'bound'
  return speaker
}
