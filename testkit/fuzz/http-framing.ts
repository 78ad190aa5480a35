/** Whether bytes are exactly one HTTP request, by a reading of its own: then exactly one answer is due. */

const requestLine = /^[A-Z]+ [\x21-\x7e]+ HTTP\/1\.[01]$/
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/

export function methodOf(request: Uint8Array | undefined): string | undefined {
  return request && Buffer.from(request.subarray(0, 20)).toString('latin1').split(' ', 1)[0]
}

/** Source: RFC 9112 §6. What may change the protocol counts as more than a request. */
export function isFramed(request: Uint8Array): boolean {
  const bytes = Buffer.from(request)
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return false
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  if (!requestLine.test(first) || first.startsWith('CONNECT ')) return false
  const headers: [string, string][] = []
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? []
    if (name === undefined || value === undefined) return false
    headers.push([name.toLowerCase(), value.trim()])
  }
  return fits(bytes.subarray(end + 4), headers)
}

function fits(content: Buffer, headers: readonly (readonly [string, string])[]): boolean {
  const valuesOf = (name: string) => headers.flatMap(([each, value]) => (each === name ? [value] : []))
  if (valuesOf('upgrade').length > 0 || valuesOf('connection').length > 0) return false
  const lengths = valuesOf('content-length')
  const codings = valuesOf('transfer-encoding')
  if (lengths.length + codings.length > 1) return false
  const [coding] = codings
  if (coding !== undefined) return coding === 'chunked' && isWholeInChunks(content)
  const [length = '0'] = lengths
  return /^\d{1,9}$/.test(length) && Number(length) === content.length
}

function isWholeInChunks(content: Buffer): boolean {
  for (let at = 0; ; ) {
    const lineEnd = content.indexOf('\r\n', at)
    const line = lineEnd < 0 ? '' : content.subarray(at, lineEnd).toString('latin1')
    if (!/^[0-9a-f]{1,6}(;[a-z]+=[a-z]+)?$/.test(line)) return false
    const size = Number.parseInt(line, 16)
    const start = lineEnd + 2
    if (size === 0) return /^(?:[A-Za-z]+: [a-z]+\r\n)?\r\n$/.test(content.subarray(start).toString('latin1'))
    if (content.subarray(start + size, start + size + 2).toString('latin1') !== '\r\n') return false
    at = start + size + 2
  }
}
