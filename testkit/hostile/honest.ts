/** The honest device among the hostile: it logs in by SCRAM over BOSH again and again, and says how long that took. */
import { type OutgoingHttpHeaders, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type BoshAnswer,
  beginScram,
  ns,
  proveSecret,
  readAnswer,
  readSaslAnswer,
  renderBody,
  renderXml,
  saslElement,
  scramMechanisms,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'
import type { HonestPlan, HonestResult, LogIn } from './plans.ts'

const mechanism = 'SCRAM-SHA-256'
const giveUpMs = 20_000
/** Between two log-ins: enough for many figures, and not a flood of its own. */
const betweenMs = 50

/**
 * Logs in until it is told to stop.
 *
 * @param letIn hears when a log-in began that succeeded
 */
export async function playHonest(
  plan: HonestPlan,
  stopped: AbortSignal,
  letIn: (atMs: number) => void,
): Promise<HonestResult> {
  const logIns: LogIn[] = []
  while (!stopped.aborted) {
    const atMs = Date.now()
    const startMs = performance.now()
    try {
      await logInOnce(plan)
      logIns.push({ atMs, tookMs: performance.now() - startMs })
      letIn(atMs)
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error)
      logIns.push({ atMs, tookMs: performance.now() - startMs, failure })
    }
    await pause(betweenMs, undefined, { signal: stopped }).catch(() => {})
  }
  return { logIns }
}

/** Everything on one new connection, as a device that was just switched on does it. */
async function logInOnce(plan: HonestPlan): Promise<void> {
  const agent = plan.url.startsWith('https:')
    ? new TlsAgent({ keepAlive: true, maxSockets: 1, ca: plan.authority })
    : new PlainAgent({ keepAlive: true, maxSockets: 1 })
  let rid = 1000
  const post = async (attributes: Record<string, string | number>, payload = '') =>
    readAnswer(await send(plan, agent, renderBody({ rid: rid++, ...attributes }, payload)))

  try {
    const { sid = '' } = await post({ to: 'localhost', wait: 30, hold: 1, ver: '1.11', 'xmpp:version': '1.0' })
    const say = async (element: Xml) => readSaslAnswer(only(await post({ sid }, renderXml(element))))
    const algorithm = scramMechanisms.get(mechanism)
    if (!algorithm) throw new Error(`${mechanism} is not known`)
    const begun = beginScram(plan.id, `nonce-of-the-honest-device-${rid}`)
    const challenge = await say(saslElement('auth', begun.message, mechanism))
    if (challenge?.kind !== 'challenge') throw new Error('no challenge')
    const proof = await proveSecret(begun, challenge.data, plan.secret, algorithm)
    const verdict = await say(saslElement('response', proof.message))
    if (verdict?.kind !== 'success') throw new Error('no success')
    await post({ sid, to: 'localhost', 'xmpp:restart': 'true' })
    const bind = xml('bind', ns.bind, {}, xml('resource', ns.bind, {}, 'honest'))
    const bound = only(await post({ sid }, renderXml(xml('iq', ns.client, { type: 'set', id: 'bind' }, bind))))
    if (bound.attributes.get('type') !== 'result') throw new Error('not bound')
    await post({ sid, type: 'terminate' })
  } finally {
    agent.destroy()
  }
}

function only({ children, condition }: BoshAnswer): Xml {
  const [first] = children
  if (!first) throw new Error(condition ?? 'an empty answer')
  return first
}

function send(plan: HonestPlan, agent: PlainAgent, body: string): Promise<Uint8Array> {
  const headers: OutgoingHttpHeaders = { 'content-type': 'text/xml; charset=utf-8', 'content-length': body.length }
  if (plan.forwardedFor !== undefined) headers['x-forwarded-for'] = plan.forwardedFor
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const open = plan.url.startsWith('https:') ? tlsRequest : plainRequest
  const outgoing = open(new URL('/http-bind', plan.url), { method: 'POST', agent, headers, timeout: giveUpMs })
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')))
  outgoing.on('error', reject)
  outgoing.on('response', (answer) => {
    answer.toArray().then((chunks) => resolve(Buffer.concat(chunks)), reject)
  })
  outgoing.end(body)
  return promise
}
