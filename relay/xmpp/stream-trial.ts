/** A stream on a carrier made of lists, and a device that logs in over it. For tests only. */
import { createHandClock, createSeededRandom, silentLog } from '@fairlead/base'
import {
  beginScram,
  deriveKeys,
  proveSecret,
  readSaslAnswer,
  readXml,
  renderPlain,
  saslElement,
  scramMechanisms,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'
import type { Carrier, Credentials, Line, LineEnd, Lines, LogIn } from './carrier.ts'
import { type OpenedStream, openStream, type StreamNeeds } from './stream.ts'

export const domain = 'relay.example'
export const device = 'printer-7'
export const secret = 'correct horse battery staple'
export const credentials: Credentials = await deriveKeys(secret, new Uint8Array(16).fill(7), 4096)

/** What `Lines` was told, as a list to look at. */
export interface LineNews {
  what: 'bound' | 'connected' | 'alive' | 'leaving' | 'written' | 'acknowledged' | 'answered' | 'ended'
  line: Line
  token?: number
  stanza?: Xml
  status?: string
  end?: LineEnd
  unsent?: readonly number[]
  unknown?: readonly number[]
}

export function createLines(mayBind: () => boolean = () => true): Lines & { news: LineNews[] } {
  const news: LineNews[] = []
  return {
    news,
    claim: () => (mayBind() ? { epoch: news.length + 1 } : 'conflict'),
    bound: (line) => void news.push({ what: 'bound', line }),
    connected: (line) => void news.push({ what: 'connected', line }),
    alive: (line) => void news.push({ what: 'alive', line }),
    written: (line, token) => void news.push({ what: 'written', line, token }),
    acknowledged: (line, token) => void news.push({ what: 'acknowledged', line, token }),
    leaving: (line, status) => void news.push({ what: 'leaving', line, status }),
    answered: (line, stanza) => void news.push({ what: 'answered', line, stanza }),
    ended: (line, end, unsent, unknown) => void news.push({ what: 'ended', line, end, unsent, unknown }),
  }
}

/** One device with one secret; the account `broken` cannot be read. */
export const oneDevice: LogIn = {
  versionOf: () => 1,
  async findCredentials(id) {
    if (id === 'broken') throw new Error('The database is away.')
    return id === device ? [credentials] : []
  },
  async checkSecret(id, given) {
    if (id === 'broken') throw new Error('The database is away.')
    return id === device && given === secret
  },
  basisOf: (id) => (id === device ? credentials : undefined),
  loggedIn() {},
}

export function streamNeeds(over: Partial<StreamNeeds> = {}): StreamNeeds {
  return {
    domain,
    version: '1.2.3',
    anonymous: false,
    insecureTransport: false,
    fakeKey: new Uint8Array(32).fill(9),
    iterations: 4096,
    clock: createHandClock(),
    random: createSeededRandom(1),
    log: silentLog,
    logIn: oneDevice,
    lines: createLines(),
    ...over,
  }
}

export interface Trial {
  stream: OpenedStream
  /** Everything sent and not taken yet. */
  sent: Xml[]
  headers: { from: string; id: string; lang: string }[]
  ends: { condition: string; text: string | undefined }[]
  open(header?: { to?: string; version?: string }): void
  say(element: Xml): void
  /** Lets look-ups come to their end, then takes what was sent. */
  heard(): Promise<Xml[]>
  /** Header to restart with SCRAM. @returns whether the log-in succeeded */
  logIn(user?: string, password?: string, mechanism?: string): Promise<boolean>
  bind(resource?: string): Promise<Xml | undefined>
}

export function openTrial(over: Partial<StreamNeeds> = {}, carrierOver: Partial<Carrier> = {}): Trial {
  const sent: Xml[] = []
  const headers: Trial['headers'] = []
  const ends: Trial['ends'] = []
  const carrier: Carrier = {
    transport: 'bosh',
    id: 'stream-id-of-the-carrier',
    address: '192.0.2.1',
    secure: false,
    opened: (header) => void headers.push(header),
    send: (text) => void sent.push(readXml(text)),
    end: (condition, text) => void ends.push({ condition, text }),
    withdraw() {},
    keepUntil() {},
    ...carrierOver,
  }
  const stream = openStream(streamNeeds(over), carrier)
  const open = (header: { to?: string; version?: string } = {}) =>
    stream.open({ to: header.to ?? domain, version: header.version ?? '1.0' })
  const heard = async () => {
    await settled()
    return sent.splice(0)
  }

  async function scram(user: string, password: string, mechanism: string): Promise<boolean> {
    const algorithm = scramMechanisms.get(mechanism)
    if (!algorithm) throw new RangeError(mechanism)
    const client = beginScram(user, 'bm9uY2Ugb2YgdGhlIGNsaWVudA')
    stream.receive(saslElement('auth', client.message, mechanism))
    const [challenge] = await heard()
    const answer = challenge && readSaslAnswer(challenge)
    if (answer?.kind !== 'challenge') return false
    const proof = await proveSecret(client, answer.data, password, algorithm)
    stream.receive(saslElement('response', proof.message))
    return (await heard())[0]?.name === 'success'
  }

  return {
    stream,
    sent,
    headers,
    ends,
    open,
    heard,
    say: (element) => stream.receive(element),
    async logIn(user = device, password = secret, mechanism = 'SCRAM-SHA-256') {
      open()
      await heard()
      if (mechanism === 'PLAIN') stream.receive(saslElement('auth', renderPlain({ user, secret: password }), mechanism))
      const done =
        mechanism === 'PLAIN' ? (await heard())[0]?.name === 'success' : await scram(user, password, mechanism)
      if (!done) return false
      open()
      return true
    },
    async bind(resource) {
      await heard()
      stream.receive(bindRequest(resource))
      return (await heard())[0]
    },
  }
}

export function bindRequest(resource?: string): Xml {
  const asked = resource === undefined ? [] : [xml('resource', 'urn:ietf:params:xml:ns:xmpp-bind', {}, resource)]
  const bind = xml('bind', 'urn:ietf:params:xml:ns:xmpp-bind', {}, ...asked)
  return xml('iq', 'jabber:client', { type: 'set', id: 'bind-1' }, bind)
}

/** Every promise that is settled already has been heard of. */
function settled(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}

/** A stream that is bound, and nothing left to hear. */
export async function openBound(over: Partial<StreamNeeds> = {}, carrierOver: Partial<Carrier> = {}): Promise<Trial> {
  const trial = openTrial(over, carrierOver)
  if (!(await trial.logIn())) throw new Error('The device could not log in.')
  if (!(await trial.bind('test'))) throw new Error('The device could not bind.')
  return trial
}
