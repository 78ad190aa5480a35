/** The bus of a relay that is one process; tests put several on one hub and have a cluster in one process. */
import { type Clock, type Log, type Random, silentLog, systemClock, systemRandom } from '@fairlead/base'
import { createAsks } from './asks.ts'
import { type Bus, BusError, type Message } from './bus.ts'
import { createEars, type Ears } from './ears.ts'
import { decodeMessage, encodeHead } from './head.ts'
import { answerWith, failureFrom, internalError, type Reply, replyFor } from './replies.ts'
import { checkSubject } from './subjects.ts'

/** What stands in for the server between several in one process. */
export interface Hub {
  readonly members: Set<Ears>
}

export function createHub(): Hub {
  return { members: new Set() }
}

export interface InProcessBusNeeds {
  hub?: Hub
  clock?: Clock
  random?: Random
  log?: Log
}

/** What is said is heard later in the same turn of the event loop, never within the call. */
export function openInProcessBus(needs: InProcessBusNeeds = {}): Bus {
  const { hub = createHub(), clock = systemClock, random = systemRandom, log = silentLog } = needs
  const self = random.token(16)
  const ears = createEars(log)
  const asks = createAsks(clock)
  const connectionHearers: ((connected: boolean) => void)[] = []
  let isOpen = true
  let dropped = 0
  hub.members.add(ears)

  /** Each who hears it gets a message of its own. */
  function pack(message: Message): () => Message {
    const text = encodeHead(message).toString()
    return () => decodeMessage(text, message.body)
  }

  function takeReply(id: number, { kind, message }: Reply): void {
    if (kind === 'answer') asks.answered(id, message)
    else asks.failed(id, kind === 'failure' ? failureFrom(message.head) : internalError())
  }

  function sendBack(id: number, reply: Reply): void {
    try {
      const unpack = pack(reply.message)
      queueMicrotask(() => takeReply(id, { kind: reply.kind, message: unpack() }))
    } catch (error) {
      // The answer is too large, or nothing that JSON can say.
      queueMicrotask(() => takeReply(id, replyFor(error, log)))
    }
  }

  const gone = () => new BusError('disconnected', 'The bus is closed.', false)

  return {
    self,

    publish(subject, message) {
      checkSubject(subject)
      const unpack = pack(message)
      if (!isOpen) return void dropped++
      queueMicrotask(() => {
        for (const member of hub.members) member.hear(subject, unpack(), self)
      })
    },

    subscribe: (subject, hear) => ({ end: ears.addHear(checkSubject(subject), hear) }),

    serve: (subject, answer) => ({ end: ears.addAnswer(checkSubject(subject), answer) }),

    async request(subject, message, timeoutMs) {
      checkSubject(subject)
      const unpack = pack(message)
      if (!isOpen) throw gone()
      const { ask, answer: answered } = asks.open(subject, timeoutMs)
      queueMicrotask(() => {
        const answers = [...hub.members]
          .map((member) => member.findAnswer(subject))
          .filter((found) => found !== undefined)
        if (answers.length === 0) return asks.fail(ask, 'no-responders', 'Nobody on the bus answers for that.')
        ask.sent = true
        for (const answer of answers)
          answerWith(
            () => answer(unpack(), self, 0),
            log,
            (reply) => sendBack(ask.id, reply),
          )
      })
      return answered
    },

    async flush() {
      if (!isOpen) throw gone()
    },

    isConnected: () => isOpen,
    onConnection: (hear) => void connectionHearers.push(hear),
    counts: () => ({ dropped, refused: 0, disconnects: 0 }),

    async [Symbol.asyncDispose]() {
      if (!isOpen) return
      isOpen = false
      hub.members.delete(ears)
      asks.failAll('The bus was closed.')
      for (const hear of connectionHearers) hear(false)
    },
  }
}
