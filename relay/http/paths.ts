/** Paths are matched exactly, decoded once; what two readers could read differently is refused (S-W3). */
import { Failure } from '@fairlead/base'
import type { Route } from './route.ts'

export function nothingHere(): Failure {
  return new Failure('not-found', 'Nothing has this address. `/v1/docs` lists what there is.')
}

/** The path of a request target as it stands, without query; absolute form (RFC 9112 §3.2.2) loses its authority. */
export function pathOf(target: string): string {
  const relative = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?#]*/i, '')
  const end = relative.search(/[?#]/)
  return end < 0 ? relative : relative.slice(0, end)
}

/** Encoded dots, slashes and controls, `%u`, path parameters, backslashes, dot segments, empty segments, broken escapes. */
const ambiguous = /%2e|%2f|%5c|%[01]|%7f|%u|[;\\]|\/\.{1,2}(\/|$)|\/\/|%(?![0-9a-f]{2})|[^\x21-\x7e]/i

export function isPlainPath(path: string): boolean {
  if (!path.startsWith('/') || ambiguous.test(path)) return false
  if (!path.includes('%')) return true
  try {
    decodeURIComponent(path)
    return true
  } catch {
    // Escapes that are no UTF-8 have no one meaning.
    return false
  }
}

/** Finds the routes of a path, whatever their method. */
export function createPathIndex(routes: readonly Route[]): (path: string) => Route[] {
  const patterns = routes.map((route) => ({ route, pattern: patternOf(route.path) }))
  return (path) => patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route)
}

/** `/v1/devices/{id}` as a pattern; a parameter is one segment. */
function patternOf(template: string): RegExp {
  const parts = template.split(/\{\w+\}/).map((part) => RegExp.escape(part))
  return new RegExp(`^${parts.join('[^/]+')}$`)
}

/** The template as the router writes it: `/v1/devices/:id`. */
export function routerPath(template: string): string {
  return template.replace(/\{(\w+)\}/g, ':$1')
}

/** What one may do at a path; HEAD goes with what anybody may read. */
export function methodsOf(routes: readonly Route[]): string[] {
  const methods = new Set<string>()
  for (const route of routes) {
    methods.add(route.method)
    if (answersHead(route)) methods.add('HEAD')
  }
  return [...methods, 'OPTIONS']
}

/** Only what anybody may read: elsewhere a GET may be a stream without end. */
export function answersHead(route: Route): boolean {
  return route.method === 'GET' && route.access === 'anybody'
}
