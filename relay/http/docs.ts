/** `/v1/openapi.json` and `/v1/docs`: the API tells of itself, to programs and to people. */
import { renderDocs } from './docs-page.ts'
import { docsStyle } from './docs-style.ts'
import { createOpenApi } from './openapi.ts'
import { type Route, route } from './route.ts'

/** Nothing is loaded from elsewhere, nothing runs: one style sheet of our own (S-W4). */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** @param routes all that are to be told of; these two are told of besides */
export function docsRoutes(routes: readonly Route[], version: string): Route[] {
  const own = [
    textRoute(
      '/v1/openapi.json',
      'readOpenApi',
      'This API as OpenAPI 3.1.',
      'application/json; charset=utf-8',
      () => told().openApi,
    ),
    textRoute('/v1/docs', 'readDocs', 'This API as a page to browse.', 'text/html; charset=utf-8', () => told().page),
  ]
  let made: { openApi: string; page: string } | undefined
  /** Only now: most relays are never asked, and it would be a tenth of their start. */
  function told() {
    if (made) return made
    const document = createOpenApi([...routes, ...own], version)
    made = { openApi: JSON.stringify(document), page: renderDocs(document) }
    return made
  }
  return [...own, textRoute('/v1/docs.css', 'readDocsStyle', 'Its style.', 'text/css; charset=utf-8', () => docsStyle)]
}

function textRoute(
  path: string,
  operationId: string,
  summary: string,
  contentType: string,
  content: () => string,
): Route {
  return route({
    method: 'GET',
    path,
    operationId,
    summary,
    access: 'anybody',
    work: 'look',
    answers: { 200: { description: summary, contentType: contentType.split(';')[0] ?? contentType } },
    handle: async () => ({
      status: 200,
      text: { contentType, content: content() },
      headers: { 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' },
    }),
  })
}
