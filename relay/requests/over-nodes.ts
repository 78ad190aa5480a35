/** Requests over nodes: whoever is asked finds the node where the device is, and whoever has its response finds who waits for it. */
import { type Clock, Failure, passing } from '@fairlead/base'
import { type DeviceResponse, kindOf, type RequestView } from '@fairlead/protocol/contract'
import { type Bus, BusError } from '../bus/bus.ts'
import { deviceSubject } from '../bus/subjects.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Nodes, Peer } from '../nodes/nodes.ts'
import type { Work } from '../overload/order.ts'
import type { Asked, Reply } from './asked.ts'
import { giveUp } from './endings.ts'
import type { OpenRequest } from './open-requests.ts'
import type { Verdict } from './record.ts'
import type { Requests } from './requests.ts'
import { type AskedThere, createSentOn } from './sent-on.ts'

export type AnyNode = Pick<Requests, 'ask' | 'answer' | 'find'> & {
  /** A request that was taken here goes to where its device is now. @returns undefined: it is nowhere */
  forward(request: OpenRequest): Promise<Verdict | undefined>
  /** The same in its session, for a request that is not known here: its session may have been elsewhere when it was sent. */
  answeredInSession(device: string, requestId: string, response: DeviceResponse): Promise<void>
  /** The device is at another node, and what waited here for it goes back to disk: that node looks for it when it is there. */
  giveOver(device: string): Promise<void>
  /** Of services that wait here for a device elsewhere. */
  inFlight(): number
}

export interface OverNodesNeeds {
  /** As they are at this node alone. */
  here(): Requests
  nodes: Nodes
  calls: Calls
  bus: Bus
  clock: Clock
  newId(node: number): string
  nodeOf(id: string): number | undefined
  /** Its session is here. */
  isHere(device: string): boolean
  /** Its session is here, ONLINE, and not about to go elsewhere. */
  isSettled(device: string): boolean
  /** The number of the node where it is, as far as is known; 0: none. */
  whereIs(device: string): number
  /** What other nodes have written so far is known here. */
  catchUp(): Promise<void>
  /** What they have seen of the device and not written yet is known here. */
  learnNow(device: string): Promise<void>
  /** Whichever node has the device reads in the record that something waits for it. */
  leaveWord(device: string): Promise<void>
  /** It is ONLINE at some node, as far as is known. */
  isSomewhere(device: string): boolean
  timeoutMsOf(request: Asked['request']): number
  /** @throws {Failure} `unavailable`: this node has too much to do for that */
  mustTake(work: Work): void
}

/** A device is found at once, or its node says nothing. */
const findMs = 2_000
/** Nobody who is heard is known to have it: what the bus still finds stands still. */
const glanceMs = 500
const answerMs = 10_000
/** A device goes from one node to another, or its node is found to be dead: so long it is looked for. */
const movingMs = 5_000
const lookEveryMs = 25
/** A node without the bus reads twice a second what others have written: by then it has, and nothing it is asked comes before. */
const wordMs = 1_000

