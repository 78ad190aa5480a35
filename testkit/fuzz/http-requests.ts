/** Makes what goes over one connection: a row of requests that are HTTP, whatever they ask, and then one that may not be. */
import type { Chance } from './chance.ts'
import { ids, makeCreation, makeFrames, makeJson, makeSessionBody } from './http-bodies.ts'

/** Stands between the requests of an input, and in none of them. */
export const separator = 0x1e

/** Known to whoever starts the relay: with it most calls get past the door. */
export interface Credentials {
  adminKey: string
  device: string
  secret: string
}

const methods = ['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY'] as const

type Template = readonly [method: string, path: string, body: 'json' | 'none', access: 'key' | 'device' | 'none']

const templates: readonly [Template, ...Template[]] = [
  ['POST', '/v1/devices/ID/requests', 'json', 'key'],
  ['POST', '/v1/devices/ID/requests', 'json', 'key'],
  ['POST', '/v1/devices/ID/requests', 'json', 'key'],
  ['POST', '/v1/accounts/default/requests', 'json', 'key'],
  ['GET', '/v1/devices/ID', 'none', 'key'],
  ['GET', '/v1/devices?limit=2&state=online&q=f', 'none', 'key'],
  ['GET', '/v1/devices?cursor=abc', 'none', 'key'],
  ['GET', '/v1/requests/none', 'none', 'key'],
  ['GET', '/v1/accounts', 'none', 'key'],
  ['GET', '/v1/keys?limit=1', 'none', 'key'],
  ['DELETE', '/v1/keys/none', 'none', 'key'],
  ['POST', '/device/v1/register', 'json', 'none'],
  ['POST', '/device/v1/survival', 'json', 'none'],
  ['POST', '/device/v1/responses/none', 'json', 'none'],
  ['POST', '/device/v1/events', 'json', 'none'],
  ['GET', '/healthz', 'none', 'none'],
  ['GET', '/readyz', 'none', 'none'],
  ['GET', '/v1/doctor', 'none', 'none'],
  ['GET', '/v1/doctor/hold?seconds=0', 'none', 'none'],
  ['GET', '/http-bind', 'none', 'none'],
  ['OPTIONS', '/http-bind', 'none', 'none'],
  ['GET', '/.well-known/host-meta', 'none', 'none'],
  ['GET', '/.well-known/host-meta.json', 'none', 'none'],
]

/** They write to disk, derive keys from secrets, or answer at length: seldom, or little else would be tried. */
const dear: readonly [Template, ...Template[]] = [
  ['POST', '/v1/devices', 'json', 'key'],
  ['POST', '/v1/accounts', 'json', 'key'],
  ['POST', '/v1/keys', 'json', 'key'],
  ['POST', '/v1/devices/ID/rotate', 'json', 'key'],
  ['DELETE', '/v1/devices/ID', 'none', 'key'],
  ['POST', '/device/v1/register', 'json', 'device'],
  ['POST', '/device/v1/survival', 'json', 'device'],
  ['POST', '/device/v1/responses/none', 'json', 'device'],
  ['POST', '/device/v1/events', 'json', 'device'],
  ['GET', '/metrics', 'none', 'key'],
  ['GET', '/v1/openapi.json', 'none', 'none'],
  ['GET', '/v1/docs', 'none', 'none'],
]

const pathPieces = [
  '/',
  '//',
  '/..',
  '/.',
  '%2e',
  '%2f',
  '%00',
  '%',
  '%zz',
  '%c0%ae',
  ';',
  '?',
  '?limit=0',
  '?limit=501',
  '&a=b',
  '#',
  '@',
  ':',
  '\\',
  '~',
  '*',
  '{id}',
  '__proto__',
  'a',
] as const

