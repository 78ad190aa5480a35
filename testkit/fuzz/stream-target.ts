/** Fuzzes the stream machine: whatever a device says, and however late the outside answers, nobody is let in unproven. */
import { createSeededRandom } from '@fairlead/base'
import { ns, renderPlain, renderXml, saslElement, type Xml, xml } from '@fairlead/protocol/xmpp'
import type { Credentials } from '../../relay/xmpp/carrier.ts'
import { step } from '../../relay/xmpp/stream-machine.ts'
import { createStreamState, type Header, type StreamEffect, type StreamEvent } from '../../relay/xmpp/stream-state.ts'
import { weigh } from './chance.ts'
import { type Choices, type Counts, count, expect, storyTarget } from './story.ts'
import type { Target } from './target.ts'

const domain = 'relay.example'
/** What the device shows; it is in nothing that is sent. */
const shown = 'a-secret-that-is-shown'
const mostWaiting = 16
const mostLogIns = 3

/** An input is the story of one stream. */
export function streamTarget(machine: typeof step = step): Target {
  return storyTarget(
    'the stream machine: log-in, bind, stanzas; an input is the story of one stream',
    200_000,
    (choices, counts) => live(machine, choices, counts),
  )
}

type Question = Extract<StreamEffect, { kind: 'find-credentials' | 'check-secret' | 'wrong-secret' | 'may-bind' }>

const questions: ReadonlySet<string> = new Set(['find-credentials', 'check-secret', 'wrong-secret', 'may-bind'])

class StreamLife {
  readonly state: ReturnType<typeof createStreamState>
  steps = 0
  /** Asked, and not answered yet. */
  question: Question | undefined
  account: string | undefined
  isBound = false
  hasEnded = false
  readonly #step: typeof step
  readonly #anonymous: boolean
  /** Whom the outside has just said to be who it says. */
  #proven: string | undefined
  #asked = 0
  #answered = 0
  #failures = 0

  constructor(machine: typeof step, choices: Choices) {
    this.#step = machine
    this.#anonymous = choices.below(8) === 7
    this.state = createStreamState({
      domain,
      version: '1',
      transport: choices.pick(['bosh', 'websocket'] as const),
      streamId: 'stream',
      plain: choices.below(8) < 7,
      anonymous: this.#anonymous,
      certifiedDevice: choices.below(8) === 7 ? 'certified' : undefined,
      fakeKey: new Uint8Array(32).fill(9),
      iterations: 4096,
      random: createSeededRandom(1),
    })
  }

