/** The push (A9) as XML, and an answer in the session (A10) read back: the codec between requests and lines. */
import { check, DeviceResponse, type PushedRequest, type RequestKind, readJson } from '@fairlead/protocol/contract'
import { escapeText, escapeValue, findChild, isElement, ns, textOf, type Xml } from '@fairlead/protocol/xmpp'

export interface Push {
  requestId: string
  kind: RequestKind
  from: string
  to: string
  text: PushedRequest
}

/** Written out, as the writer of XML would write it: there is one for each request. Source: contract part 4. */
export function renderPush({ requestId, kind, from, to, text }: Push): string {
  const addresses = `id='${escapeValue(requestId)}' from='${escapeValue(from)}' to='${escapeValue(to)}'`
  const request = `<request xmlns='${ns.request}'>${escapeText(JSON.stringify(text))}</request>`
  return `<iq xmlns='${ns.client}' type='${kind === 'get' ? 'get' : 'set'}' ${addresses}>${request}</iq>`
}

/**
 * The response in an IQ result, or the words of an IQ error as a refusal.
 *
 * @throws {Failure} `invalid-request`: the response cannot be read
 */
export function readAnswer(iq: Xml): DeviceResponse {
  if (iq.attributes.get('type') === 'error') return { refused: wordsOf(iq) }
  const response = findChild(iq, 'response', ns.request)
  return check(DeviceResponse, readJson(response ? textOf(response) : ''), 'response')
}

/** The text of an IQ error, or its condition: the device's own words (RFC 6120 §8.3). */
function wordsOf(iq: Xml): string {
  const error = findChild(iq, 'error', ns.client)
  const said = error?.children.filter(isElement).filter((child) => child.ns === ns.stanzas) ?? []
  const text = said.find((child) => child.name === 'text')
  const condition = said.find((child) => child.name !== 'text')?.name ?? 'undefined-condition'
  return (text && textOf(text).trim()) || condition
}

/** Two answers are the same if they say the same, whatever the order of their fields. */
export function sameAnswer(one: DeviceResponse, other: DeviceResponse): boolean {
  return canonical(one) === canonical(other)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${fields.map(([name, inside]) => `${JSON.stringify(name)}:${canonical(inside)}`).join()}}`
}
