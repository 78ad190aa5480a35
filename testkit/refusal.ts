/** Looks at a refusal as the contract wants it: status, code, RFC 9457's members, and the outcome where there must be one. */
import assert from 'node:assert/strict'
import type { Reply } from './service.ts'

interface Wanted {
  status: number
  code: string
  /** Of the two request calls: `Fairlead-Outcome`, with `Fairlead-Request-Id` beside it. */
  outcome?: string
}

/** @returns the body, for what this refusal says beside the common members */
export function assertRefusal(reply: Reply, { status, code, outcome }: Wanted): Record<string, unknown> {
  const body = Object(reply.body)
  assert.equal(reply.status, status, JSON.stringify(body))
  assert.equal(reply.headers.get('content-type')?.split(';')[0], 'application/problem+json')
  assert.deepEqual([body.type, body.status, body.code], [`urn:fairlead:problem:${code}`, status, code])
  assert.match(body.title, /^[A-Z]/)
  assert.match(body.detail, /^\S.{10,}[.)]$/s, 'the detail says what to do')
  if (outcome === undefined) return body
  assert.equal(reply.headers.get('fairlead-outcome'), outcome)
  assert.match(reply.headers.get('fairlead-request-id') ?? '', /^\S{16,}$/)
  return body
}