  take(event: StreamEvent): void {
    const wasOver = this.state.phase === 'ended'
    const effects: StreamEffect[] = []
    if (event.kind === 'receive' && isQuestion(event.element)) this.#asked++
    this.#step(this.state, event, effects)
    this.steps++
    expect(!wasOver || effects.length === 0, 'something is done after the end', () => effects)
    for (const effect of effects) this.#hear(effect)
    this.#proven = undefined
    expect(this.state.waiting.length <= mostWaiting, 'too much waits')
    expect(this.#failures <= mostLogIns, 'too many log-ins are tried')
    expect(this.#answered <= this.#asked, 'an IQ is answered that was not asked')
    expect(!this.hasEnded || this.state.phase === 'ended', 'it goes on after its end')
  }

  /** Answers what was asked of the outside. */
  answer(choices: Choices): void {
    const { question } = this
    if (question === undefined) return
    this.question = undefined
    switch (question.kind) {
      case 'check-secret': {
        const good = choices.pick([true, false, true, true, undefined] as const)
        if (good) this.#proven = question.device
        this.take({ kind: 'secret', good })
        break
      }
      case 'find-credentials': {
        const credentials = choices.pick([[known], [known], [], undefined] as const)
        // A certificate that was checked is proof enough, of a device that is enrolled.
        if (credentials?.length && question.device === this.state.settings.certifiedDevice)
          this.#proven = question.device
        this.take({ kind: 'credentials', credentials })
        break
      }
      case 'wrong-secret':
        this.take({ kind: 'tell-failure' })
        break
      case 'may-bind':
        this.take({
          kind: 'bind',
          refusal: choices.pick([undefined, undefined, undefined, 'conflict', 'not-authorized'] as const),
        })
    }
  }

  #hear(effect: StreamEffect): void {
    expect(!this.hasEnded, 'something is done after the end', () => effect.kind)
    if (questions.has(effect.kind)) {
      expect(this.question === undefined, 'two questions at once')
      this.question = effect as Question
    }
    switch (effect.kind) {
      case 'send':
        this.#hearSent(effect.element)
        break
      case 'may-bind':
        expect(effect.device === this.account, 'another device is bound than the one that logged in')
        break
      case 'bound':
        expect(!this.isBound && effect.account.id === this.account, 'bound twice, or without a log-in')
        this.isBound = true
        break
      case 'answered':
      case 'leaving':
        expect(this.isBound, 'a stanza is taken before the bind')
        if (effect.kind === 'answered')
          expect(effect.stanza.attributes.get('from') === this.state.speaker?.full, 'an answer has a forged sender')
        break
      case 'end':
        this.hasEnded = true
    }
  }

  #hearSent(element: Xml): void {
    expect(!renderXml(element).includes(shown), 'a secret is told')
    expect(this.question?.kind !== 'wrong-secret', 'something is said before the failure is told')
    if (element.ns === ns.sasl && element.name === 'failure') this.#failures++
    if (element.ns === ns.sasl && element.name === 'success') this.#hearSuccess()
    if (element.name === 'iq') this.#answered++
    const isOfLogIn = element.ns === ns.sasl || element.name === 'features' || element.name === 'iq'
    expect(this.isBound || isOfLogIn, 'a stanza is answered before the bind')
  }

  #hearSuccess(): void {
    const { account } = this.state
    const isAnonymous = account?.kind === 'anonymous' && this.#anonymous
    expect(
      account !== undefined && (isAnonymous || account.id === this.#proven),
      'somebody is let in unproven',
      () => account,
    )
    expect(this.account === undefined, 'logged in twice')
    this.account = account.id
  }
}

const known: Credentials = {
  salt: new Uint8Array(16).fill(7),
  iterations: 4096,
  sha1: { storedKey: new Uint8Array(20).fill(1), serverKey: new Uint8Array(20).fill(2) },
  sha256: { storedKey: new Uint8Array(32).fill(1), serverKey: new Uint8Array(32).fill(2) },
}

function isQuestion({ name, attributes }: Xml): boolean {
  return name === 'iq' && !['result', 'error'].includes(attributes.get('type') ?? '')
}

function live(machine: typeof step, choices: Choices, counts: Counts): void {
  const life = new StreamLife(machine, choices)
  for (const event of usual.slice(0, choices.pick([0, 1, 1, 2, 4, 5, 5, 5] as const))) {
    life.take(event)
    life.answer(choices)
  }
  while (choices.left > 0 && life.state.phase !== 'ended') {
    const isSlow = choices.below(4) === 3
    if (life.question !== undefined && !isSlow) life.answer(choices)
    else choices.pick(deeds)(life, choices)
  }
  if (life.isBound) count(counts, 'bound')
  if (life.account !== undefined) count(counts, 'logged in')
  life.take({ kind: 'ended' })
  life.take({ kind: 'receive', element: ping })
  expect(life.state.phase === 'ended', 'its carrier is over, and it is not')
  count(counts, 'steps', life.steps)
}

type Deed = (life: StreamLife, choices: Choices) => void