const oddHeaders = [
  'X-Forwarded-For: 192.0.2.1',
  'X-Forwarded-For: unknown, 192.0.2.1',
  'X-Forwarded-Proto: https',
  'Forwarded: for=192.0.2.1;proto=https',
  'X-Real-IP: ::1',
  'Accept: */*;q=x',
  'Accept-Encoding: gzip;q=0',
  'Origin: https://elsewhere.example',
  'Access-Control-Request-Method: POST',
  'Idempotency-Key: "k"',
  'Idempotency-Key: ',
  `Idempotency-Key: ${'k'.repeat(300)}`,
  'Prefer: respond-async',
  'Prefer: ,,=;',
  'Last-Event-ID: -1',
  'Cookie: a=b; __proto__=c',
  'Range: bytes=0-',
  'If-None-Match: *',
  'Content-Encoding: gzip',
  'Content-Encoding: identity',
  'Content-Type: text/html',
  'Content-Type: application/json; charset=utf-16',
  'TE: trailers',
  'Expect: 100-continue',
  'Expect: the-unexpected',
  'Host: second',
  'Authorization: Bearer second',
  '__proto__: x',
  'constructor: x',
  'X-\u00ff: \u00fe',
  'X: \t',
  `X-Long: ${'x'.repeat(3000)}`,
] as const

const badKeys = [
  'Bearer ',
  'Bearer x',
  'bearer KEY',
  'Basic ',
  'Basic !!',
  'Basic Og==',
  'Digest a',
  'Bearer fl_12345678_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  '',
] as const

export function makeConnection(chance: Chance, credentials: Credentials): Uint8Array {
  const requests: Uint8Array[] = []
  for (let more = chance.below(30); more > 0; more--) requests.push(makeFramed(chance, credentials))
  if (chance.oneIn(6)) requests.push(makeBosh(chance, makeSessionBody(chance)))
  if (chance.oneIn(3)) requests.push(makeUnframed(chance, credentials))
  const between = Uint8Array.of(separator)
  return Buffer.concat(requests.flatMap((request, at) => (at === 0 ? [request] : [between, request])))
}

/** One request that ends where it says, so that exactly one answer is due. */
function makeFramed(chance: Chance, credentials: Credentials): Buffer {
  if (chance.oneIn(10)) return makeBosh(chance, makeCreation(chance))
  const template = chance.pick(chance.oneIn(60) ? dear : templates)
  const [usual, path, body, access] = template
  const method = chance.oneIn(12) ? chance.pick(methods) : usual
  const target = makeTarget(chance, path)
  const headers = ['Host: relay', ...authorization(chance, access, credentials)]
  for (let more = chance.oneIn(3) ? chance.below(5) : 0; more > 0; more--) headers.push(chance.pick(oddHeaders))
  if (chance.oneIn(200)) headers.push(...Array.from({ length: 60 }, (_, at) => `X-${at}: y`))
  if (chance.oneIn(150)) headers.shift()
  return render(chance, method, target, headers, body === 'json' || chance.oneIn(20) ? makeJson(chance) : undefined)
}

function makeBosh(chance: Chance, body: Buffer): Buffer {
  const headers = ['Host: relay', chance.pick(['Content-Type: text/xml', 'Content-Type: text/plain', 'X: y'] as const)]
  if (chance.oneIn(5)) headers.push(chance.pick(oddHeaders))
  return render(chance, 'POST', chance.pick(['/http-bind', '/bosh/', '/http-bind?x'] as const), headers, body)
}

