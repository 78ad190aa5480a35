/**
 * Whether a frame that is signed is also new: not one that somebody has kept and says again, nor one that was long on its way.
 *
 * A sender's counter only grows, so what was heard is not heard again. But this process may not have heard what somebody
 * else has kept: frames of a sender that is gone, or from before this process was there. So a sender must prove, once,
 * that it is there: it is asked with a word that nobody can guess, and what it said meanwhile waits for its answer. The
 * answer shows its clock, too, and from then on the age of each of its frames is known, and that it was said since this
 * process began to listen. Who seems late is asked again, since clocks drift and machines sleep.
 *
 * What comes to this process's own inbox needs no proof: the name of an inbox is new with each start.
 */
import type { Clock, Random, Timer } from '@fairlead/base'
import type { Frame } from './frame.ts'

export interface PeersNeeds {
  self: string
  clock: Clock
  random: Random
  /** Asks a sender to say `word` to this process's inbox. */
  askForProof(sender: string, word: string): void
  /** @param ageMs at least so old, what it has waited here included; within the time of a round trip */
  use(frame: Frame, ageMs: number): void
  refuse(why: string): void
}

export interface Peers {
  /** Uses the frame now, later, or never. */
  hear(frame: Frame, isForInbox: boolean): void
  /** @param frame in which the sender said `word` */
  prove(frame: Frame, word: string): void
  /** Resolves when no frame waits for its sender to prove that it is there. */
  settled(): Promise<void>
  close(): void
}

interface Peer {
  heard: number
  heardInInbox: number
  /** Its clock less ours, at least; undefined until it has proved that it is there. */
  offsetMs: number | undefined
  /** Since when we know each of its frames; what was said before is not believed. */
  knownSinceMs: number
  question: { word: string; timer: Timer } | undefined
  waiting: Frame[]
}

/** Older than this, a sender's clock is looked at again before it is believed. */
const lateMs = 2_000
/** So long a sender may take to prove that it is there. */
const proofMs = 5_000
/** A question may be lost: with the connection that its sender has given up, as NATS still has it. */
const askEveryMs = 500
const maxWaitingBytes = 32 * 2 ** 20
const maxPeers = 4_096

export function createPeers(needs: PeersNeeds): Peers {
  const { self, clock, random, askForProof, use, refuse } = needs
  const peers = new Map<string, Peer>()
  let waitingBytes = 0
  let waitingFrames = 0
  const whenSettled: (() => void)[] = []
  /** Since when no sender was forgotten. */
  let listensSinceMs = clock.now()

  function peerOf(sender: string): Peer {
    const known = peers.get(sender)
    if (known) return known
    const peer: Peer = {
      heard: 0,
      heardInInbox: 0,
      offsetMs: sender === self ? 0 : undefined,
      knownSinceMs: listensSinceMs,
      question: undefined,
      waiting: [],
    }
    peers.set(sender, peer)
    if (peers.size > maxPeers) forgetOldest()
    return peer
  }

  function forgetOldest(): void {
    for (const [sender, peer] of peers) {
      if (sender === self) continue
      drop(peer)
      peers.delete(sender)
      listensSinceMs = clock.now()
      return
    }
  }

  function drop(peer: Peer): void {
    for (const _frame of takeWaiting(peer)) refuse('its sender did not prove that it is there')
    tellSettled()
  }

  /** Nothing more is asked of it. */
  function takeWaiting(peer: Peer): Frame[] {
    peer.question?.timer.cancel()
    peer.question = undefined
    const { waiting } = peer
    peer.waiting = []
    for (const { payload } of waiting) waitingBytes -= payload.length
    waitingFrames -= waiting.length
    return waiting
  }

  function tellSettled(): void {
    if (waitingFrames === 0) for (const tell of whenSettled.splice(0)) tell()
  }

  function wait(peer: Peer, frame: Frame): void {
    if (waitingBytes + frame.payload.length > maxWaitingBytes) {
      refuse('too much waits for its sender')
      return
    }
    waitingBytes += frame.payload.length
    waitingFrames++
    peer.waiting.push(frame)
    if (peer.question) return
    ask(peer, frame.sender, random.token(16), clock.now() + proofMs)
  }

  function ask(peer: Peer, sender: string, word: string, untilMs: number): void {
    const again = () => (clock.now() >= untilMs ? drop(peer) : ask(peer, sender, word, untilMs))
    peer.question = { word, timer: clock.at(clock.now() + askEveryMs, again) }
    askForProof(sender, word)
  }

  function useOnce(peer: Peer, frame: Frame, saidAtMs: number, usedAtMs: number): void {
    if (frame.counter <= peer.heard) refuse('it was heard before')
    else if (saidAtMs < peer.knownSinceMs) refuse('it was said before this process listened')
    else {
      peer.heard = frame.counter
      use(frame, Math.max(0, usedAtMs - saidAtMs))
    }
  }

  function hearInInbox(peer: Peer, frame: Frame): void {
    if (frame.counter <= peer.heardInInbox) {
      refuse('it was heard before')
      return
    }
    peer.heardInInbox = frame.counter
    use(frame, 0)
  }

  function hearInPublic(peer: Peer, frame: Frame): void {
    const now = clock.now()
    if (peer.offsetMs === undefined || peer.question) {
      wait(peer, frame)
      return
    }
    // Its clock is ahead of what we thought: nothing is heard before it is said.
    if (frame.time - now > peer.offsetMs) peer.offsetMs = frame.time - now
    const saidAtMs = frame.time - peer.offsetMs
    if (now - saidAtMs > lateMs && frame.sender !== self) wait(peer, frame)
    else useOnce(peer, frame, saidAtMs, now)
  }

  return {
    hear(frame, isForInbox) {
      const peer = peerOf(frame.sender)
      if (isForInbox) hearInInbox(peer, frame)
      else hearInPublic(peer, frame)
    },

    prove(proof, word) {
      const peer = peers.get(proof.sender)
      if (!peer?.question || peer.question.word !== word) return
      const offsetMs = proof.time - clock.now()
      peer.offsetMs = offsetMs
      for (const frame of takeWaiting(peer)) useOnce(peer, frame, frame.time - offsetMs, clock.now())
      tellSettled()
    },

    async settled() {
      if (waitingFrames > 0) await new Promise<void>((resolve) => whenSettled.push(resolve))
    },

    close() {
      for (const peer of peers.values()) drop(peer)
      peers.clear()
    },
  }
}
