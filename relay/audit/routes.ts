/** The audit log over HTTP: pages for people, and all of it for whoever checks the chain. */
import { pipeline } from 'node:stream/promises'
import { Failure } from '@fairlead/base'
import { AuditEntry, AuditQuery, pageOf } from '@fairlead/protocol/contract'
import { type Route, route } from '../http/route.ts'
import type { Audit } from './audit.ts'

/** Each costs a hash for each entry there is. */
const mostExports = 4

export function auditRoutes(audit: Pick<Audit, 'list' | 'head' | 'lines'>): Route[] {
  let exporting = 0
  return [
    route<unknown, AuditQuery>({
      method: 'GET',
      path: '/v1/audit',
      operationId: 'listAudit',
      summary: 'Who did what, newest first (for the admin: in all accounts)',
      access: 'keys:write',
      work: 'look',
      query: AuditQuery,
      answers: { 200: { description: 'A page of entries', schema: pageOf(AuditEntry) } },
      handle: async ({ caller, query }) => ({ status: 200, body: await audit.list(caller, query) }),
    }),
    route({
      method: 'GET',
      path: '/v1/audit/export',
      operationId: 'exportAudit',
      summary:
        'The whole chain, oldest entry first, one `AuditEntry` a line; of an entry of another account `seq`, `digest`, `previous` and `hash`',
      access: 'keys:write',
      work: 'look',
      answers: {
        200: {
          description: 'Lines of JSON; a connection that breaks off means that it is not whole',
          contentType: 'application/x-ndjson',
          headers: { 'Fairlead-Audit-Head': '`SEQ:HASH` of the newest entry: up to there all is in it' },
        },
      },
      async handle({ caller, hungUp, raw: { response } }) {
        if (exporting >= mostExports)
          throw new Failure('too-many-requests', 'The audit log is being exported by others: try again in a moment.')
        exporting++
        try {
          const { seq, hash } = await audit.head()
          const lines = audit.lines(caller)
          response.writeHead(200, {
            'content-type': 'application/x-ndjson; charset=utf-8',
            'cache-control': 'no-store',
            'x-content-type-options': 'nosniff',
            ...(seq > 0 && { 'fairlead-audit-head': `${seq}:${hash}` }),
          })
          await pipeline(chunksOf(lines), response)
        } catch (error) {
          // Whoever has hung up is told nothing more.
          if (error instanceof Failure || !hungUp.aborted) throw error
        } finally {
          exporting--
        }
        return undefined
      },
    }),
  ]
}

async function* chunksOf(pages: AsyncIterable<string[]>): AsyncGenerator<string> {
  for await (const page of pages) yield `${page.join('\n')}\n`
}
