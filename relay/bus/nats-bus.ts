/**
 * The bus between processes: NATS carries it and is trusted with nothing. How it looks on the wire is in `docs/bus.md`.
 *
 * Below the namespace there are three sorts of subjects: `say.…` for what everybody hears, `ask.…` for requests, and
 * `in.SELF` for the answers to one process; below that one NATS itself says which requests nobody has heard.
 */
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import type { Msg } from '@nats-io/transport-node'
import { createAsks } from './asks.ts'
import { atMost } from './at-most.ts'
import { type Bus, BusError, type Message } from './bus.ts'
import { createEars } from './ears.ts'
import { createSeal } from './frame.ts'
import { decodeMessage, encodeHead } from './head.ts'
import { createIncoming, type Heard } from './incoming.ts'
import type { Item, ItemType } from './items.ts'
import { openKeeper } from './nats-keeper.ts'
import { readNatsUrl } from './nats-url.ts'
import { createOutgoing } from './outgoing.ts'
import { answerWith, failureFrom, internalError, type Reply, replyFor } from './replies.ts'
import { checkSubject } from './subjects.ts'

export interface NatsBusNeeds {
  /** `nats://` or `tls://`, with user and password or a token. */
  url: string
  /** 32 bytes that all nodes have and nobody else. */
  key: Uint8Array
  /** Before every subject; letters and digits. Relays that share a NATS server have one each. */
  namespace: string
  clock: Clock
  random: Random
  log: Log
}

/** What takes longer than that to answer is given up at the end, as whoever asked gives it up. */
const lastAnswersMs = 1_000

