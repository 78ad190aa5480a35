/** Reads HTTP answers off a connection as strictly as a client can, and says what is wrong with them. */

export interface HttpAnswer {
  status: number
  headers: ReadonlyMap<string, string>
  body: Buffer
  /** Nothing more comes on this connection. */
  isLast: boolean
}

/** A stream has begun, or another protocol: there is no end of this answer to wait for. */
export type Beyond = 'stream' | 'upgraded'

export interface AnswerReader {
  /** @returns the answers that are complete now; throws a sentence about what is no HTTP */
  take(bytes: Buffer): HttpAnswer[]
  beyond(): Beyond | undefined
  /** An answer has begun and is not complete. */
  isAmidst(): boolean
}

const headEnd = Buffer.from('\r\n\r\n')
const statusLine = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\x20-\x7e\x80-\xff]*)$/

/** @param methodOf of the request that the nth answer is for: that to HEAD has no body */
export function createAnswerReader(methodOf: (nth: number) => string | undefined): AnswerReader {
  let buffered: Buffer = Buffer.alloc(0)
  let nth = 0
  let beyond: Beyond | undefined

  function next(): HttpAnswer | undefined {
    const end = buffered.indexOf(headEnd)
    if (end < 0) {
      if (buffered.length > 64 * 1024) throw new Error('a head without an end')
      return undefined
    }
    const { status, headers } = readHead(buffered.subarray(0, end).toString('latin1'))
    const rest = buffered.subarray(end + headEnd.length)
    if (status === 101) {
      beyond = 'upgraded'
      buffered = Buffer.alloc(0)
      return undefined
    }
    if (status < 200) {
      buffered = rest
      return next()
    }
    if (isStream(headers) && methodOf(nth) !== 'HEAD') {
      beyond = 'stream'
      return undefined
    }
    const read = readContent(rest, status, headers, methodOf(nth))
    if (read === undefined) return undefined
    nth++
    buffered = rest.subarray(read.length)
    return { status, headers, body: read.body, isLast: headers.get('connection')?.toLowerCase() === 'close' }
  }

  return {
    take(bytes) {
      buffered = buffered.length === 0 ? bytes : Buffer.concat([buffered, bytes])
      const answers: HttpAnswer[] = []
      while (beyond === undefined && buffered.length > 0) {
        const answer = next()
        if (answer === undefined) break
        answers.push(answer)
      }
      return answers
    },
    beyond: () => beyond,
    isAmidst: () => beyond === undefined && buffered.length > 0,
  }
}

function readHead(head: string): { status: number; headers: ReadonlyMap<string, string> } {
  const [first = '', ...lines] = head.split('\r\n')
  const status = Number(statusLine.exec(first)?.[1])
  if (Number.isNaN(status)) throw new Error(`no status line: ${JSON.stringify(first.slice(0, 100))}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`no header: ${JSON.stringify(line.slice(0, 100))}`)
    const key = name.toLowerCase()
    if (headers.has(key) && key === 'content-length') throw new Error('two lengths in one answer')
    headers.set(key, value)
  }
  if (headers.has('content-length') && headers.has('transfer-encoding'))
    throw new Error('a length and chunks in one answer')
  return { status, headers }
}

function isStream(headers: ReadonlyMap<string, string>): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') ?? false
}

function readContent(
  rest: Buffer,
  status: number,
  headers: ReadonlyMap<string, string>,
  method: string | undefined,
): { body: Buffer; length: number } | undefined {
  if (status === 204 || status === 304 || method === 'HEAD') return { body: Buffer.alloc(0), length: 0 }
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(rest)
  const text = headers.get('content-length')
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw new Error('an answer that does not say where it ends')
  const length = Number(text)
  return rest.length < length ? undefined : { body: rest.subarray(0, length), length }
}

function readChunks(rest: Buffer): { body: Buffer; length: number } | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString('latin1'), 16)
    if (Number.isNaN(size)) throw new Error('a chunk without a length')
    const start = lineEnd + 2
    if (rest.length < start + size + 2) return undefined
    if (size === 0) return { body: Buffer.concat(parts), length: start + 2 }
    parts.push(rest.subarray(start, start + size))
    at = start + size + 2
  }
}

/** What may be answered to a stranger; a 500 is a bug, and 503 is for a relay that stops. */
const allowed = new Set([
  200, 201, 202, 204, 308, 400, 401, 403, 404, 405, 408, 409, 413, 415, 417, 422, 429, 431, 502, 504,
])

/** @returns what is wrong with an answer that is HTTP */
export function judgeAnswer({ status, headers, body }: HttpAnswer): string | undefined {
  if (!allowed.has(status)) return `status ${status} is answered: ${body.toString().slice(0, 200)}`
  const type = headers.get('content-type') ?? ''
  if (!type.includes('json') || body.length === 0) return undefined
  const text = body.toString()
  if (/\bat \S+ \(?(?:file|node):|\.ts:\d+/.test(text)) return `a stack is told: ${text.slice(0, 200)}`
  const told = parse(text)
  if (told === undefined) return `what is said to be JSON is none: ${text.slice(0, 200)}`
  if (!type.startsWith('application/problem+json')) return undefined
  const { code, title, detail, status: said } = Object(told)
  const isWhole = [code, title, detail].every((part) => typeof part === 'string' && part !== '') && said === status
  return isWhole ? undefined : `a problem lacks its parts: ${text.slice(0, 200)}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Its sender said that it is JSON: the caller tells so.
    return undefined
  }
}
