/** The chain of the audit log: how it is made, and how anybody checks it. */
import { checkChainWith } from './check-chain.ts'
import { sha256 } from './digest.ts'

export { canonicalJson, noHash } from './chain.ts'
export { type ChainSummary, type Head, readHead } from './check-chain.ts'
export { digestOf, hashOf } from './digest.ts'

/** By the SHA-256 that Node has. */
export const checkChain = checkChainWith.bind(undefined, sha256)