/** @throws {UsageError} for a URL that is none @throws {Failure} `unavailable`, one sentence, when NATS cannot be used */
export async function openNatsBus(needs: NatsBusNeeds): Promise<Bus> {
  const { namespace, clock, random, log } = needs
  if (!/^[A-Za-z0-9]{1,64}$/.test(namespace)) throw new RangeError(`namespace ${namespace}`)
  const address = readNatsUrl(needs.url)
  const self = random.token(16)
  const [said, asked, inbox] = [`${namespace}.say.`, `${namespace}.ask.`, `${namespace}.in.`]
  const connectionHearers: ((connected: boolean) => void)[] = []
  let dropped = 0
  let isOpen = true
  let isEnding = false
  /** Requests of others that have no answer yet. */
  let answering = 0
  let tellAnswered = () => {}

  const keeper = await openKeeper({ ...needs, address, name: `fairlead ${self}`, onConnection })
  const asks = createAsks(clock)
  const ears = createEars(log)
  const seal = createSeal(needs.key, self)
  const outgoing = createOutgoing({ carrier: keeper, seal, clock, asks, batchSubject: inbox + self })
  const askForProof = (sender: string, word: string) => void sendTo(sender, 'prove', word)
  const incoming = createIncoming({ self, seal, clock, random, log, askForProof, hear })

  function onConnection(connected: boolean): void {
    if (!connected) {
      outgoing.abandon()
      asks.failAll('The connection to NATS was lost.')
    }
    for (const hear of connectionHearers) hear(connected)
  }

  const canSend = () => isOpen && keeper.isConnected() && outgoing.hasRoom()

  const itemFor = (type: ItemType, id: number, message: Message, timeoutMs = 0): Item => ({
    type,
    id,
    timeoutMs,
    head: encodeHead(message),
    body: message.body,
  })

  /** For what nobody waits for here. */
  function send(subject: string, item: Item): void {
    if (canSend()) outgoing.send(subject, item)
    else dropped++
  }

  function sendTo(node: string, type: 'prove' | 'proof', word: string): void {
    send(inbox + node, { type, id: 0, timeoutMs: 0, head: Buffer.from(word), body: undefined })
  }

  function sendReply(node: string, id: number, { kind, message }: Reply): void {
    try {
      send(inbox + node, itemFor(kind, id, message))
    } catch (error) {
      // The answer is too large, or nothing that JSON can say.
      const { kind: type, message: words } = replyFor(error, log)
      send(inbox + node, itemFor(type, id, words))
    }
  }

  function hear({ item, subject, from, ageMs }: Heard): void {
    const { type, id } = item
    if (type === 'say' && subject.startsWith(said)) {
      ears.hear(subject.slice(said.length), messageOf(item), from)
    } else if (type === 'ask' && subject.startsWith(asked)) {
      const answer = ears.findAnswer(subject.slice(asked.length))
      // Who asked has given up already, or asked somebody else: an interest that is over, or a subject that others serve.
      if (!answer || ageMs > item.timeoutMs) return
      answering++
      answerWith(
        () => answer(messageOf(item), from, ageMs),
        log,
        (reply) => {
          sendReply(from, id, reply)
          if (--answering === 0) tellAnswered()
        },
      )
    } else if (subject.startsWith(inbox)) hearInInbox(item, from)
  }

  function hearInInbox(item: Item, from: string): void {
    if (item.type === 'answer') asks.answered(item.id, messageOf(item))
    else if (item.type === 'failure') asks.failed(item.id, failureFrom(messageOf(item).head))
    else if (item.type === 'internal') asks.failed(item.id, internalError())
    else if (item.type === 'prove') sendTo(from, 'proof', item.head.toString())
  }

  /** Processes that hear one subject several times have one subscription for it. */
  const interests = new Map<string, { count: number; end: () => Promise<void> }>()
  /** Of interests that are over, and which the server may not know of yet. */
  const endings = new Set<Promise<void>>()

  function interest(subject: string): () => Promise<void> {
    const known = interests.get(subject) ?? {
      count: 0,
      end: keeper.subscribe(subject, ({ data }) => incoming.take(subject, data, false)),
    }
    known.count++
    interests.set(subject, known)
    return async () => {
      if (--known.count > 0) return
      interests.delete(subject)
      const ending = known.end()
      endings.add(ending)
      await ending
      endings.delete(ending)
    }
  }

  /** Who asks from now on is told that nobody is there; who has asked before is answered. */
  async function answerTheLast(): Promise<void> {
    const served = [...interests].filter(([subject]) => subject.startsWith(asked))
    await Promise.all([...endings, ...served.map(([, { end }]) => end())])
    // Who asks for the first time as this process ends is heard a moment later.
    await incoming.settled()
    if (answering === 0) return
    await new Promise<void>((resolve) => {
      tellAnswered = resolve
    })
  }

  function takeUnheard(message: Msg): void {
    if (message.headers?.code === 503) asks.nobodyHeard(message.subject.slice(inbox.length + self.length + 1))
  }

  keeper.subscribe(inbox + self, ({ data }) => incoming.take(inbox + self, data, true))
  keeper.subscribe(`${inbox + self}.*`, takeUnheard)
  await checkPermissions()

  /** What is not permitted shows at the start, and not with the first device. */
  async function checkPermissions(): Promise<void> {
    const probes = [`${said}probe.${self}`, `${asked}probe.${self}`]
    const ends = probes.map((subject) => keeper.subscribe(subject, () => {}))
    for (const subject of [...probes, `${inbox + self}.probe`]) keeper.publish(subject, Buffer.alloc(0))
    await keeper.flush().catch(() => {})
    for (const end of ends) await end()
    const sentence = keeper.forbidden()
    if (sentence === undefined) return
    await keeper[Symbol.asyncDispose]()
    throw new Failure('unavailable', sentence)
  }

  return {
    self,

    publish(subject, message) {
      send(said + checkSubject(subject), itemFor('say', 0, message))
    },

    subscribe(subject, hear) {
      const remove = ears.addHear(checkSubject(subject), hear)
      const end = interest(said + subject)
      return { end: once(() => [remove(), end()]) }
    },

    serve(subject, answer) {
      const remove = ears.addAnswer(checkSubject(subject), answer)
      const end = interest(asked + subject)
      const isLast = () => interests.get(asked + subject)?.count === 1
      return {
        end: once(() => {
          // What was asked before the server knows of the end still finds its answer, by whoever has yet to prove to be there as well.
          if (isLast()) void end().then(incoming.settled).then(remove)
          else [remove(), end()]
        }),
      }
    },

    async request(subject, message, timeoutMs) {
      checkSubject(subject)
      const { ask, answer } = asks.open(subject, timeoutMs)
      try {
        const item = itemFor('ask', ask.id, message, timeoutMs)
        if (canSend()) outgoing.send(asked + subject, item, ask)
        else asks.fail(ask, 'disconnected', 'NATS is away, or does not take what is sent.')
      } catch (error) {
        asks.failed(ask.id, error)
      }
      return answer
    },

    async flush() {
      if (!isOpen || !keeper.isConnected()) throw new BusError('disconnected', 'NATS is away.', false)
      outgoing.empty()
      await keeper.flush()
    },

    isConnected: () => isOpen && keeper.isConnected(),
    onConnection: (hear) => void connectionHearers.push(hear),
    counts: () => ({ dropped, refused: incoming.refused(), disconnects: keeper.disconnects() }),

    async [Symbol.asyncDispose]() {
      if (isEnding) return
      isEnding = true
      if (keeper.isConnected()) await atMost(clock, lastAnswersMs, answerTheLast())
      isOpen = false
      outgoing.empty()
      await keeper[Symbol.asyncDispose]()
      incoming.close()
    },
  }
}

function messageOf({ head, body }: Item): Message {
  return decodeMessage(head.toString(), body)
}

function once(run: () => unknown): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    run()
  }
}
