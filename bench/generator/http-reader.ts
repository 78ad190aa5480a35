/** Reads HTTP responses as fast as a generator must: a status line, `Content-Length`, a body; anything else is refused. */

export interface HttpResponse {
  status: number
  /** One character a byte. */
  body: string
  /** The server ends the connection behind it. */
  closes: boolean
  /** How much of the text it took. */
  length: number
}

const contentLength = /\r\ncontent-length:[ \t]*(\d+)/i
const closing = /\r\nconnection:[ \t]*close/i

/**
 * The response that `text` begins with, or undefined when its end has not come yet.
 *
 * @throws {Error} when it is none, or one whose length is not told
 */
export function readResponse(text: string): HttpResponse | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = text.slice(0, headEnd)
  const told = contentLength.exec(head)?.[1]
  if (!head.startsWith('HTTP/1.1 ') || told === undefined)
    throw new Error(`A response whose length is not told: ${head.slice(0, 200)}`)
  const length = headEnd + 4 + Number(told)
  if (text.length < length) return undefined
  return {
    status: Number(head.slice(9, 12)),
    body: text.slice(headEnd + 4, length),
    closes: closing.test(head),
    length,
  }
}

/** A request with a body, ready to be written. @param head further header lines, each with its end */
export function renderPost(path: string, host: string, head: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`
}
