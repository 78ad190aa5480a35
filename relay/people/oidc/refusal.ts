/** Why a sign-in by the provider comes to nothing, as a failure: the console's word for it rides along. */
import { Failure } from '@fairlead/base'
import { type OidcReason, oidcReasons } from '@fairlead/protocol/contract'

export function refusal(reason: OidcReason, cause?: unknown): Failure {
  const code = reason === 'unreachable' ? 'unavailable' : 'forbidden'
  return new Failure(code, oidcReasons[reason], { facts: { reason }, ...(cause !== undefined && { cause }) })
}

/** @returns undefined: it is something else */
export function reasonOf(error: unknown): OidcReason | undefined {
  const reason = error instanceof Failure ? error.facts['reason'] : undefined
  return typeof reason === 'string' && Object.hasOwn(oidcReasons, reason) ? (reason as OidcReason) : undefined
}
