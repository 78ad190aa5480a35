/** Where a terminal is seen, told by the relay over several ways: a call comes over one family of addresses alone, and a device may be known by the other. */
import type { NewPairing, Witness, WitnessUrls } from '@fairlead/protocol/contract'
import { call, type Relay } from './call.ts'

/** What a pairing takes of it; nothing where nothing was told. */
export type Seen = Pick<NewPairing, 'witnesses' | 'nonce'>

/** Somebody waits for it, and it may be of no use. */
const longestMs = 1_000

/** @param ways to one relay, without a key: by other names, or over one family of addresses each; those that lead nowhere are passed over */
export async function seenOver(ways: readonly Relay[], signal = AbortSignal.timeout(longestMs)): Promise<Seen> {
  const nonce = newNonce()
  const asked = ways.map((way) => call<Witness>(way, { method: 'POST', path: '/v1/witness', body: { nonce }, signal }))
  const told = await Promise.allSettled(asked)
  const witnesses = told.flatMap((one) => (one.status === 'fulfilled' ? one.value.body.witness : []))
  return witnesses.length === 0 ? {} : { witnesses, nonce }
}

/** By the names that the relay tells for it. */
export async function seenByNames(relay: Relay): Promise<Seen> {
  const signal = AbortSignal.timeout(longestMs)
  try {
    const { urls } = (await call<WitnessUrls>(relay, { path: '/v1/witness', signal })).body
    return await seenOver(
      urls.map((url) => ({ url })),
      signal,
    )
  } catch {
    // Without it a pairing goes as far as it did; what is wrong with the relay, that call will say.
    return {}
  }
}

/** 128 bits. */
function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
