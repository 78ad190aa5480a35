/** The chain of the audit log: how it is made, and how anybody checks it. */

export { canonicalJson, digestOf, hashOf, noHash } from './chain.ts'
export { type ChainSummary, checkChain, type Head, readHead } from './check-chain.ts'
