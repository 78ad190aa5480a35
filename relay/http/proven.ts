/** Whoever has signed in is let in to a route only with the proof and the second factor that it asks for; keys are not asked. */
import { Failure } from '@fairlead/base'
import type { Caller, Route } from './route.ts'

/** A proof is good for so long. */
export const proofGoodForMs = 15 * 60_000

/** @throws {Failure} `second-factor-required`, `prove-again` */
export function mustBeProven(
  { needsProof, withoutFactor }: Pick<Route, 'needsProof' | 'withoutFactor'>,
  caller: Caller,
  nowMs: number,
): void {
  if (caller.kind !== 'user') return
  const { secondFactor, provenAt } = caller
  const isOpen = secondFactor === 'fine' || withoutFactor === 'always'
  if (!isOpen && !(secondFactor === 'set-up' && withoutFactor === 'to-set-up'))
    throw new Failure('second-factor-required', wanted[secondFactor])
  // On either side: a clock that is set back makes no old proof good again.
  if (needsProof && Math.abs(nowMs - provenAt) >= proofGoodForMs) throw new Failure('prove-again', stale)
}

const stale =
  'Prove again that it is you, with your password, a code of your app or a passkey (`POST /v1/session/proof`), then do the same once more. Nothing was done.'

const wanted = {
  show: 'Your account demands a second factor: show yours first, a code of your app or a passkey (`POST /v1/session/proof`).',
  'set-up':
    'Your account demands a second factor, and you have none. Set up an authenticator app or a passkey first; in the console one is led there.',
}
