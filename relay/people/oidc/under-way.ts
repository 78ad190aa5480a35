/** A sign-in that is under way at the provider: all that is known of it is in the browser's cookie, sealed, so that any node takes it up again. */
import type { Clock } from '@fairlead/base'
import type { Seal } from '../sealed.ts'

export interface UnderWay {
  /** What binds the answer to this browser (RFC 6749 §10.12), the ID token to it (OpenID Connect Core §3.1.2.1), and the code (RFC 7636). */
  state: string
  nonce: string
  verifier: string
  /** Hash of the token of whoever has signed in and wants to be known at the provider from now on. */
  linkFor?: string | undefined
  /** The same, of whoever proves again who they are; it counts only if they have since then, by the clock of the wall. */
  proveFor?: { session: string; since: number } | undefined
}

export interface UnderWays {
  close(underWay: UnderWay): string
  /** @returns undefined: it is none of ours, or too old */
  open(sealed: string): UnderWay | undefined
}

/** People look for their telephone. */
export const underWayMs = 10 * 60_000

const whose = 'a sign-in under way'

export function createUnderWays({ clock, seal }: { clock: Clock; seal: Seal }): UnderWays {
  return {
    close: (underWay) => seal.close(JSON.stringify({ ...underWay, until: clock.wallNow() + underWayMs }), whose),
    open(sealed) {
      const text = openOrNot(sealed)
      if (text === undefined) return undefined
      const { until, ...underWay } = JSON.parse(text) as UnderWay & { until: number }
      return until > clock.wallNow() ? underWay : undefined
    },
  }

  function openOrNot(sealed: string): string | undefined {
    try {
      return seal.open(sealed, whose)
    } catch {
      // Whoever brings what we have not sealed is told that it is not good, and no more.
      return undefined
    }
  }
}
