/** Mounts routes: exact paths, one way to answer, and for everything unusual a problem that a person understands. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '@fairlead/base'
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import { answerHeadersFor } from './answer-headers.ts'
import { type Cors, createCors, createOwnCors } from './cors.ts'
import { answersHead, createPathIndex, isPlainPath, methodsOf, nothingHere, pathOf, routerPath } from './paths.ts'
import type { Answer, Route } from './route.ts'
import { createServe, type ServeNeeds } from './serve.ts'

export interface HttpNeeds extends ServeNeeds {
  routes: readonly Route[]
  corsOrigins: readonly string[]
  /** What browsers call this relay, as they write an origin. */
  publicUrl(): string
  /** Counted once a call, by the route's template. */
  served(route: string, status: number): void
}

export interface Http extends AsyncDisposable {
  /** Answers any request. */
  handle(request: IncomingMessage, response: ServerResponse): void
}

/** Smuggling aside, nobody honest sends more (S-D1). Node would drop further ones in silence, a proxy's among them. */
const maxHeaders = 64

const tooManyHeaders = () => new Failure('too-large', `Send at most ${maxHeaders} header lines.`)
const noHost = () => new Failure('invalid-request', 'HTTP/1.1 wants a Host header.')
const ambiguous = () => new Failure('not-found', 'This address can be read in more than one way: write it plainly.')

export async function openHttp(needs: HttpNeeds): Promise<Http> {
  const { serve, refuse } = createServe(needs)
  const [listed, own] = [createCors(needs.corsOrigins), createOwnCors(needs.publicUrl)]
  const corsOf = (routes: readonly Route[]) => (routes.some(({ isForOwnPages }) => isForOwnPages) ? own : listed)
  const routesAt = createPathIndex(needs.routes)
  const app = fastify({ exposeHeadRoutes: false, routerOptions: { maxParamLength: 1024 } })
  // Bodies are read by `serve`, after it is known who sends them.
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true })

  for (const route of needs.routes)
    app.route({
      method: answersHead(route) ? ['GET', 'HEAD'] : route.method,
      url: routerPath(route.path),
      handler: async (request, reply) => {
        const { params, query, raw } = request
        if (!isThere(route)) return lost(request, reply)
        // Set beforehand, because a stream writes its own head.
        for (const [name, value] of Object.entries(corsOf([route])(raw.headers))) reply.raw.setHeader(name, value)
        const answer = await serve(route, { request: raw, response: reply.raw, params, query })
        if (answer && !reply.raw.headersSent) return send(reply, answer, route.path)
        // The handler failed in the middle of its own answer: only the end of the connection can still tell so.
        if (answer) reply.raw.destroy()
        return leave(reply, route)
      },
    })

  app.setNotFoundHandler(lost)
  app.setErrorHandler((error, _request, reply) => send(reply, refuse(error, undefined, ''), 'none'))
  await app.ready()

  function lost(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const here = routesAt(pathOf(request.raw.url ?? '')).filter(isThere)
    const cors = corsOf(here)
    const answer = elsewhere(request, here, cors)
    return send(reply, { ...answer, headers: { ...cors(request.headers), ...answer.headers } }, 'none')
  }

  /** @param here no route fits: the path may be another method's */
  function elsewhere(request: FastifyRequest, here: readonly Route[], cors: Cors): Answer {
    const allow = methodsOf(here).join(', ')
    if (here.length === 0) return refuse(nothingHere(), undefined, '')
    if (request.method === 'OPTIONS')
      return { status: 204, headers: { allow, ...cors(request.headers, methodsOf(here)) } }
    const asked = here.find((route) => route.isRequest)
    const failure = new Failure('method-not-allowed', `Only ${allow} can be asked of this address.`)
    const refusal = refuse(failure, asked, asked ? needs.newRequestId() : '')
    return { ...refusal, headers: { ...refusal.headers, allow } }
  }

  function send(reply: FastifyReply, answer: Answer, path: string): FastifyReply {
    needs.served(path, answer.status)
    reply.code(answer.status).headers(answerHeadersFor(needs.addresses.isSecure(reply.request.raw)))
    if (answer.headers) reply.headers(answer.headers)
    if (answer.text) return reply.type(answer.text.contentType).send(answer.text.content)
    if (answer.body === undefined) return reply.send()
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.body))
  }

  /** The handler answers by itself, now or later. */
  function leave(reply: FastifyReply, route: Route): FastifyReply {
    const served = () => needs.served(route.path, reply.raw.statusCode)
    if (reply.raw.closed) served()
    else reply.raw.once('close', served)
    return reply.hijack()
  }

  return {
    handle(request, response) {
      const path = pathOf(request.url ?? '')
      if (hasTooManyHeaders(request)) return refuseEarly(path, response, tooManyHeaders(), 431)
      if (request.headers.host === undefined && request.httpVersion === '1.1')
        return refuseEarly(path, response, noHost())
      if (!isPlainPath(path)) return refuseEarly(path, response, ambiguous())
      if (request.url !== undefined && !request.url.startsWith('/'))
        request.url = request.url.slice(request.url.indexOf(path))
      app.routing(request, response)
    },
    [Symbol.asyncDispose]: () => app.close(),
  }

  /** Before any route is looked for, and the connection ends: who sends this may send worse behind it. */
  function refuseEarly(path: string, response: ServerResponse, failure: Failure, status?: number): void {
    const asked = routesAt(path).find((route) => route.isRequest)
    const answer = refuse(failure, asked, asked ? needs.newRequestId() : '', status)
    needs.served('none', answer.status)
    const content = answer.text?.content ?? ''
    response.writeHead(answer.status, {
      ...answerHeadersFor(needs.addresses.isSecure(response.req)),
      ...answer.headers,
      'content-type': answer.text?.contentType,
      'content-length': Buffer.byteLength(content),
      connection: 'close',
    })
    response.end(content)
  }
}

function isThere(route: Route): boolean {
  return route.isThere?.() ?? true
}

/** S-D1. Node counts none of them: it would drop what is over, a trusted proxy's among it. */
export function hasTooManyHeaders({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.length / 2 > maxHeaders
}
