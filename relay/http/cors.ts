/** Lets the pages of listed origins call the API (Fetch standard, CORS protocol); all others get no such header. */
import type { IncomingHttpHeaders } from 'node:http'

const exposed = [
  'Fairlead-Audit-Head',
  'Fairlead-Request-Id',
  'Fairlead-Outcome',
  'Idempotency-Replayed',
  'Location',
  'Retry-After',
  'WWW-Authenticate',
].join(', ')

const requestHeaders = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer'

/** Two hours: the longest that browsers keep (Chromium). */
const maxAgeSeconds = 7200

export type Cors = (headers: IncomingHttpHeaders, preflightMethods?: readonly string[]) => Record<string, string>

/** @param origins the allow-list; never `*`, and no cookie rides along */
export function createCors(origins: readonly string[]): Cors {
  if (origins.length === 0) return () => ({})
  const allowed = new Set(origins)
  return corsOf((origin) => allowed.has(origin))
}

/** For what pages of this relay alone may read, when they ask it by another of its names. */
export function createOwnCors(publicUrl: () => string): Cors {
  return corsOf((origin) => origin === publicUrl())
}

function corsOf(isAllowed: (origin: string) => boolean): Cors {
  return (headers, preflightMethods) => {
    const origin = headers.origin
    // `Vary` also where it is refused: a cache must not give one origin's answer to another.
    if (origin === undefined || !isAllowed(origin)) return { vary: 'Origin' }
    return {
      vary: 'Origin',
      'access-control-allow-origin': origin,
      ...(preflightMethods
        ? {
            'access-control-allow-methods': preflightMethods.join(', '),
            'access-control-allow-headers': requestHeaders,
            'access-control-max-age': String(maxAgeSeconds),
          }
        : { 'access-control-expose-headers': exposed }),
    }
  }
}