function makeTarget(chance: Chance, path: string): string {
  const id = chance.oneIn(6)
    ? chance.pick(['%66uzz-1', 'FUZZ-1', 'a'.repeat(65), 'a@b', '..', ''] as const)
    : chance.pick(ids)
  const plain = path.replace('ID', id)
  if (!chance.oneIn(16)) return plain
  const at = chance.below(plain.length + 1)
  const changed = plain.slice(0, at) + chance.pick(pathPieces) + plain.slice(at + chance.below(3))
  const target = changed.replaceAll(/[\s#\\]/g, '') || '/'
  return chance.oneIn(10) ? `http://elsewhere${target.startsWith('/') ? '' : '/'}${target}` : target
}

function authorization(chance: Chance, access: Template[3], { adminKey, device, secret }: Credentials): string[] {
  if (chance.oneIn(40)) return [`Authorization: ${chance.pick(badKeys)}`]
  if (access === 'key') return [`Authorization: Bearer ${adminKey}`]
  if (access === 'device') return [`Authorization: Basic ${Buffer.from(`${device}:${secret}`).toString('base64')}`]
  return []
}

function render(
  chance: Chance,
  method: string,
  target: string,
  headers: readonly string[],
  body: Buffer | undefined,
): Buffer {
  const version = chance.oneIn(150) ? '1.0' : '1.1'
  const isChunked = body !== undefined && version === '1.1' && chance.oneIn(8)
  const framing =
    body === undefined ? [] : [isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`]
  const head = [`${method} ${target} HTTP/${version}`, ...headers, ...framing, '', ''].join('\r\n')
  return Buffer.concat(
    [Buffer.from(head, 'latin1'), isChunked ? inChunks(chance, body) : (body ?? Buffer.alloc(0))].map(withoutSeparator),
  )
}

/** Requests are told apart by it. */
function withoutSeparator(part: Buffer): Buffer {
  return part.includes(separator) ? Buffer.from(part.map((byte) => (byte === separator ? 0x20 : byte))) : part
}

function inChunks(chance: Chance, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const size = 1 + chance.below(chance.oneIn(2) ? 4 : 4000)
    const chunk = body.subarray(at, at + size)
    const extension = chance.oneIn(10) ? ';x=y' : ''
    parts.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from('\r\n'))
    at += size
  }
  parts.push(Buffer.from(chance.oneIn(10) ? '0\r\nTrailer: x\r\n\r\n' : '0\r\n\r\n'))
  return Buffer.concat(parts)
}

const damages = [
  '\n',
  '\r',
  '\0',
  '\x7f',
  ' ',
  '\t',
  ':',
  '\r\n',
  '\r\n\r\n',
  '\r\n ',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: xchunked\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Transfer-Encoding: chunked, identity\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: +5\r\n',
  'Content-Length: 5, 5\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Content-Length: -1\r\n',
  'Connection: close\r\n',
  'Connection: upgrade\r\nUpgrade: h2c\r\n',
  'HTTP/1.1',
  'HTTP/0.9',
  'HTTP/2.0',
  '0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '5;\r\n',
] as const

const preludes = [
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00',
  'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /\r\n',
  '\r\n\r\n',
  'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n',
  '<body/>',
  'GET',
] as const

/** Bytes that need not be a request, or that ask for more than one answer. */
function makeUnframed(chance: Chance, credentials: Credentials): Buffer {
  switch (chance.below(6)) {
    case 0:
      return withoutSeparator(Buffer.from(chance.pick(preludes), 'latin1'))
    case 1:
      return makeUpgrade(chance)
    case 2:
      return render(
        chance,
        'GET',
        '/v1/events?type=device.online',
        ['Host: relay', `Authorization: Bearer ${credentials.adminKey}`, chance.pick(oddHeaders)],
        undefined,
      )
    default: {
      const request = makeFramed(chance, credentials)
      const lineEnds = [...request.toString('latin1').matchAll(/\r\n/g)].map(({ index }) => index + 2)
      const at = chance.oneIn(3) ? chance.below(request.length) : (lineEnds[chance.below(lineEnds.length)] ?? 0)
      const piece = Buffer.from(chance.pick(damages), 'latin1')
      return Buffer.concat([
        request.subarray(0, at),
        piece,
        request.subarray(at + chance.below(chance.oneIn(2) ? 1 : 6)),
      ])
    }
  }
}

function makeUpgrade(chance: Chance): Buffer {
  const headers = [
    'Host: relay',
    'Connection: Upgrade',
    `Upgrade: ${chance.oneIn(8) ? 'h2c' : 'websocket'}`,
    `Sec-WebSocket-Version: ${chance.oneIn(8) ? '12' : '13'}`,
    `Sec-WebSocket-Key: ${chance.oneIn(8) ? 'short' : 'dGhlIHNhbXBsZSBub25jZQ=='}`,
    `Sec-WebSocket-Protocol: ${chance.oneIn(6) ? 'chat' : 'xmpp'}`,
    ...(chance.oneIn(8) ? ['Sec-WebSocket-Extensions: permessage-deflate; x="'] : []),
  ]
  if (chance.oneIn(4)) headers.splice(chance.below(headers.length), 1)
  const path = chance.oneIn(8) ? '/v1/devices' : '/xmpp-websocket'
  const head = Buffer.from(`GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
  return Buffer.concat([head, withoutSeparator(makeFrames(chance))])
}
