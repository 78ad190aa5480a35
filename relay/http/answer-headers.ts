/** What every answer tells browsers, whatever it is: nothing runs, nothing is guessed, nobody frames it, and TLS from now on. */

/** Answers are no pages: who opens one sees what it says, and nothing that stands in it runs (S-W4). A page has a policy of its own. */
const contentSecurityPolicy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"

export const answerHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': contentSecurityPolicy,
} as const

/** RFC 6797, a year. Not of subdomains: the relay may have the name of somebody's whole domain, and its proxy may say more. */
const strictTransport = { 'strict-transport-security': 'max-age=31536000' } as const

const overTls = { ...answerHeaders, ...strictTransport }

/** @param isSecure TLS, here or at a trusted proxy: who says it in the clear is not believed (RFC 6797 §8.1) */
export function answerHeadersFor(isSecure: boolean): Readonly<Record<string, string>> {
  return isSecure ? overTls : answerHeaders
}
