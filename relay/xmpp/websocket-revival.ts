/** Streams on WebSocket that are not open here when their device comes back: from before a crash, or from another node. */
import type { Clock, Log } from '@fairlead/base'
import { createHibernation } from './hibernation.ts'
import type { KeptStream } from './kept-session.ts'
import type { SessionKeeper } from './session-keeper.ts'
import type { FoundElsewhere, Resumed, WebSocketElsewhere } from './websocket-elsewhere.ts'
import { restoreManagement } from './websocket-kept.ts'
import { type Found, restoreSession, type Session, type SessionNeeds } from './websocket-session.ts'
import type { Link } from './websocket-socket.ts'

export interface Revival {
  find: SessionNeeds['findStream']
  close(): void
}

export interface RevivalNeeds {
  clock: Clock
  log: Log
  keeper?: SessionKeeper | undefined
  kept?: { sessions: readonly KeptStream[]; downMs: number }
  isGood?(kept: KeptStream): boolean
  reclaim?(kept: KeptStream): number | undefined
  stillWaits?(requestId: string): Promise<boolean>
  elsewhere: WebSocketElsewhere | undefined
  sessionNeeds: SessionNeeds
}

export function createRevival(needs: RevivalNeeds): Revival {
  const { clock, log, keeper, elsewhere, sessionNeeds } = needs
  const { resumptions } = sessionNeeds
  const stillWaits = needs.stillWaits ?? (async () => false)
  const hibernation = createHibernation({
    kept: needs.kept,
    clock,
    lastsMs: ({ counts }: KeptStream) => counts.resumeMs,
    forget: (kept) => keeper?.ended(kept),
  })

  /** From before a crash of this relay, of this device. */
  async function wake(resumed: Resumed): Promise<Found> {
    const kept = hibernation.take(resumed.previd)
    if (!kept) return { handled: undefined }
    const epoch = needs.reclaim ? needs.reclaim(kept) : kept.epoch
    if (epoch !== undefined) return restore({ ...kept, epoch }, resumed)
    keeper?.ended(kept)
    return { handled: undefined }
  }

  async function restore(kept: KeptStream, resumed: Resumed): Promise<Session> {
    const management = await restoreManagement(resumed.previd, kept.counts, resumed.h, stillWaits)
    log.info('websocket.restored', 'A stream goes on where it stood.', { device: kept.device })
    return restoreSession(sessionNeeds, kept, management, resumed)
  }

  async function settle(found: Promise<FoundElsewhere>, resumed: Resumed): Promise<Found> {
    const answer = await found
    if (answer === 'resumed') return answer
    if (!('kept' in answer)) return resumptions.find(resumed.previd, resumed.device) ?? answer
    if (needs.isGood?.(answer.kept) ?? true) return restore(answer.kept, resumed)
    keeper?.ended(answer.kept)
    return { handled: undefined }
  }

  return {
    find(resumed: Resumed, link: Link) {
      const { previd, device } = resumed
      if (hibernation.knows(device, previd)) return wake(resumed)
      const there = elsewhere?.resume(resumed, link)
      return there ? settle(there, resumed) : { handled: resumptions.handledBy(previd, device) }
    },
    close: hibernation.close,
  }
}