const ping = xml('iq', ns.client, { type: 'get', id: 'p' }, xml('ping', ns.ping))
const bind = xml('iq', ns.client, { type: 'set', id: 'b' }, xml('bind', ns.bind, {}, xml('resource', ns.bind, {}, 'r')))
const headers: readonly [Header, ...Header[]] = [
  { to: domain, version: '1.0' },
  { to: domain, version: '1.0' },
  { to: domain, version: '1.0' },
  { to: undefined, version: '1.0' },
  { to: domain },
  { to: domain, version: '1.0', from: `certified@${domain}` },
  { to: domain, version: '1.0', from: `other@${domain}` },
  { to: 'elsewhere', version: '1.0' },
]
const logIns: readonly [Xml, ...Xml[]] = [
  saslElement('auth', renderPlain({ user: 'device', secret: shown }), 'PLAIN'),
  saslElement('auth', renderPlain({ user: 'DEVICE', secret: shown }), 'PLAIN'),
  saslElement('auth', renderPlain({ user: 'device', secret: shown }), 'PLAIN'),
  saslElement('auth', `other@${domain}\0device\0${shown}`, 'PLAIN'),
  saslElement('auth', undefined, 'PLAIN'),
  saslElement('auth', 'n,,n=device,r=abc', 'SCRAM-SHA-256'),
  saslElement('auth', 'y,,n=device,r=abc', 'SCRAM-SHA-1'),
  saslElement('auth', 'p=tls-unique,,n=device,r=abc', 'SCRAM-SHA-1'),
  saslElement('auth', '', 'EXTERNAL'),
  saslElement('auth', `certified@${domain}`, 'EXTERNAL'),
  saslElement('auth', undefined, 'ANONYMOUS'),
  saslElement('auth', 'x', 'NONSENSE'),
  saslElement('response', `c=biws,r=abc,p=${Buffer.alloc(32).toString('base64')}`),
  saslElement('response', `\0device\0${shown}`),
  saslElement('response'),
  xml('abort', ns.sasl),
  xml('nonsense', ns.sasl),
  xml('auth', ns.sasl, { mechanism: 'PLAIN' }, 'not base64'),
]
const stanzas: readonly [Xml, ...Xml[]] = [
  ping,
  bind,
  xml('iq', ns.client, { type: 'set', id: 'b' }, xml('bind', ns.bind)),
  xml('iq', ns.client, { type: 'set', id: 'b' }, xml('bind', ns.bind, {}, xml('resource', ns.bind, {}, '\x7f'))),
  xml('iq', ns.client, { type: 'result', id: 'a' }, xml('response', ns.request, {}, '{}')),
  xml('iq', ns.client, { type: 'result', id: 'a', from: `device@${domain}/other` }),
  xml('iq', ns.client, { type: 'error', id: 'a', to: 'elsewhere' }),
  xml('iq', ns.client, { type: 'get', id: 'd', to: domain }, xml('query', ns.discoInfo)),
  xml('iq', ns.client, { type: 'get' }),
  xml('iq', ns.client, { type: 'get', id: 'e', to: 'no address@@' }, xml('query', ns.roster)),
  xml('message', ns.client, { to: 'a@b' }, xml('body', ns.client, {}, 'x')),
  xml('presence', ns.client),
  xml('presence', ns.client, { type: 'unavailable' }, xml('status', ns.client, {}, 'bye')),
  xml('presence', ns.client, { type: 'subscribe', to: 'a@b' }),
  xml('iq', ns.client, { type: 'get', id: 'f', from: `other@${domain}` }, xml('ping', ns.ping)),
  xml('x', 'u:x'),
]

const say = (element: Xml): StreamEvent => ({ kind: 'receive', element })

/** How most begin, or nothing of what comes after would be tried. */
const opening: StreamEvent = { kind: 'open', header: { to: domain, version: '1.0' } }
const usual: readonly StreamEvent[] = [opening, say(logIns[0]), opening, say(bind), say(ping)]

const deeds = weigh<Deed>(
  [10, (life, choices) => life.take({ kind: 'open', header: choices.pick(headers) })],
  [14, (life, choices) => life.take(say(choices.pick(logIns)))],
  [8, (life) => life.take(say(bind))],
  [12, (life, choices) => life.take(say(choices.pick(stanzas)))],
  [6, (life, choices) => life.answer(choices)],
  // Answers that nobody asked for: the outside was late, or asked twice.
  [1, (life) => life.question ?? life.take({ kind: 'secret', good: true })],
  [1, (life) => life.question ?? life.take({ kind: 'credentials', credentials: [known] })],
  [1, (life) => life.question ?? life.take({ kind: 'bind', refusal: undefined })],
)
