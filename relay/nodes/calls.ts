/** One node asks another: over the bus, by what it wants, until it has its answer or nothing more is to be expected. */
import { setImmediate as aTurn } from 'node:timers/promises'
import { type Answer, type Bus, BusError, type Head, type Message } from '../bus/bus.ts'
import { nodeSubject } from '../bus/subjects.ts'
import type { Nodes, Peer } from './nodes.ts'

export type Hear = (message: Message, from: string) => void

export interface Calls extends Disposable {
  /** The bus is there. */
  canCall(): boolean
  /** Each kind has one who answers it. */
  serve(kind: string, answer: Answer): void
  hear(kind: string, hear: Hear): void
  /**
   * @throws {BusError} `sent` says whether it can have been heard; also when the other is gone meanwhile
   * @throws {Failure} the one that was thrown there
   */
  call(to: Peer, kind: string, message: Message, timeoutMs: number): Promise<Message>
  /** Not answered, and lost with the bus. */
  tell(to: Peer, kind: string, message: Message): void
}

export function createCalls(bus: Bus, nodes: Pick<Nodes, 'onGone'>): Calls {
  const answers = new Map<string, Answer>()
  const hearers = new Map<string, Hear>()
  /** Of each node, those that wait for it. */
  const waiting = new Map<string, Set<(error: BusError) => void>>()
  const subject = nodeSubject(bus.self)

  const serving = bus.serve(subject, (message, from, ageMs) => {
    const answer = answers.get(String(message.head['kind']))
    if (!answer) throw new Error('This node does not know that kind of call.')
    return answer(message, from, ageMs)
  })
  const hearing = bus.subscribe(subject, (message, from) => hearers.get(String(message.head['kind']))?.(message, from))
  nodes.onGone(({ incarnation }) => void giveUp(incarnation))

  /** Its last answers, and that nobody has heard what came after them, may still be on their way here. */
  async function giveUp(incarnation: string): Promise<void> {
    const lost = waiting.get(incarnation) ?? []
    waiting.delete(incarnation)
    await bus.flush().catch(() => {})
    await aTurn()
    for (const lose of lost) lose(new BusError('disconnected', 'That node is gone.', true))
  }

  return {
    canCall: () => bus.isConnected(),
    serve: (kind, answer) => void answers.set(kind, answer),
    hear: (kind, hear) => void hearers.set(kind, hear),
    call({ incarnation }, kind, { head, body }, timeoutMs) {
      const calls = waiting.get(incarnation) ?? new Set()
      // One promise, and no race: a held poll of a device at another node waits here for half a minute, and there are thousands.
      return new Promise((resolve, reject) => {
        waiting.set(incarnation, calls.add(reject))
        const over = () => {
          calls.delete(reject)
          if (calls.size === 0 && waiting.get(incarnation) === calls) waiting.delete(incarnation)
        }
        bus.request(nodeSubject(incarnation), messageOf(kind, head, body), timeoutMs).then(
          (answer) => {
            over()
            resolve(answer)
          },
          (error) => {
            over()
            reject(error)
          },
        )
      })
    },
    tell({ incarnation }, kind, { head, body }) {
      bus.publish(nodeSubject(incarnation), messageOf(kind, head, body))
    },
    [Symbol.dispose]() {
      serving.end()
      hearing.end()
    },
  }
}

function messageOf(kind: string, head: Head, body: Uint8Array | undefined): Message {
  const named = { ...head, kind }
  return body === undefined ? { head: named } : { head: named, body }
}
