/** Who is at a device, over the API: by what devices know people, and that somebody who has signed in stands at one. */
import type { MadeReleaseCode, NewReleaseCode, Page, ReleaseCode, WalkUpAtDevice } from '@fairlead/protocol/contract'
import { type Call, call, type Relay } from './call.ts'

export function createWalkUps(relay: Relay) {
  async function ask<Body>(request: Call): Promise<Body> {
    return (await call<Body>(relay, request)).body
  }
  const say = (path: string, token: string) =>
    ask<WalkUpAtDevice>({ method: 'POST', path: `/v1/walk-ups/${path}`, body: { token } })

  return {
    /** Of whoever has signed in on this page. */
    releaseCodes: {
      /** A PIN is in the answer, this once. @throws {RelayError} `badge-taken` */
      make: (order: NewReleaseCode) => ask<MadeReleaseCode>({ method: 'POST', path: '/v1/release-codes', body: order }),
      /** @param of `account`: of everybody in it, for whoever manages its users */
      list: (of: 'me' | 'account' = 'me') => ask<Page<ReleaseCode>>({ path: '/v1/release-codes', query: { of } }),
      remove: (releaseCodeId: string) =>
        ask<void>({ method: 'DELETE', path: `/v1/release-codes/${encodeURIComponent(releaseCodeId)}` }),
    },

    /** What the QR code of a device leads to. @throws {RelayError} `no-match`: it is over, or of another account */
    walkUps: {
      /** Which device it is; nothing is said by it. */
      look: (token: string) => say('look', token),
      /** Whoever has signed in stands there. */
      confirm: (token: string) => say('confirm', token),
    },
  }
}
