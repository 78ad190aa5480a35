/** Requests that were sent on to the node of their device, and what that node says of them, also when it has to be asked again. */
import type { Head } from '../bus/bus.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Nodes, Peer } from '../nodes/nodes.ts'
import type { Asked, Reply } from './asked.ts'
import type { Requests } from './requests.ts'

/** `leftMs` of its service's time, when it left. */
export interface AskedThere {
  asked: Omit<Asked, 'whenHungUp'> & { leftMs: number }
}

export interface SentOn {
  /** @returns `{reply}`, or `{notHere}`: its device is not there @throws {Failure} its refusal @throws {BusError} it says nothing */
  ask(peer: Peer, there: AskedThere): Promise<Head>
  /** The node that was asked, and has not said anything yet. */
  whereIs(requestId: string): Peer | undefined
}

export interface SentOnNeeds {
  here(): Pick<Requests, 'told'>
  nodes: Pick<Nodes, 'onSilent'>
  calls: Calls
}

/** Beyond the time-out of a request: its grace, and the way back. */
const beyondMs = 8_000
const askAgainMs = 2_000

export function createSentOn({ here, nodes, calls }: SentOnNeeds): SentOn {
  const sent = new Map<string, { peer: Peer; isAsync: boolean; hear(head: Head): void }>()

  calls.serve('told', async ({ head }) => {
    const replies = await Promise.all((head['requestIds'] as string[]).map((requestId) => here().told(requestId)))
    return { head: { replies: replies.filter((reply) => reply !== undefined) } }
  })

  // What it said while it had no bus is lost, and known there. One that has nothing of a request may still come to read it.
  nodes.onSilent((peer) => {
    const requestIds = [...sent.keys()].filter((id) => sent.get(id)?.peer.incarnation === peer.incarnation)
    if (requestIds.length > 0) void askAgain(peer, requestIds).catch(() => {})
  })

  async function askAgain(peer: Peer, requestIds: readonly string[]): Promise<void> {
    const { head } = await calls.call(peer, 'told', { head: { requestIds } }, askAgainMs)
    for (const reply of head['replies'] as Reply[]) {
      const waiting = sent.get(reply.requestId)
      if (reply.verdict || waiting?.isAsync) waiting?.hear({ reply })
    }
  }

  return {
    ask(peer, there) {
      const { requestId, isAsync, leftMs } = there.asked
      return new Promise<Head>((resolve, reject) => {
        sent.set(requestId, { peer, isAsync, hear: resolve })
        calls.call(peer, 'ask', { head: { ...there } }, leftMs + beyondMs).then(({ head }) => resolve(head), reject)
      }).finally(() => sent.delete(requestId))
    },
    whereIs: (requestId) => sent.get(requestId)?.peer,
  }
}