export function createOverNodes(needs: OverNodesNeeds): AnyNode {
  const { here } = needs
  const { nodes, calls, bus, clock } = needs
  /** To be called when the service that asked another node has hung up, or that node is gone. */
  const withdrawals = new Map<string, Map<string, () => void>>()
  const sentOn = createSentOn(needs)
  let asking = 0

  calls.serve('ask', async ({ head }, from, ageMs) => {
    const { asked } = head as unknown as AskedThere
    if (!needs.isHere(asked.device)) return { head: { notHere: true } }
    const leftMs = asked.leftMs - ageMs
    const isTooLate = leftMs <= 0 && asked.request.deliverWithinSeconds === 0
    if (isTooLate || !nodes.holds()) throw cutOff()
    // As its own services are refused: nothing was sent, and whoever asked is told so. What was taken once is not refused later.
    if (!asked.takenElsewhere) needs.mustTake(kindOf(asked.request) === 'get' ? 'get' : 'set')
    const ofNode = withdrawals.get(from) ?? new Map<string, () => void>()
    withdrawals.set(from, ofNode)
    try {
      const whenHungUp = (run: () => void) => void ofNode.set(asked.requestId, run)
      const reply = await askIfHere({ ...asked, leftMs: Math.max(leftMs, 1), key: asked.key, whenHungUp })
      return { head: reply ? { reply } : { notHere: true } }
    } finally {
      ofNode.delete(asked.requestId)
      if (ofNode.size === 0 && withdrawals.get(from) === ofNode) withdrawals.delete(from)
    }
  })
  calls.hear('withdraw', ({ head }, from) => withdrawals.get(from)?.get(String(head['requestId']))?.())
  nodes.onGone(({ incarnation }) => {
    for (const withdraw of withdrawals.get(incarnation)?.values() ?? []) withdraw()
  })
  calls.serve('answer', async ({ head }) => {
    const answered = head as unknown as Answered
    if (!here().knows(answered.requestId)) return { head: {} }
    return { head: { taken: await takeAnswer(answered) } }
  })
  calls.serve('receipt', async ({ head }) => {
    const requestId = String(head['requestId'])
    if (!here().knows(requestId)) return { head: {} }
    return { head: { view: await here().find(requestId, head['account'] as string | undefined) } }
  })
  calls.serve('fetch', ({ head }) => {
    here().fetch(String(head['device']))
    return { head: {} }
  })

  /** The node where the device is known to be. A node that is dead to the others has no device. */
  function holderOf(device: string): Peer | undefined {
    return nodes.find(needs.whereIs(device))
  }

  /** @returns undefined of one that stands still: what it is sent may be done when it goes on, long after anybody waits */
  function heardHolderOf(device: string): Peer | undefined {
    const holder = holderOf(device)
    return holder && !nodes.isSilent(holder) ? holder : undefined
  }

  /** @returns undefined: nobody has it @throws {Failure} `unavailable`: that cannot be known right now */
  async function locate(device: string): Promise<Peer | undefined> {
    try {
      const waitMs = heardHolderOf(device) ? findMs : glanceMs
      const { head } = await bus.request(deviceSubject(device), { head: {} }, waitMs)
      const number = Number(head['node'])
      return number === nodes.number ? undefined : await nodes.meet(number)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      if (error.kind === 'no-responders') return undefined
      // The interest of one that stands still stays on the bus for minutes.
      if (error.kind === 'timeout' && !holderOf(device)) return undefined
      throw cutOff()
    }
  }

  /** @returns undefined: the device is at no other node */
  async function askElsewhere(asked: Omit<Asked, 'requestId'>, requestId?: string): Promise<Reply | undefined> {
    asking++
    try {
      return await lookAndAsk(asked, requestId)
    } finally {
      asking--
    }
  }

  async function lookAndAsk(asked: Omit<Asked, 'requestId'>, requestId?: string): Promise<Reply | undefined> {
    const startMs = clock.now()
    const timeoutMs = Math.min(needs.timeoutMsOf(asked.request), asked.leftMs ?? Number.POSITIVE_INFINITY)
    const untilMs = startMs + Math.min(timeoutMs, movingMs)
    for (let peer = heardHolderOf(asked.device); ; peer = undefined) {
      const there = peer ?? (await locate(asked.device))
      const leftMs = timeoutMs - (clock.now() - startMs)
      const reply =
        there &&
        leftMs > 0 &&
        (await askAt(there, { ...asked, leftMs, requestId: requestId ?? needs.newId(there.number) }))
      if (reply) return reply
      // It may have gone a moment ago, which is known in the record before it is known here.
      await needs.catchUp().catch(() => {})
      const isMoving = requestId !== undefined || needs.isSomewhere(asked.device)
      if (!isMoving || clock.now() >= untilMs) return undefined
      await passing(clock, lookEveryMs)
      const came = await askIfHere({ ...asked, requestId: requestId ?? needs.newId(nodes.number), leftMs })
      if (came) return came
    }
  }

  /** @returns undefined: it is not there, and was not sent */
  async function askAt(peer: Peer, { whenHungUp, ...asked }: Asked & { leftMs: number }): Promise<Reply | undefined> {
    const { requestId } = asked
    whenHungUp(() => calls.tell(peer, 'withdraw', { head: { requestId } }))
    try {
      const head = await sentOn.ask(peer, { asked })
      return head['notHere'] ? undefined : (head['reply'] as Reply)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      if (!error.sent) return undefined
      const settled = await here().settleGivenUp(asked)
      if (settled) return settled
      const words = 'The node that has the device says nothing any more: it may or may not have been done.'
      const verdict = giveUp('unknown', 'connection-lost', words)
      return { requestId, verdict, answeredAt: undefined, replayed: false }
    }
  }

  /** At the node that has it in hand. A request may have come back to the node that sent it on, where its device is now. */
  async function takeAnswer(answered: Answered): Promise<'taken' | 'late'> {
    const { device, requestId, response, address } = answered
    const peer = here().isHere(device, requestId) ? undefined : sentOn.whereIs(requestId)
    return (peer && (await answerAt(peer, answered))) ?? here().answer(device, requestId, response, address)
  }

  async function answerAt(peer: Peer, answered: Answered): Promise<'taken' | 'late' | undefined> {
    try {
      const { head } = await calls.call(peer, 'answer', { head: { ...answered } }, answerMs)
      return head['taken'] as 'taken' | 'late' | undefined
    } catch (error) {
      // It may live all the same, with a service that waits: its device says it again, to another node or later.
      throw error instanceof BusError ? cutOff() : error
    }
  }

  /** The node that made this ID, if it is another one, and lives. */
  function makerOf(id: string): Peer | undefined {
    const number = needs.nodeOf(id)
    return number === undefined ? undefined : nodes.find(number)
  }

  /** Made by a node that is no more: what it had in memory alone nobody can know. */
  function isOfTheGone(id: string): boolean {
    const number = needs.nodeOf(id)
    return number !== undefined && number !== nodes.number && !nodes.find(number)
  }

  async function answer(answered: Answered): Promise<'taken' | 'late'> {
    const { device, requestId, response, address } = answered
    if (here().knows(requestId)) return takeAnswer(answered)
    // Its maker, or whoever has taken its device in since that one is gone.
    for (const peer of [makerOf(requestId), holderOf(device)]) {
      const taken = peer && (await answerAt(peer, answered))
      if (taken) return taken
    }
    return here().answer(device, requestId, response, address, isOfTheGone(requestId))
  }

  /**
   * Who is told that it waits may ask for more at any node, which must not come before it (G3): wherever the device has gone
   * meanwhile knows by then that it is on disk.
   */
  async function askHere(asked: Asked): Promise<Reply> {
    const reply = await here().ask(asked)
    const { device, request } = asked
    if (!reply.verdict && request.deliverWithinSeconds > 0 && !needs.isSettled(device)) await giveOver(device)
    return reply
  }

  /** @returns undefined: it is not here, or went elsewhere before this was taken: nothing was done */
  async function askIfHere(asked: Asked): Promise<Reply | undefined> {
    const { device } = asked
    if (!needs.isHere(device)) return undefined
    try {
      return await askHere(asked)
    } catch (error) {
      const isGone = error instanceof Failure && error.code === 'device-offline' && !needs.isHere(device)
      if (isGone && needs.isSomewhere(device)) return undefined
      throw error
    }
  }

  async function giveOver(device: string): Promise<void> {
    await here().whenStill(device)
    const isKnown = await bring(device).catch(() => false)
    if (isKnown || needs.isHere(device) || !needs.isSomewhere(device)) return
    // A node that cannot be reached finds it in the record, if not as soon.
    letGo(device)
    await needs.leaveWord(device)
    await passing(clock, wordMs)
  }

  /** What waits here is told of from the record, unless the device has come here meanwhile: then it leaves from here. */
  function letGo(device: string): void {
    if (!needs.isHere(device)) here().release(device)
  }

  /** @returns false: none that can be reached has the device */
  async function bring(device: string): Promise<boolean> {
    const peer = await locate(device)
    if (peer && peer.number !== nodes.number) {
      letGo(device)
      await calls.call(peer, 'fetch', { head: { device } }, findMs)
    }
    return peer !== undefined
  }

  async function find(requestId: string, account: string | undefined): Promise<RequestView> {
    if (here().knows(requestId)) return here().find(requestId, account)
    const maker = makerOf(requestId)
    const told = maker && (await receiptAt(maker, requestId, account))
    if (told) return told
    const view = await here().find(requestId, account)
    const holder = view.outcome === 'pending' ? holderOf(view.device) : undefined
    return (holder && (await receiptAt(holder, requestId, account))) ?? view
  }

  return {
    async ask(asked) {
      if (!nodes.holds()) throw cutOff()
      const reply = (await askIfHere(asked)) ?? (await askElsewhere(asked))
      if (reply) return reply
      await needs.learnNow(asked.device)
      return askHere(asked)
    },

    answer: (device, requestId, response, address) => answer({ device, requestId, response, address }),

    async answeredInSession(device, requestId, response) {
      // Anything else answers nothing of ours.
      if (needs.nodeOf(requestId) === undefined) return
      try {
        // When it goes on with a stream it may say what it has said before.
        const { outcome } = await find(requestId, undefined)
        if (outcome !== 'answered') await answer({ device, requestId, response })
      } catch (error) {
        // Nobody waits for it any more, or can be reached who does: the device has said it once, and is not asked again.
        if (!(error instanceof Failure)) throw error
      }
    },

    find,

    async forward({ record: { requestId, durable, ...record }, asker, endsAtMs }) {
      const leftMs = (endsAtMs ?? clock.now() + needs.timeoutMsOf(record.request)) - clock.now()
      const { account, device, request } = record
      const takenElsewhere = durable ? 'on-disk' : 'in-memory'
      const asked = { account, device, asker, request, key: undefined, isAsync: false, leftMs, whenHungUp() {} }
      const reply = await askElsewhere({ ...asked, takenElsewhere }, requestId)
      return reply?.verdict
    },

    giveOver,

    inFlight: () => asking,
  }

  async function receiptAt(peer: Peer, requestId: string, account: string | undefined) {
    try {
      const { head } = await calls.call(peer, 'receipt', { head: { requestId, account } }, findMs)
      return head['view'] as RequestView | undefined
    } catch (error) {
      if (error instanceof BusError) return undefined
      throw error
    }
  }
}

interface Answered {
  device: string
  requestId: string
  response: DeviceResponse
  /** Where the device called from, if it did not say so in its session. */
  address?: string | undefined
}

/** Nothing was sent. */
function cutOff(): Failure {
  return new Failure('unavailable', 'This node cannot reach the one that has the device: try again in a moment.', {
    retryAfterSeconds: 2,
  })
}
