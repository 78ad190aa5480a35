/** Where print clients come: `ipps://RELAY/ipp/print/ID` is a POST there (RFC 8010 §4). */
import { Failure } from '@fairlead/base'
import { z } from 'zod'
import { bodyOf, discard, sendBody } from '../http/body.ts'
import { userNamedBy } from '../http/callers.ts'
import { type Caller, type Route, route } from '../http/route.ts'
import { iconOf } from './icon.ts'
import type { IppAnswer, IppVisit } from './ipp.ts'

/** Whatever is asked for is answered in IPP: an ID that cannot be is a printer that is not there. */
const PrinterParams = z.object({ id: z.string().max(256), number: z.string().max(256).optional() })
const IconParams = z.object({ size: z.enum(['48', '128', '512']) })

const contentType = 'application/ipp'

/** @param stopping what is held on purpose ends with it */
export function ippRoutes(ipp: (visit: IppVisit) => Promise<IppAnswer>, stopping: AbortSignal): Route[] {
  const at = (path: string, operationId: string, summary: string) =>
    route<z.infer<typeof PrinterParams>>({
      ...{ method: 'POST', path, operationId, summary },
      access: 'print',
      work: 'set',
      params: PrinterParams,
      streamsBody: true,
      answers: { 200: { description: 'What became of it, in IPP', contentType } },
      async handle(visit) {
        const { request, response } = visit.raw
        if (visit.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== contentType)
          throw new Failure('invalid-request', `This is a printer: it takes ${contentType} (RFC 8010).`)
        const told = request.headers['content-length']
        const body = bodyOf(request)
        const { head, document } = await ipp({
          caller: visit.caller,
          user: nameOf(visit.caller, userNamedBy(visit.header('authorization'))),
          address: visit.address,
          device: visit.params.id,
          body,
          contentLength: told === undefined ? undefined : Number(told),
          givenUp: AbortSignal.any([visit.hungUp, stopping]),
        })
        // A document that was refused is still coming: the client hears why before the connection ends.
        await body.return(undefined)
        if (!request.readableEnded) discard(request)
        if (!document) return { status: 200, text: { contentType, content: Buffer.from(head) } }
        response.writeHead(200, {
          'content-type': contentType,
          'content-length': head.length + document.bytes,
          'cache-control': 'no-store',
        })
        response.write(head)
        await sendBody(response, document.content)
        return undefined
      },
    })
  return [
    at('/ipp/print/{id}', 'printByIpp', 'A device as an IPP printer: RFC 8011, PWG 5100.12, PWG 5100.14'),
    at('/ipp/print/{id}/{number}', 'askJobByIpp', 'A job of it, by its job-uri'),
    route<z.infer<typeof IconParams>>({
      method: 'GET',
      path: '/ipp/icons/{size}.png',
      operationId: 'showPrinterIcon',
      summary: 'What print clients show for a printer',
      access: 'anybody',
      params: IconParams,
      answers: { 200: { description: 'The picture', contentType: 'image/png' } },
      problems: ['not-found'],
      async handle({ params }) {
        return {
          status: 200,
          text: { contentType: 'image/png', content: iconOf(Number(params.size)) },
          headers: { 'cache-control': 'public, max-age=86400' },
        }
      },
    }),
  ]
}

/** For people, on one line and as long as a name may be: a service says for whom it prints, a user is who they are. */
function nameOf({ kind }: Caller, user: string | undefined): string {
  const name = (user ?? '').replace(/\p{Cc}+/gu, ' ').trim()
  if (kind === 'user') return name.toLowerCase()
  return name.slice(0, 120) || 'anonymous'
}
